/**
 * The kernels with their large matrix products by a BLAS, on the same memory.
 * @module
 */
import type { BlasLibrary, SgemmCall } from "./blas_library.ts";
import { addressOfMemory } from "./blas_library.ts";
import { ACTIVATION_CODES, GEMM_RELU, type KernelExports } from "./kernel_exports.ts";

/**
 * From here on OpenBLAS is faster than our kernels by a quarter and more (measured on Zen 3: 1.24 at 8×64×64, 1.5 at
 * 32×64×64, 1.9 at 32×512×512); fewer rows, as in acting, or fewer columns are faster in WASM at any depth.
 */
const LEAST_ROWS = 8;
const LEAST_COLUMNS = 16;
const LEAST_MULTIPLY_ADDS = 2 ** 15;
/** What `gemm` in gemm.as asks of a product before it takes A for sparse. */
const SPARSE_COLUMNS = 32;
const SPARSE_MAX_DEPTH = 2048;
/** Or before it takes a transposed A for sparse. */
const SPARSE_MAX_ROWS = 512;

/** Whether C[M, N] = A·B over a depth of K is computed faster by BLAS. */
function pays(M: number, N: number, K: number): boolean {
  return M >= LEAST_ROWS && N >= LEAST_COLUMNS && M * N * K >= LEAST_MULTIPLY_ADDS;
}

/**
 * Kernels that satisfy the same contract as `wasm`, an instance on `memory`. Which way a product takes depends on its
 * sizes and on its network's values, never on the networks beside it.
 */
export function blasKernels(
  wasm: KernelExports,
  memory: WebAssembly.Memory,
  library: BlasLibrary,
): KernelExports {
  const address = addressOfMemory(memory.buffer);
  const sgemm = (call: SgemmCall) => library.sgemm(address, call);
  // Our kernels skip the zeros of sparse rows, which no BLAS does.
  const isSparse = (M: number, N: number, K: number, a: number) =>
    N % SPARSE_COLUMNS === 0 && K <= SPARSE_MAX_DEPTH && Boolean(wasm.looks_sparse(M, K, a, 4 * K));
  const plain = { transposeA: false, transposeB: false, accumulate: false };

  // deno-fmt-ignore
  const batched_gemm: KernelExports["batched_gemm"] = (n0, n1, transposeA, transposeB, M, N, K, a, aStride, b, bStride,
    c, bias, mode, scratch) => {
    const ours = (n: number) => !transposeA && !transposeB && isSparse(M, N, K, a + n * aStride);
    for (let n = n0; n < n1; n++) {
      if (!pays(M, N, K) || ours(n)) {
        wasm.batched_gemm(n, n + 1, transposeA, transposeB, M, N, K, a, aStride, b, bStride, c, bias, mode, scratch);
        continue;
      }
      const to = c + 4 * n * M * N;
      sgemm({ transposeA: Boolean(transposeA), transposeB: Boolean(transposeB), accumulate: false, M, N, K,
        a: a + n * aStride, lda: transposeA ? M : K, b: b + n * bStride, ldb: transposeB ? K : N, c: to, ldc: N });
      const activation = mode & GEMM_RELU ? ACTIVATION_CODES.relu : ACTIVATION_CODES.linear;
      if (bias || mode & GEMM_RELU) wasm.add_bias_activate(M, N, to, bias, activation);
    }
  };

  // deno-fmt-ignore
  const dense_forward: KernelExports["dense_forward"] = (n0, n1, B, I, O, x, xStride, w, b, y, activation, scratch) => {
    if (!pays(B, O, I)) return wasm.dense_forward(n0, n1, B, I, O, x, xStride, w, b, y, activation, scratch);
    for (let n = n0; n < n1; n++) {
      const from = x + n * xStride, to = y + 4 * n * B * O;
      if (isSparse(B, O, I, from)) {
        wasm.dense_forward(n, n + 1, B, I, O, x, xStride, w, b, y, activation, scratch);
        continue;
      }
      sgemm({ ...plain, M: B, N: O, K: I, a: from, lda: I, b: w + 4 * n * I * O, ldb: O, c: to, ldc: O });
      wasm.add_bias_activate(B, O, to, b + 4 * n * O, activation);
    }
  };

  // deno-fmt-ignore
  const dense_weight_gradient: KernelExports["dense_weight_gradient"] = (n0, n1, B, I, O, x, xStride, dz, dw, db,
    scratch) => {
    if (!pays(I, O, B)) return wasm.dense_weight_gradient(n0, n1, B, I, O, x, xStride, dz, dw, db, scratch);
    for (let n = n0; n < n1; n++) {
      const gradient = dz + 4 * n * B * O;
      if (B <= SPARSE_MAX_ROWS && isSparse(B, O, I, x + n * xStride)) {
        wasm.dense_weight_gradient(n, n + 1, B, I, O, x, xStride, dz, dw, db, scratch);
        continue;
      }
      sgemm({ ...plain, transposeA: true, M: I, N: O, K: B, a: x + n * xStride, lda: I, b: gradient, ldb: O,
        c: dw + 4 * n * I * O, ldc: O });
      wasm.column_sums(B, O, gradient, 4 * O, db + 4 * n * O);
    }
  };

  // deno-fmt-ignore
  const dense_input_gradient: KernelExports["dense_input_gradient"] = (n0, n1, B, I, O, dz, w, dx, dxStride, scratch) => {
    if (!pays(B, I, O)) return wasm.dense_input_gradient(n0, n1, B, I, O, dz, w, dx, dxStride, scratch);
    for (let n = n0; n < n1; n++) {
      sgemm({ ...plain, transposeB: true, accumulate: dxStride === 0 && n > n0, M: B, N: I, K: O,
        a: dz + 4 * n * B * O, lda: O, b: w + 4 * n * I * O, ldb: O, c: dx + n * dxStride, ldc: I });
    }
  };

  const dense = { batched_gemm, dense_forward, dense_weight_gradient, dense_input_gradient };
  return { ...wasm, ...dense, ...convolutions(wasm, { sgemm, isSparse }) };
}

