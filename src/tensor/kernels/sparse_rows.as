// Products with rows of A that are mostly zeros, such as observations of counts and flags: each row's nonzeros are
// listed, then only their rows of B are read. The sums run in the same order as in the dense tiles and skip only
// additions of zero, so both paths give the same bits.

// A longer row does not fit its lists.
const SPARSE_MAX_K = 2048;
// Nor does a longer column.
const SPARSE_MAX_ROWS = 512;
// Columns done at once.
const SPARSE_COLUMNS = 32;
// A row is taken for sparse if at most one in this many values is not zero.
const SPARSE_DENSITY = 4;

// Byte shuffles that move the lanes of a 4-bit mask to the front.
const LEFT_PACK: usize = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // none
  0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // 0
  4, 5, 6, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // 1
  0, 1, 2, 3, 4, 5, 6, 7, 0, 0, 0, 0, 0, 0, 0, 0, // 0 1
  8, 9, 10, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // 2
  0, 1, 2, 3, 8, 9, 10, 11, 0, 0, 0, 0, 0, 0, 0, 0, // 0 2
  4, 5, 6, 7, 8, 9, 10, 11, 0, 0, 0, 0, 0, 0, 0, 0, // 1 2
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 0, 0, 0, // 0 1 2
  12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // 3
  0, 1, 2, 3, 12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0, // 0 3
  4, 5, 6, 7, 12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0, // 1 3
  0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15, 0, 0, 0, 0, // 0 1 3
  8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0, // 2 3
  0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 0, 0, // 0 2 3
  4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 0, 0, // 1 2 3
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, // all
]);

// Whether the first and the middle row of A have few nonzeros.
export function looks_sparse(M: i32, K: i32, a: usize, lda: usize): bool {
  const zero = f32x4.splat(0), whole = K & ~3;
  const middle = <usize>(M >> 1) * lda;
  let nonzeros = 0;
  for (let k = 0; k < whole; k += 4) {
    const from = a + (<usize>k << 2);
    nonzeros += popcnt(i32x4.bitmask(f32x4.ne(v128.load(from), zero)));
    nonzeros += popcnt(i32x4.bitmask(f32x4.ne(v128.load(from + middle), zero)));
  }
  return nonzeros * SPARSE_DENSITY <= 2 * whole;
}

// Lists a row's nonzeros and the byte offsets k·ldb of their rows of B; returns how many there are.
function listNonzeros(K: i32, row: usize, ldb: usize, values: usize, offsets: usize): i32 {
  const zero = f32x4.splat(0), whole = K & ~3;
  const first = values, step = i32x4.splat(<i32>ldb << 2);
  const ldb2 = <i32>ldb << 1, ldb3 = ldb2 + <i32>ldb;
  let places = i32x4.replace_lane(i32x4.replace_lane(i32x4.replace_lane(i32x4.splat(0), 1, <i32>ldb), 2, ldb2), 3, ldb3);
  for (let k = 0; k < whole; k += 4) {
    const x = v128.load(row);
    const mask = i32x4.bitmask(f32x4.ne(x, zero));
    const shuffle = v128.load(LEFT_PACK + (<usize>mask << 4));
    v128.store(values, pickBytes(x, shuffle));
    v128.store(offsets, pickBytes(places, shuffle));
    const bytes: usize = <usize>popcnt(mask) << 2;
    values += bytes;
    offsets += bytes;
    places = i32x4.add(places, step);
    row += 16;
  }
  for (let k = whole; k < K; k++) {
    const x = load<f32>(row);
    row += 4;
    if (x == 0) continue;
    store<f32>(values, x);
    store<i32>(offsets, k * <i32>ldb);
    values += 4;
    offsets += 4;
  }
  return <i32>((values - first) >> 2);
}

