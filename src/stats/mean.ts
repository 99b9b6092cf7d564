import { requireFinite } from "relay/stats/finite.ts";

/**
 * Arithmetic mean.
 * @param values [n], n ≥ 1
 * @throws {RangeError} for no value, NaN or an infinity
 *
 * @example
 * ```ts
 * import { mean } from "relay/stats/mean.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(mean([1, 2, 6]), 3);
 * ```
 */
export function mean(values: ArrayLike<number>): number {
  requireFinite(values, "take the mean");
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}
