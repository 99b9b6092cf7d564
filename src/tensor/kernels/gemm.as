// C = A·B in single precision, any sizes and strides, each operand plain or transposed.

// k is cut into pieces whose packed panel of B (8 columns) stays in the first-level cache.
const K_PIECE = 512;
// Fewer rows than this do not pay for packing B.
const PACK_ROWS = 8;
// Nor does a B this small: it stays in the first-level cache whatever its stride.
const UNPACKED_BYTES: usize = 16384;
// Rows of C in the buffer that takes an incomplete panel of columns.
const TAIL_ROWS = 1024;
const PANEL_BYTES: usize = 32;
// Scratch layout: the packed panel, the padded bias, the tail's rows.
const BIAS_OFFSET: usize = <usize>K_PIECE * PANEL_BYTES;
const TAIL_OFFSET: usize = BIAS_OFFSET + 64;

// Bytes of scratch that gemm needs.
export function gemm_scratch_bytes(): usize {
  return TAIL_OFFSET + <usize>TAIL_ROWS * PANEL_BYTES;
}

function packPanel(K: i32, b: usize, ldb: usize, packed: usize): void {
  for (const end = packed + (<usize>K << 5); packed < end; packed += PANEL_BYTES) {
    v128.store(packed, v128.load(b, 0), 0);
    v128.store(packed, v128.load(b, 16), 16);
    b += ldb;
  }
}

function packNarrowPanel(K: i32, width: i32, b: usize, ldb: usize, packed: usize): void {
  const zero = f32x4.splat(0);
  for (const end = packed + (<usize>K << 5); packed < end; packed += PANEL_BYTES) {
    v128.store(packed, zero, 0);
    v128.store(packed, zero, 16);
    for (let j = 0; j < width; j++) store<f32>(packed + (j << 2), load<f32>(b + (j << 2)));
    b += ldb;
  }
}

@inline
function transposeBlock(b: usize, ldb: usize, packed: usize): void {
  const x0 = v128.load(b), x1 = v128.load(b + ldb), x2 = v128.load(b + 2 * ldb), x3 = v128.load(b + 3 * ldb);
  const low01 = v128.shuffle<f32>(x0, x1, 0, 4, 1, 5), high01 = v128.shuffle<f32>(x0, x1, 2, 6, 3, 7);
  const low23 = v128.shuffle<f32>(x2, x3, 0, 4, 1, 5), high23 = v128.shuffle<f32>(x2, x3, 2, 6, 3, 7);
  v128.store(packed, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5), 0);
  v128.store(packed, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7), 32);
  v128.store(packed, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5), 64);
  v128.store(packed, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7), 96);
}

// Packs `width` rows of B [N, K] as columns of a panel [K, 8].
function packTransposedPanel(K: i32, width: i32, b: usize, ldb: usize, packed: usize): void {
  let k = 0;
  if (width == 8) {
    for (; k + 4 <= K; k += 4) {
      const from = b + (k << 2), to = packed + (<usize>k << 5);
      transposeBlock(from, ldb, to);
      transposeBlock(from + 4 * ldb, ldb, to + 16);
    }
  }
  for (; k < K; k++) {
    const to = packed + (<usize>k << 5);
    for (let j = 0; j < width; j++) store<f32>(to + (j << 2), load<f32>(b + <usize>j * ldb + (k << 2)));
    for (let j = width; j < 8; j++) store<f32>(to + (j << 2), 0);
  }
}

function copyNarrow(rows: i32, width: i32, from: usize, fromStride: usize, to: usize, toStride: usize): void {
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < width; j++) store<f32>(to + (j << 2), load<f32>(from + (j << 2)));
    from += fromStride;
    to += toStride;
  }
}

// Rows in blocks of six; what is left is shared out so that no block has fewer than three rows if M ≥ 6: short
// blocks wait for the FMA's latency.
@inline
function sixes(M: i32): i32 {
  const left = M % 6;
  const blocks = M / 6;
  return blocks > 0 && left > 0 && left < 4 ? blocks - 1 : blocks;
}

function nnRows(M: i32, K: i32, a: usize, lda: usize, b: usize, ldb: usize, c: usize, ldc: usize, bias: usize,
    mode: i32): void {
  const blocks = sixes(M), done = blocks * 6, left = M - done;
  if (blocks > 0) nn6x2(blocks, K, a, lda, b, ldb, c, ldc, bias, mode);
  a += <usize>done * lda;
  c += <usize>done * ldc;
  switch (left) {
    case 1: nn1x2(1, K, a, lda, b, ldb, c, ldc, bias, mode); break;
    case 2: nn2x2(1, K, a, lda, b, ldb, c, ldc, bias, mode); break;
    case 3: nn3x2(1, K, a, lda, b, ldb, c, ldc, bias, mode); break;
    case 4: nn4x2(1, K, a, lda, b, ldb, c, ldc, bias, mode); break;
    case 5: nn5x2(1, K, a, lda, b, ldb, c, ldc, bias, mode); break;
    case 7:
      nn4x2(1, K, a, lda, b, ldb, c, ldc, bias, mode);
      nn3x2(1, K, a + 4 * lda, lda, b, ldb, c + 4 * ldc, ldc, bias, mode);
      break;
    case 8: nn4x2(2, K, a, lda, b, ldb, c, ldc, bias, mode); break;
    case 9:
      nn5x2(1, K, a, lda, b, ldb, c, ldc, bias, mode);
      nn4x2(1, K, a + 5 * lda, lda, b, ldb, c + 5 * ldc, ldc, bias, mode);
      break;
  }
}