// One row of C, 32 columns: c = bias + Σ values·rows of B.
function sparseRow(count: i32, values: usize, offsets: usize, b: usize, c: usize, bias: usize, mode: i32): void {
  const zero = f32x4.splat(0);
  let c0 = zero, c1 = zero, c2 = zero, c3 = zero, c4 = zero, c5 = zero, c6 = zero, c7 = zero;
  const start = mode & ACCUMULATE ? c : bias;
  if (start) {
    c0 = v128.load(start, 0);
    c1 = v128.load(start, 16);
    c2 = v128.load(start, 32);
    c3 = v128.load(start, 48);
    c4 = v128.load(start, 64);
    c5 = v128.load(start, 80);
    c6 = v128.load(start, 96);
    c7 = v128.load(start, 112);
  }
  for (const end = values + (<usize>count << 2); values < end; values += 4) {
    const x = v128.load32_splat(values), from = b + <usize>load<u32>(offsets);
    offsets += 4;
    c0 = fma(x, v128.load(from, 0), c0);
    c1 = fma(x, v128.load(from, 16), c1);
    c2 = fma(x, v128.load(from, 32), c2);
    c3 = fma(x, v128.load(from, 48), c3);
    c4 = fma(x, v128.load(from, 64), c4);
    c5 = fma(x, v128.load(from, 80), c5);
    c6 = fma(x, v128.load(from, 96), c6);
    c7 = fma(x, v128.load(from, 112), c7);
  }
  if (mode & RELU) {
    c0 = relu4(c0, zero);
    c1 = relu4(c1, zero);
    c2 = relu4(c2, zero);
    c3 = relu4(c3, zero);
    c4 = relu4(c4, zero);
    c5 = relu4(c5, zero);
    c6 = relu4(c6, zero);
    c7 = relu4(c7, zero);
  }
  v128.store(c, c0, 0);
  v128.store(c, c1, 16);
  v128.store(c, c2, 32);
  v128.store(c, c3, 48);
  v128.store(c, c4, 64);
  v128.store(c, c5, 80);
  v128.store(c, c6, 96);
  v128.store(c, c7, 112);
}

// gemm for a sparse A [M, K]; N is a multiple of 32, K at most SPARSE_MAX_K; `lists` is scratch of 16·K + 32 bytes.
function sparseGemm(M: i32, N: i32, K: i32, a: usize, lda: usize, b: usize, ldb: usize, c: usize, ldc: usize,
    bias: usize, mode: i32, lists: usize): void {
  const offsets = lists + (<usize>K << 2) + 16;
  for (let m = 0; m < M; m++) {
    const count = listNonzeros(K, a, ldb, lists, offsets);
    for (let n = 0; n < N; n += SPARSE_COLUMNS) {
      const column: usize = <usize>n << 2;
      sparseRow(count, lists, offsets, b + column, c + column, bias ? bias + column : 0, mode);
    }
    a += lda;
    c += ldc;
  }
}

// Appends the lanes of x that are not zero, and their places, to a list; returns its new end.
@inline
function appendNonzeros(x: v128, places: v128, zero: v128, end: usize, offsetsFrom: usize): usize {
  const mask = i32x4.bitmask(f32x4.ne(x, zero));
  const shuffle = v128.load(LEFT_PACK + (<usize>mask << 4));
  v128.store(end, pickBytes(x, shuffle));
  v128.store(end + offsetsFrom, pickBytes(places, shuffle));
  return end + (<usize>popcnt(mask) << 2);
}

// The same for rows k0 ≤ k < K of one column.
function appendColumn(k0: i32, K: i32, column: usize, lda: usize, ldb: usize, end: usize, offsetsFrom: usize): usize {
  column += <usize>k0 * lda;
  for (let k = k0; k < K; k++) {
    const x = load<f32>(column);
    column += lda;
    if (x == 0) continue;
    store<f32>(end, x);
    store<i32>(end + offsetsFrom, k * <i32>ldb);
    end += 4;
  }
  return end;
}

