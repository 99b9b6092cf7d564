/**
 * Writes the AssemblyScript source of the innermost GEMM loops ("tiles"): a block of rows × columns of C held in
 * registers while k runs.
 * @module
 */

/** Shape of one tile. */
export interface GemmTile {
  /** Rows of C in registers. */
  readonly rows: number;
  /** Columns of C in registers, in vectors of four floats. */
  readonly vectors: number;
  /** `nn`: A is [M, K]; `tn`: A is stored as [K, M] and read as its transpose. */
  readonly layout: "nn" | "tn";
}

/** k is unrolled by hand: Binaryen and V8 do not, and the loop counter costs as much as an FMA. */
const UNROLL = 4;
const BYTES_PER_VECTOR = 16;

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** The tiles that gemm.as calls: six rows × eight columns fill the 15 vector registers V8 allots. */
export const GEMM_TILES: readonly GemmTile[] = [
  ...[6, 5, 4, 3, 2, 1].map((rows): GemmTile => ({ rows, vectors: 2, layout: "nn" })),
  ...[6, 5, 4, 3, 2, 1].map((rows): GemmTile => ({ rows, vectors: 2, layout: "tn" })),
  // One row alone has too few accumulators to hide the FMA's latency of four cycles, so it takes more columns.
  { rows: 1, vectors: 8, layout: "nn" },
];

/** The name that a tile's function bears in AssemblyScript, such as `nn6x2`. */
export function gemmTileName(tile: GemmTile): string {
  return `${tile.layout}${tile.rows}x${tile.vectors}`;
}

/**
 * The source of one tile function `(blocks, K, a, lda, b, ldb, c, ldc, bias, mode)`, which computes `blocks` successive
 * blocks of rows: C = bias + A·B, or C += A·B where `mode` has the bit `ACCUMULATE`; then ReLU where it has `RELU`.
 * Addresses and strides are in bytes. Every element of C is one chain of fused multiply-adds in the order of k, so
 * the result does not depend on the tile that computed it.
 */
export function gemmTileSource(tile: GemmTile): string {
  const { rows, vectors, layout } = tile;
  const rowIndices = range(rows);
  const vectorIndices = range(vectors);
  const cells = rowIndices.flatMap((row) => vectorIndices.map((vector) => ({ row, vector })));
  const cell = (row: number, vector: number): string => `c${row}${vector}`;
  const rowAddress = (row: number): string => row === 0 ? "c" : `c + ${row} * ldc`;

  const step = (k: number): string => {
    const loads = vectorIndices.map((v) => `b${v} = v128.load(b, ${v * BYTES_PER_VECTOR});`).join(" ");
    const products = rowIndices.map((row) => {
      const operand = layout === "nn" ? `a${row}, ${4 * k}` : `a, ${4 * row}`;
      const sums = vectorIndices.map((v) => `${cell(row, v)} = fma(s, b${v}, ${cell(row, v)});`).join(" ");
      return `s = v128.load32_splat(${operand}); ${sums}`;
    });
    return [`${loads} b += ldb;`, ...products, layout === "tn" ? "a += lda;" : ""].join("\n      ");
  };
  const advance = (count: number): string =>
    layout === "nn" ? rowIndices.map((row) => `a${row} += ${4 * count};`).join(" ") : "";

  return `
function ${gemmTileName(tile)}(blocks: i32, K: i32, aStart: usize, lda: usize, bStart: usize, ldb: usize,
    c: usize, ldc: usize, bias: usize, mode: i32): void {
  const zero = f32x4.splat(0);
  ${vectorIndices.map((v) => `let b${v} = zero;`).join(" ")} let s = zero;
  ${cells.map(({ row, vector }) => `let ${cell(row, vector)} = zero;`).join(" ")}
  while (blocks > 0) {
    if (mode & ACCUMULATE) {
      ${
    cells.map(({ row, vector }) =>
      `${cell(row, vector)} = v128.load(${rowAddress(row)}, ${vector * BYTES_PER_VECTOR});`
    )
      .join("\n      ")
  }
    } else if (bias) {
      ${vectorIndices.map((v) => `b${v} = v128.load(bias, ${v * BYTES_PER_VECTOR});`).join(" ")}
      ${cells.map(({ row, vector }) => `${cell(row, vector)} = b${vector};`).join(" ")}
    } else {
      ${cells.map(({ row, vector }) => `${cell(row, vector)} = zero;`).join(" ")}
    }
    let b = bStart;
    ${
    layout === "nn"
      ? rowIndices.map((row) => `let a${row} = aStart + ${row} * lda;`).join(" ")
      : "let a = aStart;"
  }
    let k = K;
    while (k >= ${UNROLL}) {
      ${range(UNROLL).map(step).join("\n      ")}
      ${advance(UNROLL)}
      k -= ${UNROLL};
    }
    while (k > 0) {
      ${step(0)}
      ${advance(1)}
      k--;
    }
    if (mode & RELU) {
      ${
    cells.map(({ row, vector }) => `${cell(row, vector)} = relu4(${cell(row, vector)}, zero);`).join(
      "\n      ",
    )
  }
    }
    ${
    cells.map(({ row, vector }) =>
      `v128.store(${rowAddress(row)}, ${cell(row, vector)}, ${vector * BYTES_PER_VECTOR});`
    ).join("\n    ")
  }
    aStart += ${layout === "nn" ? `${rows} * lda` : `${4 * rows}`};
    c += ${rows} * ldc;
    blocks--;
  }
}`;
}
