/**
 * True copies of tensors.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { registerSimdKernel, runKernels } from "./run_kernel.ts";
import { type HeapBackend, sizeOf } from "./heap_backend.ts";

/**
 * Overwrites the values of every destination by those of its source. Training changes variables in place, and tfjs's
 * `clone` and `reshape` share their values; a target network needs values of its own.
 *
 * @throws {RangeError} if types or shapes differ
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { copyInto } from "relay/tensor/copy_into.ts";
 * import { useSimd } from "relay/tensor/simd_backend.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useSimd();
 * const target = tf.zeros([2]);
 * copyInto([target], [tf.tensor1d([3, 4])]);
 * assertEquals([...target.dataSync()], [3, 4]);
 * ```
 */
export function copyInto(destinations: readonly tf.Tensor[], sources: readonly tf.Tensor[]): void {
  if (destinations.length !== sources.length) {
    throw new RangeError(
      `Cannot copy ${sources.length} tensors into ${destinations.length}: expected as many`,
    );
  }
  destinations.forEach((destination, index) => {
    const source = sources[index]!;
    if (String(destination.shape) !== String(source.shape) || destination.dtype !== source.dtype) {
      throw new RangeError(
        `Cannot copy ${source.dtype} [${source.shape}] into ${destination.dtype} [${destination.shape}]: ` +
          `expected the same type and shape`,
      );
    }
    runKernels("CopyInto", { destination, source });
  });
}

/** Registers the operation on the `simd` backend. */
export function registerCopyInto(backend: HeapBackend): void {
  registerSimdKernel("CopyInto", ({ destination, source }) => {
    backend.recording?.refuse("tensors are overwritten by copies");
    const bytes = new Uint8Array(backend.buffer);
    const from = backend.address(source!);
    bytes.copyWithin(backend.address(destination!), from, from + 4 * sizeOf(source!.shape));
    return [];
  });
}
