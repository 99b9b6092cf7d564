import { normalQuantile } from "relay/share/normal_quantile.ts";
import { indicesAbove } from "relay/share/quantile.ts";
import type { Selector } from "relay/share/selector.ts";

/** Options of {@link gaussian}. */
export interface GaussianOptions {
  /** β ∈ [0, 1]: target fraction of the own transitions that are sent. */
  readonly bandwidth: number;
  /**
   * What z is multiplied with. `variance` is what the authors' code does (it passes v where SciPy wants σ), so that the
   * realised bandwidth depends on the scale of the errors; `deviation` is the normal tail of size β.
   */
  readonly spread: "variance" | "deviation";
  /** true: |δ| > c; false: |δ| ≥ c. */
  readonly strict: boolean;
}

/**
 * Deterministic Gaussian selection (paper §3, spec/super.md §4.3): send t iff |δ_t| > μ + z_{1−β} · spread, over the
 * window. A window without spread sends nothing (SciPy's threshold is NaN there).
 *
 * @example
 * ```ts
 * import { gaussian } from "relay/share/gaussian.ts";
 * import { SlidingWindow } from "relay/share/td_error_window.ts";
 * import { openStream } from "relay/rng/stream.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const fragment = Float32Array.of(0, 0, 0, 4); // μ = 1, v = 3, σ = √3
 * const window = new SlidingWindow(1500);
 * window.push(fragment);
 * const byDeviation = gaussian({ bandwidth: 0.1, spread: "deviation", strict: true }); // c = 3.22
 * const byVariance = gaussian({ bandwidth: 0.1, spread: "variance", strict: true }); // c = 4.84
 * assertEquals(byDeviation(fragment, window, openStream(0)), [3]);
 * assertEquals(byVariance(fragment, window, openStream(0)), []);
 * ```
 */
export function gaussian({ bandwidth, spread, strict }: GaussianOptions): Selector {
  const z = -normalQuantile(bandwidth); // = z_{1−β}, exact for small β too
  return (absTdErrors, window) => {
    const variance = window.variance();
    if (!(variance > 0)) return [];
    const scale = spread === "variance" ? variance : Math.sqrt(variance);
    return indicesAbove(absTdErrors, window.mean() + z * scale, strict);
  };
}
