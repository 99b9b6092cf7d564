import type { Selector } from "relay/share/selector.ts";

/** Options of {@link stochastic}. */
export interface StochasticOptions {
  /** β ∈ [0, 1]: target fraction of the own transitions that are sent. */
  readonly bandwidth: number;
  /** What |δ_t| is compared with: the mean of the current `fragment` (the authors' code) or of the `window` (the paper's text). */
  readonly scope: "fragment" | "window";
}

/**
 * Stochastic weighted selection (paper §3, spec/super.md §4.4): every transition is sent by an independent coin with
 * p_t = min(1, β·|δ_t| / mean|δ|). Over a fragment of F errors this is min(1, β·F·|δ_t| / Σ|δ|); cutting at 1 makes the realised
 * bandwidth slightly smaller than β.
 *
 * @example
 * ```ts
 * import { sendProbabilities } from "relay/share/stochastic.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([...sendProbabilities(Float32Array.of(1, 3, 0, 12), 4, 0.5)], [0.125, 0.375, 0, 1]);
 * ```
 */
export function stochastic({ bandwidth, scope }: StochasticOptions): Selector {
  return (absTdErrors, window, stream) => {
    const mean = scope === "window" ? window.mean() : meanOf(absTdErrors);
    const chosen: number[] = [];
    for (const [t, p] of sendProbabilities(absTdErrors, mean, bandwidth).entries()) {
      if (stream.random() < p) chosen.push(t);
    }
    return chosen;
  };
}

/** p_t = min(1, β·|δ_t| / mean); 0 where that is not a number (all errors 0). */
export function sendProbabilities(absTdErrors: Float32Array, mean: number, bandwidth: number): Float64Array {
  return Float64Array.from(absTdErrors, (error) => {
    const p = bandwidth * error / mean;
    return p > 0 ? Math.min(1, p) : 0;
  });
}

function meanOf(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
