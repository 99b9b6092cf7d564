import { requireFinite } from "relay/stats/finite.ts";

/**
 * Mean of what is left after the ⌊fraction · n⌋ smallest and as many largest values are cut off, as in
 * `scipy.stats.trim_mean`.
 *
 * @param values [n], n ≥ 1, in any order
 * @param fraction of the values to cut off at each end, in [0, 0.5)
 * @throws {RangeError} for no value, NaN, an infinity, or a fraction out of range
 *
 * @example
 * ```ts
 * import { trimmedMean } from "relay/stats/trimmed_mean.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(trimmedMean([1000, 3, 1, 5, -1000], 0.2), 3);
 * ```
 */
export function trimmedMean(values: ArrayLike<number>, fraction: number): number {
  requireFinite(values, "take the trimmed mean");
  if (!(fraction >= 0 && fraction < 0.5)) {
    throw new RangeError(`Cannot take the trimmed mean: fraction is ${fraction}, expected one in [0, 0.5)`);
  }
  const sorted = Float64Array.from(values).sort();
  const cut = Math.floor(fraction * sorted.length);
  let sum = 0;
  for (let i = cut; i < sorted.length - cut; i++) sum += sorted[i]!;
  return sum / (sorted.length - 2 * cut);
}