@inline
function sparseColumns(N: i32, values: usize, end: usize, offsetsFrom: usize, b: usize, c: usize, bias: usize,
    mode: i32): void {
  const count = <i32>((end - values) >> 2);
  for (let n = 0; n < N; n += SPARSE_COLUMNS) {
    const column: usize = <usize>n << 2;
    sparseRow(count, values, values + offsetsFrom, b + column, c + column, bias ? bias + column : 0, mode);
  }
}

// gemm for a sparse A stored as [K, M] and read as its transpose; N is a multiple of 32, K at most SPARSE_MAX_ROWS; `lists`
// is scratch of 32·K + 128 bytes.
function sparseTransposedGemm(M: i32, N: i32, K: i32, a: usize, lda: usize, b: usize, ldb: usize, c: usize,
    ldc: usize, bias: usize, mode: i32, lists: usize): void {
  const zero = f32x4.splat(0), step = i32x4.splat(<i32>ldb << 2), whole = K & ~3;
  const ldb2 = <i32>ldb << 1, ldb3 = ldb2 + <i32>ldb;
  const first = i32x4.replace_lane(i32x4.replace_lane(i32x4.replace_lane(i32x4.splat(0), 1, <i32>ldb), 2, ldb2), 3, ldb3);
  const offsetsFrom: usize = (<usize>K << 2) + 16, listBytes = 2 * offsetsFrom;
  const list1 = lists + listBytes, list2 = list1 + listBytes, list3 = list2 + listBytes;
  let m = 0;
  for (; m + 4 <= M; m += 4) {
    let end0 = lists, end1 = list1, end2 = list2, end3 = list3;
    let places = first, from = a;
    for (let k = 0; k < whole; k += 4) {
      const x0 = v128.load(from), x1 = v128.load(from + lda), x2 = v128.load(from + 2 * lda);
      const x3 = v128.load(from + 3 * lda);
      const low01 = v128.shuffle<f32>(x0, x1, 0, 4, 1, 5), high01 = v128.shuffle<f32>(x0, x1, 2, 6, 3, 7);
      const low23 = v128.shuffle<f32>(x2, x3, 0, 4, 1, 5), high23 = v128.shuffle<f32>(x2, x3, 2, 6, 3, 7);
      end0 = appendNonzeros(v128.shuffle<f32>(low01, low23, 0, 1, 4, 5), places, zero, end0, offsetsFrom);
      end1 = appendNonzeros(v128.shuffle<f32>(low01, low23, 2, 3, 6, 7), places, zero, end1, offsetsFrom);
      end2 = appendNonzeros(v128.shuffle<f32>(high01, high23, 0, 1, 4, 5), places, zero, end2, offsetsFrom);
      end3 = appendNonzeros(v128.shuffle<f32>(high01, high23, 2, 3, 6, 7), places, zero, end3, offsetsFrom);
      places = i32x4.add(places, step);
      from += 4 * lda;
    }
    if (whole < K) {
      end0 = appendColumn(whole, K, a, lda, ldb, end0, offsetsFrom);
      end1 = appendColumn(whole, K, a + 4, lda, ldb, end1, offsetsFrom);
      end2 = appendColumn(whole, K, a + 8, lda, ldb, end2, offsetsFrom);
      end3 = appendColumn(whole, K, a + 12, lda, ldb, end3, offsetsFrom);
    }
    sparseColumns(N, lists, end0, offsetsFrom, b, c, bias, mode);
    sparseColumns(N, list1, end1, offsetsFrom, b, c + ldc, bias, mode);
    sparseColumns(N, list2, end2, offsetsFrom, b, c + 2 * ldc, bias, mode);
    sparseColumns(N, list3, end3, offsetsFrom, b, c + 3 * ldc, bias, mode);
    a += 16;
    c += 4 * ldc;
  }
  for (; m < M; m++) {
    const end = appendColumn(0, K, a, lda, ldb, lists, offsetsFrom);
    sparseColumns(N, lists, end, offsetsFrom, b, c, bias, mode);
    a += 4;
    c += ldc;
  }
}
