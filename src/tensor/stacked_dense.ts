/**
 * Dense layers of P networks in one operation.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { type Activation, ACTIVATION_CODES } from "./kernel_exports.ts";
import { registerSimdKernel, runKernel, runKernels } from "./run_kernel.ts";
import { type HeapBackend, sizeOf } from "./heap_backend.ts";

/**
 * y[p] = activation(x[p]·w[p] + b[p]) for every network p, with gradients to x, w and b.
 *
 * @param x [P, B, I], or [1, B, I] to give one batch to all networks
 * @param w weights [P, I, O]
 * @param b biases [P, 1, O]
 * @returns [P, B, O]
 * @throws {RangeError} if the shapes do not fit
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { useSimd } from "relay/tensor/simd_backend.ts";
 * import { stackedDense } from "relay/tensor/stacked_dense.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useSimd();
 * const x = tf.tensor3d([1, 2], [1, 1, 2]);
 * const w = tf.tensor3d([1, 1, -1, -1], [2, 2, 1]);
 * const b = tf.tensor3d([0.5, 0.5], [2, 1, 1]);
 * assertEquals([...stackedDense(x, w, b, "relu").dataSync()], [3.5, 0]);
 * ```
 */
export function stackedDense(x: tf.Tensor, w: tf.Tensor, b: tf.Tensor, activation: Activation): tf.Tensor3D {
  const [P, I, O] = w.shape as [number, number, number];
  const fits = x.rank === 3 && w.rank === 3 && (x.shape[0] === P || x.shape[0] === 1) && x.shape[2] === I;
  if (!fits || sizeOf(b.shape) !== P * O) {
    throw new RangeError(
      `Cannot apply dense layers: x is [${x.shape}], w [${w.shape}], b [${b.shape}]; ` +
        `expected [P or 1, B, I], [P, I, O], [P, 1, O]`,
    );
  }
  return runKernel("StackedDense", { x, w, b }, { activation }) as tf.Tensor3D;
}

interface DenseAttributes {
  readonly activation: Activation;
}

/** Registers the operation and its gradient on the `simd` backend. */
export function registerStackedDense(backend: HeapBackend): void {
  const { kernels, scratch } = backend;

  registerSimdKernel<DenseAttributes>("StackedDense", ({ x, w, b }, { activation }) => {
    const [P, I, O] = w!.shape as [number, number, number];
    const B = x!.shape[1]!;
    const y = backend.output([P, B, O]);
    const xStride = x!.shape[0] === P ? 4 * B * I : 0;
    // deno-fmt-ignore
    kernels.dense_forward(0, P, B, I, O, backend.address(x!), xStride, backend.address(w!), backend.address(b!),
      backend.address(y), ACTIVATION_CODES[activation], scratch);
    return y;
  });

  registerSimdKernel("StackedDenseWeightGradient", ({ x, dz }) => {
    const [P, B, O] = dz!.shape as [number, number, number];
    const I = x!.shape[2]!;
    const dw = backend.output([P, I, O]);
    const db = backend.output([P, 1, O]);
    const xStride = x!.shape[0] === P ? 4 * B * I : 0;
    // deno-fmt-ignore
    kernels.dense_weight_gradient(0, P, B, I, O, backend.address(x!), xStride, backend.address(dz!), backend.address(dw),
      backend.address(db), scratch);
    return [dw, db];
  });

  registerSimdKernel<{ networks: number }>("StackedDenseInputGradient", ({ dz, w }, { networks }) => {
    const [P, B, O] = dz!.shape as [number, number, number];
    const I = w!.shape[1]!;
    const dx = backend.output([networks, B, I]);
    const dxStride = networks === P ? 4 * B * I : 0;
    // deno-fmt-ignore
    kernels.dense_input_gradient(0, P, B, I, O, backend.address(dz!), backend.address(w!), backend.address(dx),
      dxStride, scratch);
    return dx;
  });

  registerSimdKernel<DenseAttributes>("ActivationGradient", ({ dy, y }, { activation }) => {
    const dz = backend.output(y!.shape);
    const size = sizeOf(y!.shape);
    const [from, output, to] = [backend.address(dy!), backend.address(y!), backend.address(dz)];
    kernels.activation_gradient(ACTIVATION_CODES[activation], size, from, output, to);
    return dz;
  });

  tf.registerGradient({
    kernelName: "StackedDense",
    inputsToSave: ["x", "w"],
    outputsToSave: [true],
    gradFunc: (dy, saved, attrs) => {
      const [x, w, y] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
      const { activation } = attrs as unknown as DenseAttributes;
      const dz = activation === "linear"
        ? dy as tf.Tensor
        : activationGradient(dy as tf.Tensor, y, activation);
      // Shared by both thunks, hence computed here; the input's gradient only where someone asks.
      const [dw, db] = runKernels("StackedDenseWeightGradient", { x, dz }) as [tf.Tensor, tf.Tensor];
      return {
        w: () => dw,
        b: () => db,
        x: () => runKernel("StackedDenseInputGradient", { dz, w }, { networks: x.shape[0]! }),
      };
    },
  });
}

/**
 * dz = dy · activation′, from the activation's output y.
 * @returns same shape as y
 */
export function activationGradient(dy: tf.Tensor, y: tf.Tensor, activation: Activation): tf.Tensor {
  return runKernel("ActivationGradient", { dy, y }, { activation });
}
