/**
 * What matrix products reach at best on this machine: the measure for every other kernel.
 * @module
 */
import { heapTensor } from "relay/tensor/heap_tensor.ts";
import { simdEngine } from "relay/tensor/simd_backend.ts";

/** Rows, columns and depth of the product that stands for the peak. */
export const PEAK_SIZE = 768;

/** @returns one product of square matrices, through the kernel that tfjs's matMul uses */
export function gemmWork(size: number): () => void {
  const engine = simdEngine();
  const [a, b, c] = Array.from({ length: 3 }, () => {
    const { tensor, values } = heapTensor([size, size], "float32");
    values.fill(0.5);
    return engine.address(tensor);
  }) as [number, number, number];
  const noBias = 0;
  // deno-fmt-ignore
  return () => engine.kernels.batched_gemm(0, 1, false, false, size, size, size, a, 0, b, 0, c, noBias, 0, engine.scratch);
}

/** Billions of floating-point operations a second of a product that lasts `ms`. */
export function gigaflops(size: number, ms: number): number {
  return 2 * size ** 3 / ms / 1e6;
}
