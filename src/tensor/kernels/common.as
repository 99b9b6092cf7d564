// Shared by every kernel file. Addresses, strides and offsets are in bytes; counts are in elements.

// Bits of a GEMM's mode.
const RELU = 1;
const ACCUMULATE = 2;

// Codes of activation functions, as in kernel_exports.ts.
const LINEAR_ACTIVATION = 0;
const RELU_ACTIVATION = 1;
const TANH_ACTIVATION = 2;

// max(x, 0) that lets NaN through, so that a diverged network shows: pmax(a, b) is a < b ? b : a.
@inline
function relu4(x: v128, zero: v128): v128 {
  return f32x4.pmax(x, zero);
}

@inline
function horizontalSum(x: v128): f32 {
  return (f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1)) +
    (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}
