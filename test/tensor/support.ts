/**
 * Reference computations for the tests of this room: plain loops in double precision, and stock tfjs.
 * @module
 */
import { assert } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { openStream, type Stream } from "relay/rng/stream.ts";
import { type SimdEngine, useSimd } from "relay/tensor/simd_backend.ts";

/** Starts the backend without the advice that tfjs prints for its own. */
export async function startSimd(): Promise<SimdEngine> {
  tf.env().set("IS_TEST", true);
  return await useSimd();
}

/** Normal deviates, always the same for one seed. */
export function normals(seed: number, size: number, scale = 1): Float32Array {
  const stream: Stream = openStream(seed);
  return Float32Array.from({ length: size }, () => scale * stream.normal());
}

/** Evaluates `compute` on stock tfjs and comes back to `simd`. */
export async function onCpu<Result>(compute: () => Result): Promise<Result> {
  await tf.setBackend("cpu");
  try {
    return tf.tidy(compute as () => never);
  } finally {
    await tf.setBackend("simd");
  }
}

/** Values of tensors as arrays. */
export function valuesOf(tensors: readonly tf.Tensor[]): Float32Array[] {
  return tensors.map((tensor) => tensor.dataSync() as Float32Array);
}

/** Fails unless every value lies within `tolerance` × the largest expected magnitude (at least `floor`). */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { tolerance = 1e-5, floor = 1e-3, name = "value" } = {},
): void {
  assert(actual.length === expected.length, `${name}: ${actual.length} values, expected ${expected.length}`);
  let largest = floor;
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(expected[i]!));
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs(actual[i]! - expected[i]!);
    assert(distance <= tolerance * largest, `${name}[${i}] is ${actual[i]}, expected ${expected[i]}`);
  }
}

/** Sizes of a matrix product and how its operands are stored. */
export interface Product {
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** op(A)·op(B) by plain loops in double precision. */
export function naiveProduct(a: Float32Array, b: Float32Array, product: Product): Float64Array {
  const { M, N, K, transposeA, transposeB } = product;
  const c = new Float64Array(M * N);
  for (let m = 0; m < M; m++) {
    for (let n = 0; n < N; n++) {
      for (let k = 0; k < K; k++) {
        c[m * N + n]! += a[transposeA ? k * M + m : m * K + k]! * b[transposeB ? n * K + k : k * N + n]!;
      }
    }
  }
  return c;
}

/** act(x·w + b) for every network out of stock operations; x may have one batch for all. */
export function plainDense(x: tf.Tensor, w: tf.Tensor, b: tf.Tensor, activation: string): tf.Tensor {
  const P = w.shape[0]!;
  const z = tf.matMul(tf.tile(x, [P / x.shape[0]!, 1, 1]), w).add(b);
  return activate(z, activation);
}

/** act(x ∗ w + b) for every network out of stock operations. */
export function plainConv(x: tf.Tensor, w: tf.Tensor, b: tf.Tensor, activation: string): tf.Tensor {
  const maps = Array.from({ length: w.shape[0]! }, (_, p) => {
    const image = x.gather([p % x.shape[0]!]).squeeze([0]) as tf.Tensor4D;
    const filter = w.gather([p]).squeeze([0]) as tf.Tensor4D;
    return tf.conv2d(image, filter, 1, "valid").add(b.gather([p]).flatten()).expandDims(0);
  });
  return activate(tf.concat(maps), activation);
}

/** V + A − mean A out of stock operations. */
export function plainDueling(advantage: tf.Tensor, value: tf.Tensor): tf.Tensor {
  return advantage.sub(advantage.mean(-1, true)).add(value);
}

/** Σ over networks of the mean of w · huber(δ) out of stock operations. */
export function plainHuber(
  q: tf.Tensor,
  batch: Record<"actions" | "targets" | "isWeights", tf.Tensor>,
): tf.Scalar {
  const taken = q.mul(tf.oneHot(batch.actions.cast("int32"), q.shape[2]!).cast("float32")).sum(-1);
  const size = taken.sub(batch.targets).abs();
  const quadratic = tf.minimum(size, 1);
  const huber = quadratic.square().mul(0.5).add(size.sub(quadratic));
  return huber.mul(batch.isWeights).sum().div(batch.targets.shape[1]!) as tf.Scalar;
}

function activate(z: tf.Tensor, activation: string): tf.Tensor {
  return activation === "relu" ? z.relu() : activation === "tanh" ? z.tanh() : z;
}