/** Convolutions by im2col in pieces of rows, as in convolution.as, with the products by BLAS. */
function convolutions(
  wasm: KernelExports,
  { sgemm, isSparse }: {
    readonly sgemm: (call: SgemmCall) => void;
    readonly isSparse: (M: number, N: number, K: number, a: number) => boolean;
  },
): Pick<KernelExports, "conv2d_forward" | "conv2d_weight_gradient" | "conv2d_input_gradient"> {
  const plain = { transposeA: false, transposeB: false, accumulate: false };
  const pieceRows = (K: number) => Math.floor((wasm.im2col_scratch_bytes(K) - 64) / (4 * K));

  // deno-fmt-ignore
  const conv2d_forward: KernelExports["conv2d_forward"] = (n0, n1, B, H, W, C, kh, kw, O, x, xStride, w, b, y,
    activation, scratch, columns) => {
    const R = B * (H - kh + 1) * (W - kw + 1), K = kh * kw * C, step = Math.min(R, pieceRows(K));
    if (!pays(step, O, K)) {
      return wasm.conv2d_forward(n0, n1, B, H, W, C, kh, kw, O, x, xStride, w, b, y, activation, scratch, columns);
    }
    for (let n = n0; n < n1; n++) {
      const to = y + 4 * n * R * O, weights = w + 4 * n * K * O, bias = b + 4 * n * O;
      for (let r = 0; r < R; r += step) {
        const M = Math.min(step, R - r), out = to + 4 * r * O;
        wasm.im2col(r, r + M, H, W, C, kh, kw, x + n * xStride, columns);
        if (isSparse(M, O, K, columns)) {
          wasm.dense_forward(0, 1, M, K, O, columns, 0, weights, bias, out, activation, scratch);
          continue;
        }
        sgemm({ ...plain, M, N: O, K, a: columns, lda: K, b: weights, ldb: O, c: out, ldc: O });
        wasm.add_bias_activate(M, O, out, bias, activation);
      }
    }
  };

  // deno-fmt-ignore
  const conv2d_weight_gradient: KernelExports["conv2d_weight_gradient"] = (n0, n1, B, H, W, C, kh, kw, O, x, xStride,
    dz, dw, db, scratch, columns) => {
    const R = B * (H - kh + 1) * (W - kw + 1), K = kh * kw * C, step = Math.min(R, pieceRows(K));
    if (!pays(K, O, step)) {
      return wasm.conv2d_weight_gradient(n0, n1, B, H, W, C, kh, kw, O, x, xStride, dz, dw, db, scratch, columns);
    }
    for (let n = n0; n < n1; n++) {
      const gradient = dz + 4 * n * R * O, to = dw + 4 * n * K * O;
      for (let r = 0; r < R; r += step) {
        const rows = Math.min(step, R - r);
        wasm.im2col(r, r + rows, H, W, C, kh, kw, x + n * xStride, columns);
        sgemm({ transposeA: true, transposeB: false, accumulate: r > 0, M: K, N: O, K: rows, a: columns, lda: K,
          b: gradient + 4 * r * O, ldb: O, c: to, ldc: O });
      }
      wasm.column_sums(R, O, gradient, 4 * O, db + 4 * n * O);
    }
  };

  // deno-fmt-ignore
  const conv2d_input_gradient: KernelExports["conv2d_input_gradient"] = (n0, n1, B, H, W, C, kh, kw, O, dz, w, dx,
    dxStride, scratch, columns) => {
    const R = B * (H - kh + 1) * (W - kw + 1), K = kh * kw * C, step = Math.min(R, pieceRows(K));
    if (!pays(step, K, O)) {
      return wasm.conv2d_input_gradient(n0, n1, B, H, W, C, kh, kw, O, dz, w, dx, dxStride, scratch, columns);
    }
    for (let n = n0; n < n1; n++) {
      const gradient = dz + 4 * n * R * O, to = dx + n * dxStride;
      for (let r = 0; r < R; r += step) {
        const rows = Math.min(step, R - r);
        sgemm({ ...plain, transposeB: true, M: rows, N: K, K: O, a: gradient + 4 * r * O, lda: O,
          b: w + 4 * n * K * O, ldb: O, c: columns, ldc: K });
        if (r === 0 && (dxStride !== 0 || n === n0)) clear(to, B * H * W * C);
        wasm.col2im_add(r, r + rows, H, W, C, kh, kw, columns, to);
      }
    }
  };

  /** Zeros: the sums over no rows. */
  const clear = (to: number, count: number) => wasm.column_sums(0, count, to, 0, to);
  return { conv2d_forward, conv2d_weight_gradient, conv2d_input_gradient };
}
