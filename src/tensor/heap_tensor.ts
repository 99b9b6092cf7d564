/**
 * Tensors filled and read in place.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { HeapDataType } from "./heap_backend.ts";
import { simdEngine } from "./simd_backend.ts";

/** A tensor and a view of its values in the kernels' memory. */
export interface HeapTensor<Values extends Float32Array | Int32Array = Float32Array | Int32Array> {
  /** Kept: no `tf.tidy` disposes of it. */
  readonly tensor: tf.Tensor;
  /** The tensor's own values, row-major: written here, seen by the next operation. */
  readonly values: Values;
  /** Frees the memory; `values` must not be used afterwards. */
  dispose(): void;
}

/**
 * A tensor of zeros whose values the caller fills in place, so that batches and observations reach the kernels without
 * a copy.
 *
 * @example
 * ```ts
 * import { useSimd } from "relay/tensor/simd_backend.ts";
 * import { heapTensor } from "relay/tensor/heap_tensor.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useSimd();
 * const rewards = heapTensor([2, 1], "float32");
 * rewards.values.set([0.5, -1]);
 * assertEquals([...rewards.tensor.square().dataSync()], [0.25, 1]);
 * rewards.dispose();
 * ```
 */
export function heapTensor(shape: number[], dtype: "float32"): HeapTensor<Float32Array>;
export function heapTensor(shape: number[], dtype: "int32"): HeapTensor<Int32Array>;
export function heapTensor(shape: number[], dtype: HeapDataType): HeapTensor {
  const engine = simdEngine();
  const tensor = tf.keep(tf.engine().makeTensorFromTensorInfo(engine.output([...shape], dtype)));
  const values = engine.view(tensor);
  values.fill(0);
  return { tensor, values, dispose: () => tensor.dispose() };
}

/**
 * Copies a tensor's values to `target` without an array in between.
 * @throws {RangeError} if `target` is shorter than the tensor
 */
export function readInto<Target extends Float32Array | Float64Array | Int32Array>(
  tensor: tf.Tensor,
  target: Target,
): Target {
  target.set(simdEngine().view(tensor));
  return target;
}
