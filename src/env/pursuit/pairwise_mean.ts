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
  // Eight running sums in variables: an array for them would cost more than the additions.
  let [a, b, c, d] = [values[start]!, values[start + 1]!, values[start + 2]!, values[start + 3]!];
  let [e, f, g, h] = [values[start + 4]!, values[start + 5]!, values[start + 6]!, values[start + 7]!];
  const whole = count - count % 8;
  for (let i = start + 8; i < start + whole; i += 8) {
    a += values[i]!;
    b += values[i + 1]!;
    c += values[i + 2]!;
    d += values[i + 3]!;
    e += values[i + 4]!;
    f += values[i + 5]!;
    g += values[i + 6]!;
    h += values[i + 7]!;
  }
  let sum = ((a + b) + (c + d)) + ((e + f) + (g + h));
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
