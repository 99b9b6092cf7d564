import { trimmedMean } from "relay/stats/trimmed_mean.ts";

/**
 * Interquartile mean: the mean of the middle half of the values (Agarwal et al., "Deep Reinforcement Learning at the
 * Edge of the Statistical Precipice", NeurIPS 2021, section 4.3). Like theirs it cuts ⌊n/4⌋ values at each end, so that
 * **below four values nothing is cut and the IQM is the mean**: it then has none of its robustness to an outlying run.
 *
 * @param values [n], n ≥ 1, in any order; for several tasks, the normalised scores of all runs on all tasks
 * @throws {RangeError} for no value, NaN or an infinity
 *
 * @example Eight runs, one of which failed.
 * ```ts
 * import { iqm } from "relay/stats/iqm.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(iqm([10, 11, 12, 13, 14, 15, 16, -300]), 12.5);
 * ```
 */
export function iqm(values: ArrayLike<number>): number {
  return trimmedMean(values, 0.25);
}