function tnRows(M: i32, K: i32, a: usize, lda: usize, b: usize, ldb: usize, c: usize, ldc: usize, bias: usize,
    mode: i32): void {
  const blocks = sixes(M), done = blocks * 6, left = M - done;
  if (blocks > 0) tn6x2(blocks, K, a, lda, b, ldb, c, ldc, bias, mode);
  a += <usize>done << 2;
  c += <usize>done * ldc;
  switch (left) {
    case 1: tn1x2(1, K, a, lda, b, ldb, c, ldc, bias, mode); break;
    case 2: tn2x2(1, K, a, lda, b, ldb, c, ldc, bias, mode); break;
    case 3: tn3x2(1, K, a, lda, b, ldb, c, ldc, bias, mode); break;
    case 4: tn4x2(1, K, a, lda, b, ldb, c, ldc, bias, mode); break;
    case 5: tn5x2(1, K, a, lda, b, ldb, c, ldc, bias, mode); break;
    case 7:
      tn4x2(1, K, a, lda, b, ldb, c, ldc, bias, mode);
      tn3x2(1, K, a + 16, lda, b, ldb, c + 4 * ldc, ldc, bias, mode);
      break;
    case 8: tn4x2(2, K, a, lda, b, ldb, c, ldc, bias, mode); break;
    case 9:
      tn5x2(1, K, a, lda, b, ldb, c, ldc, bias, mode);
      tn4x2(1, K, a + 20, lda, b, ldb, c + 5 * ldc, ldc, bias, mode);
      break;
  }
}

@inline
function panelRows(transposeA: bool, M: i32, K: i32, a: usize, lda: usize, b: usize, ldb: usize, c: usize,
    ldc: usize, bias: usize, mode: i32): void {
  if (transposeA) tnRows(M, K, a, lda, b, ldb, c, ldc, bias, mode);
  else nnRows(M, K, a, lda, b, ldb, c, ldc, bias, mode);
}

// The last, incomplete panel: C's columns pass through a buffer eight columns wide.
function narrowPanel(transposeA: bool, width: i32, M: i32, K: i32, a: usize, lda: usize, b: usize, c: usize,
    ldc: usize, bias: usize, mode: i32, scratch: usize): void {
  const tail = scratch + TAIL_OFFSET, paddedBias = scratch + BIAS_OFFSET;
  if (bias) packNarrowPanel(1, width, bias, 0, paddedBias);
  for (let m = 0; m < M; m += TAIL_ROWS) {
    const rows = min(TAIL_ROWS, M - m);
    const from = a + (transposeA ? <usize>m << 2 : <usize>m * lda), to = c + <usize>m * ldc;
    if (mode & ACCUMULATE) copyNarrow(rows, width, to, ldc, tail, PANEL_BYTES);
    panelRows(transposeA, rows, K, from, lda, b, PANEL_BYTES, tail, PANEL_BYTES, bias ? paddedBias : 0, mode);
    copyNarrow(rows, width, tail, PANEL_BYTES, to, ldc);
  }
}

