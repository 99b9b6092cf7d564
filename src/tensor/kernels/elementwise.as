// Elementwise kernels and sums. Buffers of the heap are padded to whole vectors, so n may be rounded up to four.

// 0 add, 1 subtract, 2 multiply, 3 divide; a scalar operand is read once.
export function binary(operation: i32, n: i32, a: usize, aIsScalar: bool, b: usize, bIsScalar: bool, out: usize): void {
  const aScalar = v128.load32_splat(a), bScalar = v128.load32_splat(b);
  for (const end = out + (<usize>n << 2); out < end; out += 16) {
    const x = aIsScalar ? aScalar : v128.load(a), y = bIsScalar ? bScalar : v128.load(b);
    let result: v128;
    if (operation == 0) result = f32x4.add(x, y);
    else if (operation == 1) result = f32x4.sub(x, y);
    else if (operation == 2) result = f32x4.mul(x, y);
    else result = f32x4.div(x, y);
    v128.store(out, result);
    a += 16;
    b += 16;
  }
}

// 0 ReLU, 1 square root, 2 square, 3 negate, 4 absolute value, 5 tanh.
export function unary(operation: i32, n: i32, x: usize, out: usize): void {
  const zero = f32x4.splat(0);
  for (const end = out + (<usize>n << 2); out < end; out += 16) {
    const value = v128.load(x);
    let result: v128;
    if (operation == 0) result = relu4(value, zero);
    else if (operation == 1) result = f32x4.sqrt(value);
    else if (operation == 2) result = f32x4.mul(value, value);
    else if (operation == 3) result = f32x4.neg(value);
    else if (operation == 4) result = f32x4.abs(value);
    else result = tanh4(value);
    v128.store(out, result);
    x += 16;
  }
}

// out[c] = Σ_r x[r, c]; rows are ldx bytes apart.
export function column_sums(rows: i32, columns: i32, x: usize, ldx: usize, out: usize): void {
  let c = 0;
  for (; c + 16 <= columns; c += 16) {
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    let from = x + (c << 2);
    for (let r = 0; r < rows; r++) {
      s0 = f32x4.add(s0, v128.load(from, 0));
      s1 = f32x4.add(s1, v128.load(from, 16));
      s2 = f32x4.add(s2, v128.load(from, 32));
      s3 = f32x4.add(s3, v128.load(from, 48));
      from += ldx;
    }
    const to = out + (c << 2);
    v128.store(to, s0, 0);
    v128.store(to, s1, 16);
    v128.store(to, s2, 32);
    v128.store(to, s3, 48);
  }
  for (; c + 4 <= columns; c += 4) {
    let sum = f32x4.splat(0);
    let from = x + (c << 2);
    for (let r = 0; r < rows; r++) {
      sum = f32x4.add(sum, v128.load(from));
      from += ldx;
    }
    v128.store(out + (c << 2), sum);
  }
  for (; c < columns; c++) {
    let sum: f32 = 0;
    let from = x + (c << 2);
    for (let r = 0; r < rows; r++) {
      sum += load<f32>(from);
      from += ldx;
    }
    store<f32>(out + (c << 2), sum);
  }
}

// out[0] = Σ of n floats, carried in double precision from one block to the next.
export function total(n: i32, x: usize, out: usize): void {
  let sum: f64 = 0;
  const whole = n & ~3;
  for (let i = 0; i < whole; i += 1024) {
    let block = f32x4.splat(0);
    const end = x + (<usize>min(1024, whole - i) << 2);
    for (; x < end; x += 16) block = f32x4.add(block, v128.load(x));
    sum += <f64>horizontalSum(block);
  }
  for (let i = whole; i < n; i++) {
    sum += <f64>load<f32>(x);
    x += 4;
  }
  store<f32>(out, <f32>sum);
}

// Converts int32 to float32; n is rounded up to a multiple of four.
export function int_to_float(n: i32, x: usize, out: usize): void {
  for (const end = out + (<usize>n << 2); out < end; out += 16) {
    v128.store(out, f32x4.convert_i32x4_s(v128.load(x)));
    x += 16;
  }
}

@inline
function widenSixteen(bytes: v128, out: usize): void {
  const low = i16x8.extend_low_i8x16_u(bytes), high = i16x8.extend_high_i8x16_u(bytes);
  v128.store(out, f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(low)), 0);
  v128.store(out, f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(low)), 16);
  v128.store(out, f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(high)), 32);
  v128.store(out, f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(high)), 48);
}

// Converts n bytes to float32, no more.
export function widen_bytes(n: i32, x: usize, out: usize): void {
  for (; n >= 16; n -= 16) {
    widenSixteen(v128.load(x), out);
    x += 16;
    out += 64;
  }
  for (; n > 0; n--) {
    store<f32>(out, <f32>load<u8>(x));
    x++;
    out += 4;
  }
}
