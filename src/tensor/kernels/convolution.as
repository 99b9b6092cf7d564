// Valid convolutions of stride 1 in NHWC for stacked networks: im2col in pieces of rows that stay in the cache, then
// GEMM. A row is one output pixel, its kh·kw·C columns the window below it.

const COLUMN_BYTES_AIM = 1 << 18;

// Rows of one piece.
@inline
function pieceRows(columns: i32): i32 {
  return max(24, COLUMN_BYTES_AIM / (columns << 2));
}

// Bytes of scratch for one piece of im2col with this many columns.
export function im2col_scratch_bytes(columns: i32): usize {
  return <usize>pieceRows(columns) * (<usize>columns << 2) + 64;
}

@inline
function copyFloats(n: i32, from: usize, to: usize): void {
  for (; n >= 4; n -= 4) {
    v128.store(to, v128.load(from));
    from += 16;
    to += 16;
  }
  for (; n > 0; n--) {
    store<f32>(to, load<f32>(from));
    from += 4;
    to += 4;
  }
}

@inline
function addFloats(n: i32, from: usize, to: usize): void {
  for (; n >= 4; n -= 4) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
    from += 16;
    to += 16;
  }
  for (; n > 0; n--) {
    store<f32>(to, load<f32>(to) + load<f32>(from));
    from += 4;
    to += 4;
  }
}

// Rows r0 ≤ r < r1 of x [B, H, W, C] as windows [r1 − r0, kh·kw·C].
export function im2col(r0: i32, r1: i32, H: i32, W: i32, C: i32, kh: i32, kw: i32, x: usize, columns: usize): void {
  const outH = H - kh + 1, outW = W - kw + 1, run = kw * C;
  const inputRowBytes: usize = <usize>(W * C) << 2, runBytes: usize = <usize>run << 2;
  for (let r = r0; r < r1; r++) {
    const pixel = r % (outH * outW), image = r / (outH * outW);
    const top = image * H + pixel / outW, left = pixel % outW;
    let from = x + <usize>top * inputRowBytes + (<usize>(left * C) << 2);
    for (let ky = 0; ky < kh; ky++) {
      copyFloats(run, from, columns);
      from += inputRowBytes;
      columns += runBytes;
    }
  }
}

// The adjoint of im2col: adds windows into x.
export function col2im_add(r0: i32, r1: i32, H: i32, W: i32, C: i32, kh: i32, kw: i32, columns: usize, x: usize): void {
  const outH = H - kh + 1, outW = W - kw + 1, run = kw * C;
  const inputRowBytes: usize = <usize>(W * C) << 2, runBytes: usize = <usize>run << 2;
  for (let r = r0; r < r1; r++) {
    const pixel = r % (outH * outW), image = r / (outH * outW);
    const top = image * H + pixel / outW, left = pixel % outW;
    let to = x + <usize>top * inputRowBytes + (<usize>(left * C) << 2);
    for (let ky = 0; ky < kh; ky++) {
      addFloats(run, columns, to);
      to += inputRowBytes;
      columns += runBytes;
    }
  }
}

// y[n] = activation(x[n] ∗ w[n] + b[n]); x [P, B, H, W, C] or, with xStride 0, one for all; w [P, kh, kw, C, O].
export function conv2d_forward(n0: i32, n1: i32, B: i32, H: i32, W: i32, C: i32, kh: i32, kw: i32, O: i32, x: usize,
    xStride: usize, w: usize, b: usize, y: usize, activation: i32, scratch: usize, columns: usize): void {
  const R = B * (H - kh + 1) * (W - kw + 1), K = kh * kw * C, step = pieceRows(K);
  const rowBytes: usize = <usize>O << 2, mode = activation == RELU_ACTIVATION ? RELU : 0;
  for (let n = n0; n < n1; n++) {
    const out = y + <usize>n * <usize>R * rowBytes;
    for (let r = 0; r < R; r += step) {
      const rows = min(step, R - r);
      im2col(r, r + rows, H, W, C, kh, kw, x + <usize>n * xStride, columns);
      gemm(false, false, rows, O, K, columns, <usize>K << 2, w + <usize>n * <usize>K * rowBytes, rowBytes,
        out + <usize>r * rowBytes, rowBytes, b + <usize>n * rowBytes, mode, scratch);
    }
    if (activation == TANH_ACTIVATION) activateExactly(activation, R * O, out);
  }
}

// Gradients of the weights [P, kh, kw, C, O] and biases [P, 1, O] from dz = dy · activation′ [P, B, outH, outW, O].
export function conv2d_weight_gradient(n0: i32, n1: i32, B: i32, H: i32, W: i32, C: i32, kh: i32, kw: i32, O: i32,
    x: usize, xStride: usize, dz: usize, dw: usize, db: usize, scratch: usize, columns: usize): void {
  const R = B * (H - kh + 1) * (W - kw + 1), K = kh * kw * C, step = pieceRows(K);
  const rowBytes: usize = <usize>O << 2;
  for (let n = n0; n < n1; n++) {
    const gradient = dz + <usize>n * <usize>R * rowBytes;
    for (let r = 0; r < R; r += step) {
      const rows = min(step, R - r);
      im2col(r, r + rows, H, W, C, kh, kw, x + <usize>n * xStride, columns);
      gemm(true, false, K, O, rows, columns, <usize>K << 2, gradient + <usize>r * rowBytes, rowBytes,
        dw + <usize>n * <usize>K * rowBytes, rowBytes, 0, r > 0 ? ACCUMULATE : 0, scratch);
    }
    column_sums(R, O, gradient, rowBytes, db + <usize>n * rowBytes);
  }
}

// Gradient of the input [P, B, H, W, C]; with dxStride 0 the input was one for all and its gradients add up.
export function conv2d_input_gradient(n0: i32, n1: i32, B: i32, H: i32, W: i32, C: i32, kh: i32, kw: i32, O: i32,
    dz: usize, w: usize, dx: usize, dxStride: usize, scratch: usize, columns: usize): void {
  const R = B * (H - kh + 1) * (W - kw + 1), K = kh * kw * C, step = pieceRows(K);
  const rowBytes: usize = <usize>O << 2;
  for (let n = n0; n < n1; n++) {
    const gradient = dz + <usize>n * <usize>R * rowBytes, to = dx + <usize>n * dxStride;
    if (dxStride != 0 || n == n0) memory.fill(to, 0, <usize>(B * H * W * C) << 2);
    for (let r = 0; r < R; r += step) {
      const rows = min(step, R - r);
      gemm(false, true, rows, K, O, gradient + <usize>r * rowBytes, rowBytes, w + <usize>n * <usize>K * rowBytes,
        rowBytes, columns, <usize>K << 2, 0, 0, scratch);
      col2im_add(r, r + rows, H, W, C, kh, kw, columns, to);
    }
  }
}
