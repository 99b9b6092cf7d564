import { flatten, type Scores } from "relay/stats/bootstrap.ts";

/**
 * Performance profile: for every threshold τ the fraction of runs (averaged over tasks) that score above τ, the
 * run-score distribution of Agarwal et al. (NeurIPS 2021, section 4.1).
 *
 * @param scores [R, T]; several tasks must be normalised to one scale
 * @param thresholds [K]
 * @returns fractions [K] in [0, 1]
 * @throws {RangeError} for empty or ragged scores or a score that is not finite
 *
 * @example
 * ```ts
 * import { oneTask } from "relay/stats/bootstrap.ts";
 * import { performanceProfile } from "relay/stats/performance_profile.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(performanceProfile(oneTask([1, 2, 3, 4]), [0, 2, 4]), [1, 0.5, 0]);
 * ```
 */
export function performanceProfile(scores: Scores, thresholds: readonly number[]): number[] {
  const flat = flatten(scores, "draw a performance profile");
  return thresholds.map((threshold) => flat.filter((score) => score > threshold).length / flat.length);
}
