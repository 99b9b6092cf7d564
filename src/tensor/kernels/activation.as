// Activation functions and their derivatives.

// tanh(x) = x·P(x²)/Q(x²): a minimax fit of relative error 1e-9 on |x| ≤ 9.02, beyond which tanh is 1 in f32.
// Our own, since Math.tanh differs between engines in the last bit and costs a call an element.
@inline
function tanh4(value: v128): v128 {
  const limit = f32x4.splat(9.01);
  // pmin and pmax keep a NaN in their first operand.
  const x = f32x4.pmin(f32x4.pmax(value, f32x4.neg(limit)), limit);
  const u = f32x4.mul(x, x);
  let p = fma(u, f32x4.splat(<f32>5.076150228670996e-8), f32x4.splat(<f32>0.00003158885644791207));
  p = fma(p, u, f32x4.splat(<f32>0.00400849946632398));
  p = fma(p, u, f32x4.splat(<f32>0.1378535655515295));
  p = fma(p, u, f32x4.splat(<f32>0.9999999990529694));
  let q = fma(u, f32x4.splat(<f32>7.374290674849249e-10), f32x4.splat(<f32>0.000001617469503688648));
  q = fma(q, u, f32x4.splat(<f32>0.00042073903397770796));
  q = fma(q, u, f32x4.splat(<f32>0.027737477803036974));
  q = fma(q, u, f32x4.splat(<f32>0.471186889603445));
  q = fma(q, u, f32x4.splat(1));
  return f32x4.mul(x, f32x4.div(p, q));
}

// Applies an activation in place or to another place; n is rounded up to a multiple of four.
export function activate(activation: i32, n: i32, x: usize, out: usize): void {
  const end = x + (<usize>n << 2);
  if (activation == TANH_ACTIVATION) {
    for (; x < end; x += 16) {
      v128.store(out, tanh4(v128.load(x)));
      out += 16;
    }
  } else if (activation == RELU_ACTIVATION) {
    const zero = f32x4.splat(0);
    for (; x < end; x += 16) {
      v128.store(out, relu4(v128.load(x), zero));
      out += 16;
    }
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
