// Activation functions and their derivatives.

// tanh of four floats, odd, within two units in the last place. Our own, since Math.tanh differs between engines in the
// last bit and costs a call an element. Below 0.6 a minimax polynomial, x + x³·S(x²), so that small values keep their
// precision; above, 1 − 2/(1 + e^2|x|), where the errors of e^2|x| fade.
@inline
function tanh4(x: v128): v128 {
  const one = f32x4.splat(1);
  const u = f32x4.mul(x, x);
  let s = fma(u, f32x4.splat(<f32>-0.0059058657533793526), f32x4.splat(<f32>0.020805382197564535));
  s = fma(s, u, f32x4.splat(<f32>-0.05378668282299468));
  s = fma(s, u, f32x4.splat(<f32>0.13331958233308772));
  s = fma(s, u, f32x4.splat(<f32>-0.33333299271686767));
  const small = fma(f32x4.mul(x, u), s, x);

  // From 10 on tanh is 1 in f32; pmin keeps a NaN.
  const size = f32x4.pmin(f32x4.abs(x), f32x4.splat(10));
  const exponent = f32x4.add(size, size);
  // e^y = 2^n·e^r with n = round(y/ln 2): adding 1.5·2²³ leaves n in the lowest bits of the sum.
  const shifter = f32x4.splat(12582912);
  const shifted = fma(exponent, f32x4.splat(<f32>1.4426950408889634), shifter);
  const n = f32x4.sub(shifted, shifter);
  // ln 2 in two parts, the first with few enough bits for exact products with n.
  const r = f32x4.relaxed_nmadd(n, f32x4.splat(<f32>-2.12194440054690583e-4),
    f32x4.relaxed_nmadd(n, f32x4.splat(<f32>0.693359375), exponent));
  let e = fma(r, f32x4.splat(<f32>0.0013814466152896286), f32x4.splat(<f32>0.008368780486789174));
  e = fma(e, r, f32x4.splat(<f32>0.04166839422978397));
  e = fma(e, r, f32x4.splat(<f32>0.16666520107004906));
  e = fma(e, r, f32x4.splat(<f32>0.49999993412407545));
  e = fma(f32x4.mul(r, r), e, r);
  const power = i32x4.add(i32x4.shl(shifted, 23), i32x4.splat(0x3F800000));
  // 1 + e^y = 1 + 2^n + 2^n·(e^r − 1).
  const denominator = fma(power, e, f32x4.add(power, one));
  const large = f32x4.sub(one, f32x4.div(f32x4.splat(2), denominator));
  const sign = v128.and(x, f32x4.splat(-0.0));
  return v128.bitselect(small, v128.or(large, sign), f32x4.lt(size, f32x4.splat(<f32>0.6)));
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
      v128.store(dz, f32x4.mul(v128.load(dy), f32x4.relaxed_nmadd(value, value, one)));
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
