/**
 * The q-quantile by linear interpolation between order statistics (Hyndman and Fan's type 7, numpy's default).
 *
 * @param sorted [n], n ≥ 1, ascending
 * @param q in [0, 1]
 *
 * @example
 * ```ts
 * import { quantileOfSorted } from "relay/stats/quantile_of_sorted.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(quantileOfSorted([10, 20, 40], 0.75), 30);
 * ```
 */
export function quantileOfSorted(sorted: ArrayLike<number>, q: number): number {
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const lower = sorted[below]!;
  const upper = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return lower + (position - below) * (upper - lower);
}
