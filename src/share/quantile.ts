import type { Selector } from "relay/share/selector.ts";

/** Options of {@link quantile}. */
export interface QuantileOptions {
  /** β ∈ [0, 1]: target fraction of the own transitions that are sent. */
  readonly bandwidth: number;
  /** true: |δ| > c, as the authors' code; false: |δ| ≥ c, as the paper's text. */
  readonly strict: boolean;
}

/**
 * Deterministic quantile selection (paper §3, spec/super.md §4.2): send t iff |δ_t| exceeds the (1 − β)-quantile of the
 * window. β = 0 sends nothing.
 *
 * @example
 * ```ts
 * import { quantile } from "relay/share/quantile.ts";
 * import { SlidingWindow } from "relay/share/td_error_window.ts";
 * import { openStream } from "relay/rng/stream.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const fragment = Float32Array.of(1, 5, 2, 4);
 * const window = new SlidingWindow(1500);
 * window.push(fragment); // 0.75-quantile: 4.25
 * const select = quantile({ bandwidth: 0.25, strict: true });
 * assertEquals(select(fragment, window, openStream(0)), [1]);
 * ```
 */
export function quantile({ bandwidth, strict }: QuantileOptions): Selector {
  return (absTdErrors, window) => {
    if (bandwidth === 0) return [];
    const threshold = window.quantile(1 - bandwidth);
    return indicesAbove(absTdErrors, threshold, strict);
  };
}

/** Indices of the values above the threshold (`strict`: not equal to it); none when the threshold is NaN. */
export function indicesAbove(values: Float32Array, threshold: number, strict: boolean): number[] {
  const indices: number[] = [];
  for (const [t, value] of values.entries()) {
    if (strict ? value > threshold : value >= threshold) indices.push(t);
  }
  return indices;
}