// Dot product of rows that have K floats.
@inline
function dot(K: i32, x: usize, y: usize): f32 {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  let k = 0;
  for (; k + 16 <= K; k += 16) {
    s0 = fma(v128.load(x, 0), v128.load(y, 0), s0);
    s1 = fma(v128.load(x, 16), v128.load(y, 16), s1);
    s2 = fma(v128.load(x, 32), v128.load(y, 32), s2);
    s3 = fma(v128.load(x, 48), v128.load(y, 48), s3);
    x += 64;
    y += 64;
  }
  let sum = horizontalSum(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
  for (; k < K; k++) {
    sum += load<f32>(x) * load<f32>(y);
    x += 4;
    y += 4;
  }
  return sum;
}

// A column vector as B, for which a panel of eight would be wasted; false where the general path has to do it.
function singleColumn(transposeA: bool, M: i32, K: i32, a: usize, lda: usize, b: usize, c: usize, ldc: usize,
    bias: usize, mode: i32): bool {
  if (mode & ACCUMULATE) return false;
  if (!transposeA) {
    const start: f32 = bias ? load<f32>(bias) : 0;
    for (let m = 0; m < M; m++) {
      const sum = start + dot(K, a, b);
      store<f32>(c, mode & RELU && sum < 0 ? 0 : sum);
      a += lda;
      c += ldc;
    }
    return true;
  }
  // Cᵀ = Bᵀ·A: one row, whose columns are those of A.
  if (ldc != 4 || bias || M % 32 != 0) return false;
  for (let m = 0; m < M; m += 32) {
    const offset: usize = <usize>m << 2;
    nn1x8(1, K, b, 0, a + offset, lda, c + offset, 0, 0, mode);
  }
  return true;
}

// C[M, N] = op(A)·op(B) + bias[N], or C += op(A)·op(B) with ACCUMULATE (which ignores bias), then ReLU with RELU.
// A is [M, K], or [K, M] with transposeA; B is [K, N], or [N, K] with transposeB; bias may be 0 for none.
export function gemm(transposeA: bool, transposeB: bool, M: i32, N: i32, K: i32, a: usize, lda: usize, b: usize,
    ldb: usize, c: usize, ldc: usize, bias: usize, mode: i32, scratch: usize): void {
  if (N == 1 && ldb == 4 && !transposeB && singleColumn(transposeA, M, K, a, lda, b, c, ldc, bias, mode)) return;
  if (!transposeA && !transposeB && N % SPARSE_COLUMNS == 0 && K <= SPARSE_MAX_K && looks_sparse(M, K, a, lda)) {
    return sparseGemm(M, N, K, a, lda, b, ldb, c, ldc, bias, mode, scratch + TAIL_OFFSET);
  }
  if (transposeA && !transposeB && N % SPARSE_COLUMNS == 0 && K <= SPARSE_MAX_ROWS && looks_sparse(K, M, a, lda)) {
    return sparseTransposedGemm(M, N, K, a, lda, b, ldb, c, ldc, bias, mode, scratch + TAIL_OFFSET);
  }
  for (let k = 0; k < K; k += K_PIECE) {
    const depth = min(K_PIECE, K - k);
    const pieceMode = (mode & ACCUMULATE) | (k > 0 ? ACCUMULATE : 0) | (k + depth == K ? mode & RELU : 0);
    const aPiece = a + (transposeA ? <usize>k * lda : <usize>k << 2);
    const bPiece = b + (transposeB ? <usize>k << 2 : <usize>k * ldb);
    let n = 0;
    if (M == 1 && !transposeA && !transposeB) {
      for (; n + 32 <= N; n += 32) {
        const offset = <usize>n << 2;
        nn1x8(1, depth, aPiece, lda, bPiece + offset, ldb, c + offset, ldc, bias ? bias + offset : 0, pieceMode);
      }
    }
    for (; n < N; n += 8) {
      const offset = <usize>n << 2, width = min(8, N - n);
      let panel = bPiece + (transposeB ? <usize>n * ldb : offset), panelStride = ldb;
      if (transposeB || width < 8 || (M >= PACK_ROWS && <usize>depth * ldb > UNPACKED_BYTES)) {
        if (transposeB) packTransposedPanel(depth, width, panel, ldb, scratch);
        else if (width < 8) packNarrowPanel(depth, width, panel, ldb, scratch);
        else packPanel(depth, panel, ldb, scratch);
        panel = scratch;
        panelStride = PANEL_BYTES;
      }
      const biasPanel = bias ? bias + offset : 0;
      if (width == 8) {
        panelRows(transposeA, M, depth, aPiece, lda, panel, panelStride, c + offset, ldc, biasPanel, pieceMode);
      } else {
        narrowPanel(transposeA, width, M, depth, aPiece, lda, panel, c + offset, ldc, biasPanel, pieceMode, scratch);
      }
    }
  }
}

// gemm on matrices n0 ≤ n < n1 of two batches without padding between rows; a stride of 0 repeats one matrix.
export function batched_gemm(n0: i32, n1: i32, transposeA: bool, transposeB: bool, M: i32, N: i32, K: i32, a: usize,
    aStride: usize, b: usize, bStride: usize, c: usize, bias: usize, mode: i32, scratch: usize): void {
  const lda: usize = <usize>(transposeA ? M : K) << 2, ldb: usize = <usize>(transposeB ? K : N) << 2;
  const ldc: usize = <usize>N << 2;
  for (let n = n0; n < n1; n++) {
    gemm(transposeA, transposeB, M, N, K, a + <usize>n * aStride, lda, b + <usize>n * bStride, ldb,
      c + <usize>n * <usize>M * ldc, ldc, bias, mode, scratch);
  }
}

// x = activation(x + bias) for n rows of O; bias may be 0 for none. For products that another library made.
export function add_bias_activate(n: i32, O: i32, x: usize, bias: usize, activation: i32): void {
  const whole = O & ~3, zero = f32x4.splat(0), isRelu = activation == RELU_ACTIVATION;
  const start = x;
  for (let row = 0; row < n; row++) {
    for (let j = 0; j < whole; j += 4) {
      const offset = <usize>j << 2;
      let value = v128.load(x + offset);
      if (bias) value = f32x4.add(value, v128.load(bias + offset));
      v128.store(x + offset, isRelu ? relu4(value, zero) : value);
    }
    for (let j = whole; j < O; j++) {
      const offset = <usize>j << 2;
      let value = load<f32>(x + offset);
      if (bias) value += load<f32>(bias + offset);
      store<f32>(x + offset, isRelu && value < 0 ? 0 : value);
    }
    x += <usize>O << 2;
  }
  if (activation == TANH_ACTIVATION) activateExactly(activation, n * O, start);
}
