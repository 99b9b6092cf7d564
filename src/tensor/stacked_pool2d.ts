/**
 * Max-pooling and zero margins for images of P networks, without parameters. Loops in TypeScript: next to the convolutions between them
 * they cost little.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { HeapBackend } from "./heap_backend.ts";
import { registerSimdKernel, runKernel } from "./run_kernel.ts";

/** Images in a row: how many, and each one's size. */
export interface ImageStack {
  readonly count: number;
  readonly H: number;
  readonly W: number;
  readonly C: number;
}

type FiveSizes = [number, number, number, number, number];

/**
 * The largest value of each `size` × `size` block, channel by channel; rows and columns that fill no block are left out. The gradient goes
 * to the first of equal values, row by row, as PyTorch has it.
 *
 * @param x [P, B, H, W, C]
 * @returns [P, B, ⌊H / size⌋, ⌊W / size⌋, C]
 * @throws {RangeError} if the shape does not fit
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { useSimd } from "relay/tensor/simd_backend.ts";
 * import { stackedMaxPool2d } from "relay/tensor/stacked_pool2d.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useSimd();
 * const x = tf.tensor([1, 5, 5, 2], [1, 1, 2, 2, 1]);
 * assertEquals([...stackedMaxPool2d(x, 2).dataSync()], [5]);
 * assertEquals([...tf.grad((image) => stackedMaxPool2d(image, 2).sum())(x).dataSync()], [0, 1, 0, 0]);
 * ```
 */
export function stackedMaxPool2d(x: tf.Tensor, size: number): tf.Tensor5D {
  const [, , H, W] = x.shape as FiveSizes;
  if (x.rank !== 5 || !Number.isInteger(size) || size < 1 || H < size || W < size) {
    throw new RangeError(
      `Cannot pool: x is [${x.shape}], size ${size}; expected [P, B, H ≥ size, W ≥ size, C]`,
    );
  }
  return runKernel("StackedMaxPool2D", { x }, { size }) as tf.Tensor5D;
}

/**
 * Zeros around every image.
 * @param x [P, B, H, W, C]
 * @param margin pixels on each side
 * @returns [P, B, H + 2·margin, W + 2·margin, C]
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { useSimd } from "relay/tensor/simd_backend.ts";
 * import { stackedPad2d } from "relay/tensor/stacked_pool2d.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useSimd();
 * const framed = stackedPad2d(tf.tensor([7], [1, 1, 1, 1, 1]), 1);
 * assertEquals([...framed.dataSync()], [0, 0, 0, 0, 7, 0, 0, 0, 0]);
 * ```
 */
export function stackedPad2d(x: tf.Tensor, margin: number): tf.Tensor5D {
  if (x.rank !== 5 || !Number.isInteger(margin) || margin < 0) {
    throw new RangeError(
      `Cannot frame images: x is [${x.shape}], margin ${margin}; expected [P, B, H, W, C] and an integer ≥ 0`,
    );
  }
  return runKernel("StackedPad2D", { x }, { margin }) as tf.Tensor5D;
}

/** Registers the operations and their gradients on the `simd` backend. */
export function registerStackedPool2d(backend: HeapBackend): void {
  registerSimdKernel<{ size: number }>("StackedMaxPool2D", ({ x }, { size }) => {
    const [P, B, H, W, C] = x!.shape as FiveSizes;
    const y = backend.output([P, B, Math.floor(H / size), Math.floor(W / size), C]);
    maxPoolInto(floats(x!), floats(y), { images: { count: P * B, H, W, C }, size });
    return y;
  });

  registerSimdKernel<{ size: number }>("StackedMaxPool2DGradient", ({ dy, x, y }, { size }) => {
    const [P, B, H, W, C] = x!.shape as FiveSizes;
    const dx = backend.output(x!.shape);
    const values = { x: floats(x!), y: floats(y!), dy: floats(dy!), dx: floats(dx) };
    maxPoolGradientInto(values, { images: { count: P * B, H, W, C }, size });
    return dx;
  });

  registerSimdKernel<{ margin: number }>("StackedPad2D", ({ x }, { margin }) => {
    const [P, B, H, W, C] = x!.shape as FiveSizes;
    const y = backend.output([P, B, H + 2 * margin, W + 2 * margin, C]);
    padInto(floats(x!), floats(y), { images: { count: P * B, H, W, C }, margin });
    return y;
  });

  registerSimdKernel<{ margin: number }>("StackedCrop2D", ({ dy }, { margin }) => {
    const [P, B, H, W, C] = dy!.shape as FiveSizes;
    const images = { count: P * B, H: H - 2 * margin, W: W - 2 * margin, C };
    const dx = backend.output([P, B, images.H, images.W, C]);
    cropInto(floats(dy!), floats(dx), { images, margin });
    return dx;
  });

  tf.registerGradient({
    kernelName: "StackedMaxPool2D",
    inputsToSave: ["x"],
    outputsToSave: [true],
    gradFunc: (dy, saved, attrs) => {
      const [x, y] = saved as [tf.Tensor, tf.Tensor];
      const { size } = attrs as unknown as { size: number };
      return { x: () => runKernel("StackedMaxPool2DGradient", { dy: dy as tf.Tensor, x, y }, { size }) };
    },
  });

  tf.registerGradient({
    kernelName: "StackedPad2D",
    gradFunc: (dy, _saved, attrs) => {
      const { margin } = attrs as unknown as { margin: number };
      return { x: () => runKernel("StackedCrop2D", { dy: dy as tf.Tensor }, { margin }) };
    },
  });

  function floats(tensor: tf.TensorInfo): Float32Array {
    return backend.view(tensor) as Float32Array;
  }
}

