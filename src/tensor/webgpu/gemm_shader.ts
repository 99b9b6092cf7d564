/**
 * Matrix products in WGSL.
 * @module
 */

/** What a product multiplies and where its results go. */
export interface GemmShader {
  /** Rows of the result. */
  readonly M: number;
  /** Columns of the result. */
  readonly N: number;
  /** Terms a result. */
  readonly K: number;
  /**
   * Bindings and four functions:
   * `bases(slot: u32, slots: u32) -> vec3u`, of each slot's A, B and C;
   * `loadA(bases: vec3u, row: u32, k: u32) -> f32`; `loadB(bases: vec3u, k: u32, column: u32) -> f32`;
   * `store(bases: vec3u, row: u32, column: u32, sum: f32)`.
   */
  readonly functions: string;
  /** The index along which A is contiguous in memory: neighbouring threads load neighbours. */
  readonly aFastest: "row" | "k";
  /** The index along which B is contiguous in memory. */
  readonly bFastest: "column" | "k";
}

/** Workgroups a slot. */
export interface GemmGrid {
  /** Along the columns. */
  readonly x: number;
  /** Along the rows. */
  readonly y: number;
}

interface Tile {
  readonly rows: number;
  readonly columns: number;
  readonly rowsPerThread: number;
}

/** Columns of a result that one thread computes, as a vec4f. */
const COLUMNS_PER_THREAD = 4;
/** Terms between two barriers. */
const TILE_K = 16;

/** Workgroups that the shader of {@link gemmShader} needs, to be dispatched as (x, y, slots). */
export function gemmGrid({ M, N }: Pick<GemmShader, "M" | "N">): GemmGrid {
  const tile = tileOf(M, N);
  return { x: Math.ceil(N / tile.columns), y: Math.ceil(M / tile.rows) };
}

/**
 * C = A·B for every slot, by tiles that pass through workgroup memory. Each result is one thread's sum over k = 0, 1, …:
 * it depends neither on the tile nor on the number of slots, so a network's numbers do not depend on its company.
 */
export function gemmShader(shader: GemmShader): string {
  const { M, N, K, functions } = shader;
  const tile = tileOf(M, N);
  const vectors = tile.columns / COLUMNS_PER_THREAD;
  const threads = tile.rows / tile.rowsPerThread * vectors;
  const rows = Array.from({ length: tile.rowsPerThread }, (_, row) => row);
  const [aRow, aK] = shader.aFastest === "k"
    ? [`i / ${TILE_K}u`, `i % ${TILE_K}u`]
    : [`i % ${tile.rows}u`, `i / ${tile.rows}u`];
  const [bVector, bK] = shader.bFastest === "k"
    ? [`i / ${TILE_K}u`, `i % ${TILE_K}u`]
    : [`i % ${vectors}u`, `i / ${vectors}u`];
  return `${functions}
var<workgroup> aTile: array<f32, ${TILE_K * tile.rows}>;
var<workgroup> bTile: array<vec4f, ${TILE_K * vectors}>;

fn elementB(at: vec3u, k: u32, column: u32) -> f32 {
  if (column < ${N}u) { return loadB(at, k, column); }
  return 0.0;
}

fn storeRow(at: vec3u, row: u32, column: u32, sums: vec4f) {
  if (row >= ${M}u) { return; }
  for (var j = 0u; j < 4u; j++) {
    if (column + j < ${N}u) { store(at, row, column + j, sums[j]); }
  }
}

@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let at = bases(group.z, groups.z);
  let firstRow = group.y * ${tile.rows}u;
  let firstColumn = group.x * ${tile.columns}u;
  let threadRow = thread / ${vectors}u * ${tile.rowsPerThread}u;
  let threadVector = thread % ${vectors}u;
${rows.map((row) => `  var sums${row} = vec4f();`).join("\n")}
  for (var k0 = 0u; k0 < ${K}u; k0 += ${TILE_K}u) {
    for (var i = thread; i < ${TILE_K * tile.rows}u; i += ${threads}u) {
      let tileRow = ${aRow};
      let tileK = ${aK};
      let row = firstRow + tileRow;
      let k = k0 + tileK;
      var value = 0.0;
      if (row < ${M}u && k < ${K}u) { value = loadA(at, row, k); }
      aTile[tileK * ${tile.rows}u + tileRow] = value;
    }
    for (var i = thread; i < ${TILE_K * vectors}u; i += ${threads}u) {
      let tileVector = ${bVector};
      let tileK = ${bK};
      let column = firstColumn + 4u * tileVector;
      let k = k0 + tileK;
      var values = vec4f();
      if (k < ${K}u) {
        values = vec4f(
          elementB(at, k, column),
          elementB(at, k, column + 1u),
          elementB(at, k, column + 2u),
          elementB(at, k, column + 3u),
        );
      }
      bTile[tileK * ${vectors}u + tileVector] = values;
    }
    workgroupBarrier();
    for (var tileK = 0u; tileK < ${TILE_K}u; tileK++) {
      let b = bTile[tileK * ${vectors}u + threadVector];
      let a = tileK * ${tile.rows}u + threadRow;
${rows.map((row) => `      sums${row} = fma(vec4f(aTile[a + ${row}u]), b, sums${row});`).join("\n")}
    }
    workgroupBarrier();
  }
  let row = firstRow + threadRow;
  let column = firstColumn + 4u * threadVector;
${rows.map((r) => `  storeRow(at, row + ${r}u, column, sums${r});`).join("\n")}
}
`;
}

/** Powers of two that waste few threads on small matrices. */
function tileOf(M: number, N: number): Tile {
  const columns = powerOfTwo(N, 8, 64);
  const rows = powerOfTwo(M, 1, 64);
  return { rows, columns, rowsPerThread: Math.max(1, Math.min(rows / 8, 4)) };
}

/** The least power of two that is not below n, within limits. */
function powerOfTwo(n: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, 2 ** Math.ceil(Math.log2(n))));
}
