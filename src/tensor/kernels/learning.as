// Kernels of Q-learning on stacked networks n0 ≤ n < n1: dueling heads, TD targets, the Huber loss, Adam.

@inline
function argmax(A: i32, q: usize): i32 {
  let best = 0;
  let bestValue = load<f32>(q);
  for (let j = 1; j < A; j++) {
    const value = load<f32>(q + (j << 2));
    if (value > bestValue) {
      bestValue = value;
      best = j;
    }
  }
  return best;
}

// First index of the largest of each of n rows [n, A] as int32 [n].
export function argmax_rows(n: i32, A: i32, q: usize, out: usize): void {
  for (let i = 0; i < n; i++) {
    store<i32>(out, argmax(A, q));
    q += <usize>A << 2;
    out += 4;
  }
}

// q = v + a − mean a, for n rows.
export function dueling_forward(n: i32, A: i32, advantage: usize, value: usize, q: usize): void {
  const rowBytes: usize = <usize>A << 2;
  for (let i = 0; i < n; i++) {
    let sum: f32 = 0;
    for (let j = 0; j < A; j++) sum += load<f32>(advantage + (j << 2));
    const shift = load<f32>(value) - sum / <f32>A;
    for (let j = 0; j < A; j++) store<f32>(q + (j << 2), load<f32>(advantage + (j << 2)) + shift);
    advantage += rowBytes;
    q += rowBytes;
    value += 4;
  }
}

// da = dq − mean dq, dv = Σ dq, for n rows.
export function dueling_gradient(n: i32, A: i32, dq: usize, da: usize, dv: usize): void {
  const rowBytes: usize = <usize>A << 2;
  for (let i = 0; i < n; i++) {
    let sum: f32 = 0;
    for (let j = 0; j < A; j++) sum += load<f32>(dq + (j << 2));
    store<f32>(dv, sum);
    const mean = sum / <f32>A;
    for (let j = 0; j < A; j++) store<f32>(da + (j << 2), load<f32>(dq + (j << 2)) - mean);
    da += rowBytes;
    dq += rowBytes;
    dv += 4;
  }
}

// y = r + γ · notTerminal · evaluate[argmax select], for n rows.
export function td_target(n: i32, A: i32, select: usize, evaluate: usize, reward: usize, notTerminal: usize, gamma: f32,
    y: usize): void {
  const rowBytes: usize = <usize>A << 2;
  for (let i = 0; i < n; i++) {
    const next = load<f32>(evaluate + (<usize>argmax(A, select) << 2));
    store<f32>(y, load<f32>(reward) + gamma * load<f32>(notTerminal) * next);
    select += rowBytes;
    evaluate += rowBytes;
    reward += 4;
    notTerminal += 4;
    y += 4;
  }
}

// δ = q[action] − y for every row, and each network's loss, the mean over its B rows of weight · huber(δ).
export function huber_td_loss(n0: i32, n1: i32, B: i32, A: i32, q: usize, actions: usize, targets: usize,
    weights: usize, tdErrors: usize, losses: usize): void {
  for (let n = n0; n < n1; n++) {
    let sum: f64 = 0;
    for (let i = n * B; i < (n + 1) * B; i++) {
      const offset: usize = <usize>i << 2;
      const taken = <usize>(i * A + load<i32>(actions + offset)) << 2;
      const error = load<f32>(q + taken) - load<f32>(targets + offset), size = abs(error);
      store<f32>(tdErrors + offset, error);
      const huber: f32 = size < 1 ? <f32>0.5 * error * error : size - <f32>0.5;
      sum += <f64>(load<f32>(weights + offset) * huber);
    }
    store<f32>(losses + (<usize>n << 2), <f32>(sum / <f64>B));
  }
}

// dq: zero but at the action taken, where it is scale · weight · clamp(δ, ±1) / B; the scale is read from memory.
export function huber_td_gradient(n0: i32, n1: i32, B: i32, A: i32, tdErrors: usize, actions: usize, weights: usize,
    scale: usize, dq: usize): void {
  memory.fill(dq + (<usize>(n0 * B * A) << 2), 0, <usize>((n1 - n0) * B * A) << 2);
  const perRow = load<f32>(scale) / <f32>B;
  for (let i = n0 * B; i < n1 * B; i++) {
    const offset: usize = <usize>i << 2;
    const slope = max<f32>(-1, min<f32>(1, load<f32>(tdErrors + offset)));
    const taken = <usize>(i * A + load<i32>(actions + offset)) << 2;
    store<f32>(dq + taken, slope * load<f32>(weights + offset) * perRow);
  }
}

// A row of the parameter table, five i32: values a network, then the addresses of value, gradient, m and v.
const TABLE_ROW_BYTES: usize = 20;

