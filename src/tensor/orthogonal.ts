import type { Stream } from "relay/rng/stream.ts";

/**
 * Fills a matrix with orthonormal columns, or rows where these are fewer, times `gain` (Saxe et al. 2014; PyTorch's `orthogonal_`): the
 * Gram–Schmidt orthogonalisation of normal deviates, uniform over all such matrices.
 *
 * @param weight `[I, O]`, overwritten
 *
 * @example
 * ```ts
 * import { openStream } from "relay/rng/stream.ts";
 * import { fillOrthogonal } from "relay/tensor/orthogonal.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const weight = new Float32Array(3 * 2);
 * fillOrthogonal(weight, { I: 3, O: 2, gain: 2 }, openStream(1));
 * const product = (j: number, k: number) => [0, 1, 2].reduce((sum, i) => sum + weight[2 * i + j]! * weight[2 * i + k]!, 0);
 * assertAlmostEquals(product(0, 0), 4, 1e-6); // wᵀw = gain²·1
 * assertAlmostEquals(product(0, 1), 0, 1e-6);
 * ```
 */
export function fillOrthogonal(
  weight: Float32Array,
  { I, O, gain }: { readonly I: number; readonly O: number; readonly gain: number },
  stream: Stream,
): void {
  const length = Math.max(I, O);
  const vectors: Float64Array[] = [];
  for (let j = 0; j < Math.min(I, O); j++) {
    const vector = Float64Array.from({ length }, () => stream.normal());
    // twice, because rounding leaves the first result a little oblique
    for (let pass = 0; pass < 2; pass++) {
      for (const other of vectors) subtractProjection(vector, other);
    }
    const norm = Math.sqrt(dot(vector, vector));
    vectors.push(vector.map((value) => value / norm));
  }
  vectors.forEach((vector, j) =>
    vector.forEach((value, k) => weight[I >= O ? k * O + j : j * O + k] = gain * value)
  );
}

function subtractProjection(vector: Float64Array, unit: Float64Array): void {
  const share = dot(vector, unit);
  for (let k = 0; k < vector.length; k++) vector[k]! -= share * unit[k]!;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
  return sum;
}
