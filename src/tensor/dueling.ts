/**
 * Dueling heads (Wang et al. 2016, equation 9).
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { registerSimdKernel, runKernel, runKernels } from "./run_kernel.ts";
import { type HeapBackend, sizeOf } from "./heap_backend.ts";

/**
 * Q(s, a) = V(s) + A(s, a) − mean over a of A(s, a), with gradients to both.
 *
 * @param advantage A [P, B, A]
 * @param value V [P, B, 1]
 * @returns Q [P, B, A]
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { useSimd } from "relay/tensor/simd_backend.ts";
 * import { dueling } from "relay/tensor/dueling.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useSimd();
 * const q = dueling(tf.tensor3d([1, 2, 3], [1, 1, 3]), tf.tensor3d([10], [1, 1, 1]));
 * assertEquals([...q.dataSync()], [9, 10, 11]);
 * ```
 */
export function dueling(advantage: tf.Tensor, value: tf.Tensor): tf.Tensor3D {
  const actions = advantage.shape.at(-1)!;
  if (advantage.rank !== 3 || sizeOf(value.shape) * actions !== sizeOf(advantage.shape)) {
    throw new RangeError(
      `Cannot join dueling heads: advantage is [${advantage.shape}], value [${value.shape}]; ` +
        `expected [P, B, A] and [P, B, 1]`,
    );
  }
  return runKernel("Dueling", { advantage, value }) as tf.Tensor3D;
}

/** Registers the operation and its gradient on the `simd` backend. */
export function registerDueling(backend: HeapBackend): void {
  registerSimdKernel("Dueling", ({ advantage, value }) => {
    const q = backend.output(advantage!.shape);
    const [a, v] = [backend.address(advantage!), backend.address(value!)];
    backend.kernels.dueling_forward(sizeOf(value!.shape), q.shape.at(-1)!, a, v, backend.address(q));
    return q;
  });

  registerSimdKernel("DuelingGradient", ({ dq }) => {
    const [P, B, A] = dq!.shape as [number, number, number];
    const da = backend.output([P, B, A]);
    const dv = backend.output([P, B, 1]);
    backend.kernels.dueling_gradient(
      P * B,
      A,
      backend.address(dq!),
      backend.address(da),
      backend.address(dv),
    );
    return [da, dv];
  });

  tf.registerGradient({
    kernelName: "Dueling",
    gradFunc: (dy) => {
      const [da, dv] = runKernels("DuelingGradient", { dq: dy as tf.Tensor }) as [tf.Tensor, tf.Tensor];
      return { advantage: () => da, value: () => dv };
    },
  });
}
