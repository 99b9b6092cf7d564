import type { DefectName } from "relay/algo/defects/catalogue.ts";
import { normalQuantile } from "relay/share/normal_quantile.ts";
import { indicesAbove } from "relay/share/quantile.ts";
import type { Selector } from "relay/share/selector.ts";
import type { ShareConfig } from "relay/share/share_config.ts";
import { sendProbabilities } from "relay/share/stochastic.ts";

/** The report's flags: errors that its gate waits for, in a memory that keeps fewer. */
const GATE = { errors: 1500, memory: 1000 } as const;

/** Faults of selectors and the way of sharing that each is a fault of; several may hold at once, in this order. */
const FAULTS: readonly {
  readonly name: DefectName;
  readonly kind: ShareConfig["kind"];
  readonly put: (healthy: Selector, bandwidth: number) => Selector;
}[] = [
  { name: "quantileWrongTail", kind: "quantile", put: (_, bandwidth) => fromBelow(bandwidth) },
  { name: "quantileIndexWraps", kind: "quantile", put: silentWhileShort },
  { name: "quantileGateNeverOpens", kind: "quantile", put: gated },
  { name: "stochasticWithoutCount", kind: "stochastic", put: (_, bandwidth) => withoutCount(bandwidth) },
  { name: "gaussianCancellation", kind: "gaussian", put: (_, bandwidth) => bySinglePrecision(bandwidth) },
];

/**
 * A selector with the faults that are named.
 * @throws {RangeError} for a fault of another way of sharing
 *
 * @example
 * ```ts
 * import { faultySelector } from "relay/algo/defects/selectors.ts";
 * import { quantile } from "relay/share/quantile.ts";
 * import { SHARE } from "relay/share/share_config.ts";
 * import { SlidingWindow } from "relay/share/td_error_window.ts";
 * import { openStream } from "relay/rng/stream.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const errors = Float32Array.from({ length: 10 }, (_, t) => t);
 * const window = new SlidingWindow(1500);
 * window.push(errors);
 * const healthy = quantile({ bandwidth: 0.1, strict: true });
 * const wrongTail = faultySelector(healthy, SHARE.quantile, ["quantileWrongTail"]);
 * assertEquals(healthy(errors, window, openStream(0)), [9]);
 * assertEquals(wrongTail(errors, window, openStream(0)).length, 9); // all but the smallest
 * ```
 */
export function faultySelector(
  healthy: Selector,
  share: ShareConfig,
  defects: readonly DefectName[],
): Selector {
  return FAULTS.filter(({ name }) => defects.includes(name)).reduce((select, { name, kind, put }) => {
    if (share.kind !== kind || !("bandwidth" in share)) {
      throw new RangeError(`Cannot switch on ${name}: share.kind is ${share.kind}, expected ${kind}`);
    }
    return put(select, share.bandwidth);
  }, healthy);
}

/** Item 1: the ⌊n·β⌋-th smallest error as threshold; below one, Python's index −1 (item 2). */
function fromBelow(bandwidth: number): Selector {
  return (absTdErrors, window) => {
    const ascending = window.sorted;
    const index = Math.trunc(ascending.length * bandwidth) - 1;
    return indicesAbove(absTdErrors, ascending.at(index) ?? NaN, true);
  };
}

/** Item 2 alone: with n·β < 1 the threshold is the largest error, which none exceeds. */
function silentWhileShort(healthy: Selector, bandwidth: number): Selector {
  return (absTdErrors, window, stream) =>
    window.length * bandwidth < 1 ? [] : healthy(absTdErrors, window, stream);
}

/** Item 3. */
function gated(healthy: Selector): Selector {
  return (absTdErrors, window, stream) =>
    Math.min(window.length, GATE.memory) >= GATE.errors ? healthy(absTdErrors, window, stream) : [];
}

/** Item 21: β·|δ| / Σ|δ|, the number of candidates left out. */
function withoutCount(bandwidth: number): Selector {
  return (absTdErrors, _window, stream) => {
    const sum = absTdErrors.reduce((total, error) => total + error, 0);
    const probabilities = sendProbabilities(absTdErrors, sum, bandwidth);
    return [...probabilities.keys()].filter((t) => stream.random() < probabilities[t]!);
  };
}

/** Item 22: μ + z·σ with σ² = Σx²/n − μ² in single precision; a negative one, where the report's code ends with an error, sends nothing. */
function bySinglePrecision(bandwidth: number): Selector {
  const z = -normalQuantile(bandwidth);
  return (absTdErrors, window) => {
    const { mean, variance } = singlePrecisionMoments(window.sorted);
    return indicesAbove(absTdErrors, mean + z * Math.sqrt(variance), true);
  };
}

/**
 * Mean and Σx²/n − mean² with every operation rounded to single precision.
 *
 * @example
 * ```ts
 * import { singlePrecisionMoments } from "relay/algo/defects/selectors.ts";
 * import { assert } from "@std/assert";
 *
 * assert(singlePrecisionMoments([1000.1, 1000.2, 1000.3]).variance < 0); // truly 0.0067
 * ```
 */
export function singlePrecisionMoments(values: Iterable<number>): { mean: number; variance: number } {
  const f = Math.fround;
  let [n, sum, squares] = [0, 0, 0];
  for (const value of values) {
    n++;
    sum = f(sum + f(value));
    squares = f(squares + f(f(value) * f(value)));
  }
  const mean = f(sum / n);
  return { mean, variance: f(f(squares / n) - f(mean * mean)) };
}
