// Dense layers of stacked networks; each kernel takes the networks n0 ≤ n < n1, so that workers can share them out.

// y[n] = activation(x[n]·w[n] + b[n]); x is [P, B, I] or, with xStride 0, one [B, I] for all.
export function dense_forward(n0: i32, n1: i32, B: i32, I: i32, O: i32, x: usize, xStride: usize, w: usize, b: usize,
    y: usize, activation: i32, scratch: usize): void {
  const rowBytes: usize = <usize>O << 2, mode = activation == RELU_ACTIVATION ? RELU : 0;
  for (let n = n0; n < n1; n++) {
    const out = y + <usize>n * <usize>B * rowBytes;
    gemm(false, false, B, O, I, x + <usize>n * xStride, <usize>I << 2, w + <usize>n * <usize>I * rowBytes, rowBytes,
      out, rowBytes, b + <usize>n * rowBytes, mode, scratch);
    if (activation == TANH_ACTIVATION) activateExactly(activation, B * O, out);
  }
}

// Gradients of the weights [P, I, O] and biases [P, 1, O] from dz = dy · activation′ [P, B, O].
export function dense_weight_gradient(n0: i32, n1: i32, B: i32, I: i32, O: i32, x: usize, xStride: usize, dz: usize,
    dw: usize, db: usize, scratch: usize): void {
  const rowBytes: usize = <usize>O << 2;
  for (let n = n0; n < n1; n++) {
    const gradient = dz + <usize>n * <usize>B * rowBytes;
    gemm(true, false, I, O, B, x + <usize>n * xStride, <usize>I << 2, gradient, rowBytes,
      dw + <usize>n * <usize>I * rowBytes, rowBytes, 0, 0, scratch);
    column_sums(B, O, gradient, rowBytes, db + <usize>n * rowBytes);
  }
}

// Gradient of the input, dx[n] = dz[n]·w[n]ᵀ; with dxStride 0 the input was one for all and its gradients add up.
export function dense_input_gradient(n0: i32, n1: i32, B: i32, I: i32, O: i32, dz: usize, w: usize, dx: usize,
    dxStride: usize, scratch: usize): void {
  const rowBytes: usize = <usize>O << 2;
  for (let n = n0; n < n1; n++) {
    gemm(false, true, B, I, O, dz + <usize>n * <usize>B * rowBytes, rowBytes, w + <usize>n * <usize>I * rowBytes,
      rowBytes, dx + <usize>n * dxStride, <usize>I << 2, 0, dxStride == 0 && n > n0 ? ACCUMULATE : 0, scratch);
  }
}
