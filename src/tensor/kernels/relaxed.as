// Arithmetic of kernels.wasm: relaxed instructions, a fused multiply-add where the processor has one. Its bits differ
// between processors with and without.

// a·b + c, rounded once or twice.
@inline
function fma(a: v128, b: v128, c: v128): v128 {
  return f32x4.relaxed_madd(a, b, c);
}

// c − a·b, rounded once or twice.
@inline
function fnma(a: v128, b: v128, c: v128): v128 {
  return f32x4.relaxed_nmadd(a, b, c);
}

// Bytes of x by index; the indices are less than 16.
@inline
function pickBytes(x: v128, indices: v128): v128 {
  return i8x16.relaxed_swizzle(x, indices);
}
