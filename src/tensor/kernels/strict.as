// Arithmetic of kernels_strict.wasm: every product and every sum is rounded by itself, as on any processor.

// a·b + c, rounded twice.
@inline
function fma(a: v128, b: v128, c: v128): v128 {
  return f32x4.add(f32x4.mul(a, b), c);
}

// c − a·b, rounded twice.
@inline
function fnma(a: v128, b: v128, c: v128): v128 {
  return f32x4.sub(c, f32x4.mul(a, b));
}

// Bytes of x by index; the indices are less than 16.
@inline
function pickBytes(x: v128, indices: v128): v128 {
  return i8x16.swizzle(x, indices);
}
