/**
 * Convolutions of P networks in one operation.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { type Activation, ACTIVATION_CODES } from "./kernel_exports.ts";
import { registerSimdKernel, runKernel, runKernels } from "./run_kernel.ts";
import { type HeapBackend, sizeOf } from "./heap_backend.ts";
import { activationGradient } from "./stacked_dense.ts";

/** Room for im2col below the heap, less what GEMM takes. */
const COLUMN_BYTES = 48 * 2 ** 20;

/**
 * y[p] = activation(x[p] ∗ w[p] + b[p]) for every network p: a valid cross-correlation of stride 1, with gradients
 * to x, w and b.
 *
 * @param x [P, B, H, W, C], or [1, B, H, W, C] to give one batch to all networks
 * @param w filters [P, kh, kw, C, O]
 * @param b biases [P, 1, O]
 * @returns [P, B, H − kh + 1, W − kw + 1, O]
 * @throws {RangeError} if the shapes do not fit
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { useSimd } from "relay/tensor/simd_backend.ts";
 * import { stackedConv2d } from "relay/tensor/stacked_conv2d.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useSimd();
 * const x = tf.tensor5d([1, 2, 3, 4], [1, 1, 2, 2, 1]);
 * const w = tf.tensor5d([1, 1, 1, 1, 2, 0, 0, 0], [2, 2, 2, 1, 1]);
 * const b = tf.zeros([2, 1, 1]);
 * assertEquals([...stackedConv2d(x, w, b, "linear").dataSync()], [10, 2]);
 * ```
 */
export function stackedConv2d(x: tf.Tensor, w: tf.Tensor, b: tf.Tensor, activation: Activation): tf.Tensor5D {
  const [P, kh, kw, C, O] = w.shape as [number, number, number, number, number];
  const fits = x.rank === 5 && w.rank === 5 && (x.shape[0] === P || x.shape[0] === 1) && x.shape[4] === C &&
    x.shape[2]! >= kh && x.shape[3]! >= kw;
  if (!fits || sizeOf(b.shape) !== P * O) {
    throw new RangeError(
      `Cannot apply convolutions: x is [${x.shape}], w [${w.shape}], b [${b.shape}]; ` +
        `expected [P or 1, B, H ≥ kh, W ≥ kw, C], [P, kh, kw, C, O], [P, 1, O]`,
    );
  }
  return runKernel("StackedConv2D", { x, w, b }, { activation }) as tf.Tensor5D;
}

interface ConvAttributes {
  readonly activation: Activation;
}
type FiveSizes = [number, number, number, number, number];

/** Registers the operation and its gradient on the `simd` backend. */
export function registerStackedConv2d(backend: HeapBackend): void {
  const { kernels, scratch, columns } = backend;

  registerSimdKernel<ConvAttributes>("StackedConv2D", ({ x, w, b }, { activation }) => {
    const [, B, H, W] = x!.shape as FiveSizes;
    const [P, kh, kw, C, O] = w!.shape as FiveSizes;
    if (kernels.im2col_scratch_bytes(kh * kw * C) > COLUMN_BYTES) {
      throw new RangeError(`Cannot convolve: kh·kw·C is ${kh * kw * C}, expected at most 500 000`);
    }
    const y = backend.output([P, B, H - kh + 1, W - kw + 1, O]);
    const xStride = x!.shape[0] === P ? 4 * B * H * W * C : 0;
    // deno-fmt-ignore
    kernels.conv2d_forward(0, P, B, H, W, C, kh, kw, O, backend.address(x!), xStride, backend.address(w!),
      backend.address(b!), backend.address(y), ACTIVATION_CODES[activation], scratch, columns);
    return y;
  });

  registerSimdKernel<{ shape: FiveSizes }>("StackedConv2DWeightGradient", ({ x, dz }, { shape }) => {
    const [, B, H, W] = x!.shape as FiveSizes;
    const [P, kh, kw, C, O] = shape;
    const dw = backend.output(shape);
    const db = backend.output([P, 1, O]);
    const xStride = x!.shape[0] === P ? 4 * B * H * W * C : 0;
    // deno-fmt-ignore
    kernels.conv2d_weight_gradient(0, P, B, H, W, C, kh, kw, O, backend.address(x!), xStride, backend.address(dz!),
      backend.address(dw), backend.address(db), scratch, columns);
    return [dw, db];
  });

  registerSimdKernel<{ shape: FiveSizes }>("StackedConv2DInputGradient", ({ dz, w }, { shape }) => {
    const [networks, B, H, W] = shape;
    const [P, kh, kw, C, O] = w!.shape as FiveSizes;
    const dx = backend.output(shape);
    const dxStride = networks === P ? 4 * B * H * W * C : 0;
    // deno-fmt-ignore
    kernels.conv2d_input_gradient(0, P, B, H, W, C, kh, kw, O, backend.address(dz!), backend.address(w!),
      backend.address(dx), dxStride, scratch, columns);
    return dx;
  });

  tf.registerGradient({
    kernelName: "StackedConv2D",
    inputsToSave: ["x", "w"],
    outputsToSave: [true],
    gradFunc: (dy, saved, attrs) => {
      const [x, w, y] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
      const { activation } = attrs as unknown as ConvAttributes;
      const dz = activation === "linear"
        ? dy as tf.Tensor
        : activationGradient(dy as tf.Tensor, y, activation);
      const gradients = runKernels("StackedConv2DWeightGradient", { x, dz }, { shape: w.shape });
      const [dw, db] = gradients as [tf.Tensor, tf.Tensor];
      return {
        w: () => dw,
        b: () => db,
        x: () => runKernel("StackedConv2DInputGradient", { dz, w }, { shape: x.shape }),
      };
    },
  });
}
