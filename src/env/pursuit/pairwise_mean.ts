/**
 * The mean in numpy's order of additions, so that shared rewards agree to the last bit.
 * @module
 */

/** numpy's block: longer arrays are halved, at a multiple of 8, and summed recursively. */
const BLOCK = 128;

function pairwiseSum(values: Float64Array, start: number, count: number): number {
  if (count < 8) {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += values[start + i]!;
    return sum;
  }
  if (count > BLOCK) {
    const half = Math.floor(count / 2);
    const left = half - half % 8;
    return pairwiseSum(values, start, left) + pairwiseSum(values, start + left, count - left);
  }
  const a = values.slice(start, start + 8);
  const whole = count - count % 8;
  for (let i = 8; i < whole; i++) a[i % 8]! += values[start + i]!;
  let sum = ((a[0]! + a[1]!) + (a[2]! + a[3]!)) + ((a[4]! + a[5]!) + (a[6]! + a[7]!));
  for (let i = whole; i < count; i++) sum += values[start + i]!;
  return sum;
}

/**
 * `numpy.mean` of a contiguous float64 array, bit for bit.
 *
 * @example
 * ```ts
 * import { pairwiseMean } from "relay/env/pursuit/pairwise_mean.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(pairwiseMean(Float64Array.of(1, 2, 6)), 3);
 * ```
 */
export function pairwiseMean(values: Float64Array): number {
  return pairwiseSum(values, 0, values.length) / values.length;
}
