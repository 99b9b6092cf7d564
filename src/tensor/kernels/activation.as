// Activation functions and their derivatives.

// tanh of four floats, odd, within two and a half units in the last place: m/(m + 2) with m = e^2|x| − 1. Our own, since
// Math.tanh differs between engines in the last bit and costs a call an element.
@inline
function tanh4(x: v128): v128 {
  // From 10 on tanh is 1 in f32; pmin keeps a NaN.
  const size = f32x4.pmin(f32x4.abs(x), f32x4.splat(10));
  const exponent = f32x4.add(size, size);
  // e^y = 2^n·e^r with n = round(y/ln 2): adding 1.5·2²³ leaves n in the lowest bits of the sum.
  const shifter = f32x4.splat(12582912);
  const shifted = fma(exponent, f32x4.splat(<f32>1.4426950408889634), shifter);
  const n = f32x4.sub(shifted, shifter);
  // ln 2 in two parts, the first with few enough bits for exact products with n.
  const r = fnma(n, f32x4.splat(<f32>-2.12194440054690583e-4),
    fnma(n, f32x4.splat(<f32>0.693359375), exponent));
  // e^r − 1 = r + r²·p(r), p a minimax fit on |r| ≤ ln 2 / 2.
  let p = fma(r, f32x4.splat(<f32>0.0013814466152896286), f32x4.splat(<f32>0.008368780486789174));
  p = fma(p, r, f32x4.splat(<f32>0.04166839422978397));
  p = fma(p, r, f32x4.splat(<f32>0.16666520107004906));
  p = fma(p, r, f32x4.splat(<f32>0.49999993412407545));
  p = fma(f32x4.mul(r, r), p, r);
  const one = f32x4.splat(1);
  // The bits of 1 are those of the exponent's bias.
  const power = i32x4.add(i32x4.shl(shifted, 23), one);
  const m = fma(power, p, f32x4.sub(power, one));
  const sign = v128.and(x, f32x4.splat(-0.0));
  return v128.or(f32x4.div(m, f32x4.add(m, f32x4.splat(2))), sign);
}

// Applies an activation in place or to another place; n is rounded up to a multiple of four.
function activate(activation: i32, n: i32, x: usize, out: usize): void {
  const end = x + (<usize>n << 2);
  if (activation == TANH_ACTIVATION) {
    // Two at a time share the loads of the constants.
    for (; x + 16 < end; x += 32) {
      const first = v128.load(x, 0), second = v128.load(x, 16);
      v128.store(out, tanh4(first), 0);
      v128.store(out, tanh4(second), 16);
      out += 32;
    }
    if (x < end) v128.store(out, tanh4(v128.load(x)));
  } else if (activation == RELU_ACTIVATION) {
    const zero = f32x4.splat(0);
    for (; x < end; x += 16) {
      v128.store(out, relu4(v128.load(x), zero));
      out += 16;
    }
  }
}

// In place on exactly n values: a network's last vector may reach into the next network's values.
function activateExactly(activation: i32, n: i32, x: usize): void {
  const whole = n & ~3;
  if (whole > 0) activate(activation, whole, x, x);
  for (let i = whole; i < n; i++) {
    const address = x + (<usize>i << 2);
    v128.store32_lane(address, tanh4(v128.load32_splat(address)), 0);
  }
}

// dz = dy · activation′, from the activation's output y; n is rounded up to a multiple of four.
export function activation_gradient(activation: i32, n: i32, dy: usize, y: usize, dz: usize): void {
  const end = dy + (<usize>n << 2);
  if (activation == TANH_ACTIVATION) {
    const one = f32x4.splat(1);
    for (; dy < end; dy += 16) {
      const value = v128.load(y);
      v128.store(dz, f32x4.mul(v128.load(dy), fnma(value, value, one)));
      y += 16;
      dz += 16;
    }
  } else {
    const zero = f32x4.splat(0);
    for (; dy < end; dy += 16) {
      v128.store(dz, v128.and(v128.load(dy), f32x4.gt(v128.load(y), zero)));
      y += 16;
      dz += 16;
    }
  }
}
