/**
 * The compiled kernels and their signatures. Addresses and strides are in bytes, counts in elements; a kernel that
 * takes `n0, n1` works on the networks n0 ≤ n < n1.
 * @module
 */

/** Functions of kernels.wasm and kernels_strict.wasm; what each computes stands in the .as files. */
export interface KernelExports {
  gemm_scratch_bytes(): number;
  im2col_scratch_bytes(columns: number): number;
  // deno-fmt-ignore
  batched_gemm(n0: number, n1: number, transposeA: boolean, transposeB: boolean, M: number, N: number, K: number,
    a: number, aStride: number, b: number, bStride: number, c: number, bias: number, mode: number, scratch: number): void;
  looks_sparse(M: number, K: number, a: number, lda: number): boolean;
  add_bias_activate(n: number, O: number, x: number, bias: number, activation: number): void;
  // deno-fmt-ignore
  im2col(r0: number, r1: number, H: number, W: number, C: number, kh: number, kw: number, x: number,
    columns: number): void;
  // deno-fmt-ignore
  col2im_add(r0: number, r1: number, H: number, W: number, C: number, kh: number, kw: number, columns: number,
    x: number): void;
  activation_gradient(activation: number, n: number, dy: number, y: number, dz: number): void;
  // deno-fmt-ignore
  binary(operation: number, n: number, a: number, aIsScalar: boolean, b: number, bIsScalar: boolean, out: number): void;
  unary(operation: number, n: number, x: number, out: number): void;
  column_sums(rows: number, columns: number, x: number, ldx: number, out: number): void;
  total(n: number, x: number, out: number): void;
  int_to_float(n: number, x: number, out: number): void;
  widen_bytes(n: number, x: number, out: number): void;
  // deno-fmt-ignore
  dense_forward(n0: number, n1: number, B: number, I: number, O: number, x: number, xStride: number, w: number,
    b: number, y: number, activation: number, scratch: number): void;
  // deno-fmt-ignore
  dense_weight_gradient(n0: number, n1: number, B: number, I: number, O: number, x: number, xStride: number, dz: number,
    dw: number, db: number, scratch: number): void;
  // deno-fmt-ignore
  dense_input_gradient(n0: number, n1: number, B: number, I: number, O: number, dz: number, w: number, dx: number,
    dxStride: number, scratch: number): void;
  // deno-fmt-ignore
  conv2d_forward(n0: number, n1: number, B: number, H: number, W: number, C: number, kh: number, kw: number, O: number,
    x: number, xStride: number, w: number, b: number, y: number, activation: number, scratch: number,
    columns: number): void;
  // deno-fmt-ignore
  conv2d_weight_gradient(n0: number, n1: number, B: number, H: number, W: number, C: number, kh: number, kw: number,
    O: number, x: number, xStride: number, dz: number, dw: number, db: number, scratch: number, columns: number): void;
  // deno-fmt-ignore
  conv2d_input_gradient(n0: number, n1: number, B: number, H: number, W: number, C: number, kh: number, kw: number,
    O: number, dz: number, w: number, dx: number, dxStride: number, scratch: number, columns: number): void;
  argmax_rows(n: number, A: number, q: number, out: number): void;
  dueling_forward(n: number, A: number, advantage: number, value: number, q: number): void;
  dueling_gradient(n: number, A: number, dq: number, da: number, dv: number): void;
  // deno-fmt-ignore
  td_target(n: number, A: number, select: number, evaluate: number, reward: number, notTerminal: number, gamma: number,
    y: number): void;
  // deno-fmt-ignore
  huber_td_loss(n0: number, n1: number, B: number, A: number, q: number, actions: number, targets: number,
    weights: number, tdErrors: number, losses: number): void;
  // deno-fmt-ignore
  huber_td_gradient(n0: number, n1: number, B: number, A: number, tdErrors: number, actions: number, weights: number,
    scale: number, dq: number): void;
  clip_scales(n0: number, n1: number, norms: number, clipNorm: number, scales: number): void;
  gradient_norms(n0: number, n1: number, parameters: number, table: number, norms: number): void;
  // deno-fmt-ignore
  adam(n0: number, n1: number, parameters: number, table: number, gScales: number, rates: number, epsilon: number,
    beta1: number, beta2: number, scratch: number): void;
}

/** Pages of 64 KiB of the kernels' memory: 1 GiB, reserved at once and never grown, free until touched. */
export const MEMORY_PAGES = 16384;

/** Bits of `mode` in {@link KernelExports.batched_gemm}. */
export const GEMM_RELU = 1;

/** Activation of a stacked layer. */
export type Activation = "linear" | "relu" | "tanh";

/** Numbers by which the kernels know an activation. */
export const ACTIVATION_CODES: Readonly<Record<Activation, number>> = { linear: 0, relu: 1, tanh: 2 };

/**
 * Which build of the kernels: `relaxed` has fused multiply-adds where the processor does, `strict` gives the same bits on
 * every machine.
 */
export type KernelBuild = "relaxed" | "strict";

const FILES: Readonly<Record<KernelBuild, string>> = {
  relaxed: "kernels/kernels.wasm",
  strict: "kernels/kernels_strict.wasm",
};
const compiled = new Map<KernelBuild, Promise<WebAssembly.Module>>();

/**
 * Instantiates the kernels on a memory of {@link MEMORY_PAGES}; a Worker given the same shared memory works on the same
 * tensors. Needs read permission for the .wasm file only.
 */
export async function instantiateKernels(
  memory: WebAssembly.Memory,
  build: KernelBuild = "relaxed",
): Promise<KernelExports> {
  const pending = compiled.get(build) ?? compile(FILES[build]);
  compiled.set(build, pending);
  const instance = await WebAssembly.instantiate(await pending, { env: { memory } });
  return instance.exports as unknown as KernelExports;
}

async function compile(file: string): Promise<WebAssembly.Module> {
  const response = await fetch(new URL(file, import.meta.url));
  return await WebAssembly.compile(await response.arrayBuffer());
}