interface Pooling {
  readonly images: ImageStack;
  readonly size: number;
}

/** Writes the block maxima of images one after the other. */
export function maxPoolInto(from: Float32Array, to: Float32Array, pooling: Pooling): void {
  const { images: { C }, size } = pooling;
  const within = offsetsWithin(pooling);
  const corners = cornersOf(pooling);
  let target = 0;
  for (let block = 0; block < corners.length; block++) {
    const corner = corners[block]!;
    for (let at = corner; at < corner + C; at++, target++) {
      let largest = from[at]!;
      for (let k = 1; k < size * size; k++) {
        const value = from[at + within[k]!]!;
        if (value > largest) largest = value;
      }
      to[target] = largest;
    }
  }
}

function maxPoolGradientInto(
  { x, y, dy, dx }: Readonly<Record<"x" | "y" | "dy" | "dx", Float32Array>>,
  pooling: Pooling,
): void {
  const { images: { C }, size } = pooling;
  const within = offsetsWithin(pooling);
  const corners = cornersOf(pooling);
  dx.fill(0);
  let target = 0;
  for (let block = 0; block < corners.length; block++) {
    const corner = corners[block]!;
    for (let at = corner; at < corner + C; at++, target++) {
      let k = 0;
      while (k < size * size - 1 && x[at + within[k]!] !== y[target]) k++;
      dx[at + within[k]!] = dy[target]!;
    }
  }
}

/** Where the pixels of a block lie from its first one, row by row. */
function offsetsWithin({ images: { W, C }, size }: Pooling): Int32Array {
  return Int32Array.from({ length: size * size }, (_, k) => (Math.floor(k / size) * W + k % size) * C);
}

/** Where each block begins, in the order of the result. */
function cornersOf({ images: { count, H, W, C }, size }: Pooling): Int32Array {
  const [rows, columns] = [Math.floor(H / size), Math.floor(W / size)];
  const corners = new Int32Array(count * rows * columns);
  let block = 0;
  for (let image = 0; image < count; image++) {
    for (let row = 0; row < rows; row++) {
      const first = (image * H + row * size) * W * C;
      for (let column = 0; column < columns; column++) corners[block++] = first + column * size * C;
    }
  }
  return corners;
}

interface Framing {
  /** Without the margin. */
  readonly images: ImageStack;
  readonly margin: number;
}

/** Writes images with zeros around them. */
export function padInto(from: Float32Array, to: Float32Array, framing: Framing): void {
  to.fill(0);
  eachRow(framing, (plain, framed, length) => to.set(from.subarray(plain, plain + length), framed));
}

function cropInto(from: Float32Array, to: Float32Array, framing: Framing): void {
  eachRow(framing, (plain, framed, length) => to.set(from.subarray(framed, framed + length), plain));
}

function eachRow(
  { images: { count, H, W, C }, margin }: Framing,
  visit: (plain: number, framed: number, length: number) => void,
): void {
  const [framedH, framedW] = [H + 2 * margin, W + 2 * margin];
  for (let image = 0; image < count; image++) {
    for (let row = 0; row < H; row++) {
      const framed = ((image * framedH + row + margin) * framedW + margin) * C;
      visit((image * H + row) * W * C, framed, W * C);
    }
  }
}