function sumOfSquares(n: i32, x: usize): f64 {
  let sum: f64 = 0;
  const whole = n & ~15;
  // In single precision over at most 1024 values, then in double.
  for (let i = 0; i < whole; i += 1024) {
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    for (const end = x + (<usize>min(1024, whole - i) << 2); x < end; x += 64) {
      const x0 = v128.load(x, 0), x1 = v128.load(x, 16), x2 = v128.load(x, 32), x3 = v128.load(x, 48);
      s0 = fma(x0, x0, s0);
      s1 = fma(x1, x1, s1);
      s2 = fma(x2, x2, s2);
      s3 = fma(x3, x3, s3);
    }
    sum += <f64>horizontalSum(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
  }
  for (let i = whole; i < n; i++) {
    const value = <f64>load<f32>(x);
    sum += value * value;
    x += 4;
  }
  return sum;
}

// Global gradient norm of each network, f64 at norms[n].
export function gradient_norms(n0: i32, n1: i32, parameters: i32, table: usize, norms: usize): void {
  for (let n = n0; n < n1; n++) {
    let sum: f64 = 0;
    for (let row = table, end = table + <usize>parameters * TABLE_ROW_BYTES; row < end; row += TABLE_ROW_BYTES) {
      const count = load<i32>(row);
      sum += sumOfSquares(count, <usize>load<u32>(row, 8) + (<usize>(n * count) << 2));
    }
    store<f64>(norms + (<usize>n << 3), Math.sqrt(sum));
  }
}

// What each network's gradient is multiplied by so that its norm is at most clipNorm, f64 at scales[n]; torch adds 10⁻⁶ to
// the norm before it divides.
export function clip_scales(n0: i32, n1: i32, norms: usize, clipNorm: f64, scales: usize): void {
  for (let n = n0; n < n1; n++) {
    const offset: usize = <usize>n << 3;
    store<f64>(scales + offset, min<f64>(1, clipNorm / (load<f64>(norms + offset) + 1e-6)));
  }
}

// One Adam step of whole vectors: p −= rate · m / (√(v · vScale) + ε), the gradient multiplied by gScale first.
function adamVectors(n: i32, p: usize, g: usize, m: usize, v: usize, gScale: f64, rate: f64, vScale: f64,
    epsilon: f64, beta1: f64, beta2: f64): void {
  const scale4 = f32x4.splat(<f32>gScale), rate4 = f32x4.splat(<f32>rate), vScale4 = f32x4.splat(<f32>vScale);
  const epsilon4 = f32x4.splat(<f32>epsilon), beta1x4 = f32x4.splat(<f32>beta1), beta2x4 = f32x4.splat(<f32>beta2);
  const keep1x4 = f32x4.splat(<f32>(1 - beta1)), keep2x4 = f32x4.splat(<f32>(1 - beta2));
  for (const end = p + (<usize>n << 2); p < end; p += 16) {
    const gradient = f32x4.mul(v128.load(g), scale4);
    const m1 = fma(keep1x4, gradient, f32x4.mul(beta1x4, v128.load(m)));
    const v1 = fma(f32x4.mul(keep2x4, gradient), gradient, f32x4.mul(beta2x4, v128.load(v)));
    v128.store(m, m1);
    v128.store(v, v1);
    const denominator = f32x4.add(f32x4.sqrt(f32x4.mul(v1, vScale4)), epsilon4);
    v128.store(p, fnma(rate4, f32x4.div(m1, denominator), v128.load(p)));
    g += 16;
    m += 16;
    v += 16;
  }
}

// One Adam step of every parameter of networks n0 ≤ n < n1; gScales f64 [P] multiply the gradients (clipping); rate and
// vScale, which change from step to step, are two f64 at `rates`. A network's last values pass through scratch: a whole
// vector would reach into the next network's.
export function adam(n0: i32, n1: i32, parameters: i32, table: usize, gScales: usize, rates: usize, epsilon: f64,
    beta1: f64, beta2: f64, scratch: usize): void {
  const rate = load<f64>(rates), vScale = load<f64>(rates, 8);
  for (let n = n0; n < n1; n++) {
    const gScale = load<f64>(gScales + (<usize>n << 3));
    for (let row = table, end = table + <usize>parameters * TABLE_ROW_BYTES; row < end; row += TABLE_ROW_BYTES) {
      const count = load<i32>(row), offset: usize = <usize>(n * count) << 2, whole = count & ~3;
      const p = <usize>load<u32>(row, 4) + offset, g = <usize>load<u32>(row, 8) + offset;
      const m = <usize>load<u32>(row, 12) + offset, v = <usize>load<u32>(row, 16) + offset;
      if (whole > 0) adamVectors(whole, p, g, m, v, gScale, rate, vScale, epsilon, beta1, beta2);
      if (whole == count) continue;
      const done: usize = <usize>whole << 2, bytes: usize = <usize>(count - whole) << 2;
      memory.fill(scratch, 0, 64);
      memory.copy(scratch, p + done, bytes);
      memory.copy(scratch + 16, g + done, bytes);
      memory.copy(scratch + 32, m + done, bytes);
      memory.copy(scratch + 48, v + done, bytes);
      adamVectors(4, scratch, scratch + 16, scratch + 32, scratch + 48, gScale, rate, vScale, epsilon, beta1, beta2);
      memory.copy(p + done, scratch, bytes);
      memory.copy(m + done, scratch + 32, bytes);
      memory.copy(v + done, scratch + 48, bytes);
    }
  }
}
