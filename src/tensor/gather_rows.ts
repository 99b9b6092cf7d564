/**
 * Rows from anywhere, side by side in the kernels' memory.
 * @module
 */
import { heapOf, type SimdEngine } from "./simd_backend.ts";

/** Bytes that are collected before they are widened together; small enough for the cache. */
const CHUNK_BYTES = 2 ** 15;
/** In scratch for im2col, which nothing else needs meanwhile. */
let chunk: Uint8Array = new Uint8Array(0);

/** Where rows go. */
export interface RowTarget {
  readonly values: Float32Array;
  /** Row of `values` that the first one becomes. */
  readonly row: number;
  /** Values of a row. */
  readonly width: number;
}

/**
 * Copies rows of a table into rows that follow each other, bytes as floats: those by a kernel, where the target is a
 * heap tensor's.
 * @param table `[…, width]`
 * @param rows of the table, in the order of the target
 *
 * @example
 * ```ts
 * import { gatherRows } from "relay/tensor/gather_rows.ts";
 * import { heapTensor } from "relay/tensor/heap_tensor.ts";
 * import { useSimd } from "relay/tensor/simd_backend.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useSimd();
 * const table = Uint8Array.of(1, 2, 3, 4, 5, 6);
 * const { values, dispose } = heapTensor([3, 2], "float32");
 * gatherRows(table, Int32Array.of(2, 0), { values, row: 1, width: 2 });
 * assertEquals([...values], [0, 0, 5, 6, 1, 2]);
 * dispose();
 * ```
 */
export function gatherRows(table: Uint8Array | Float32Array, rows: Int32Array, target: RowTarget): void {
  const heap = heapOf(target.values);
  if (table instanceof Float32Array) copyRows(table, rows, target);
  else if (heap && target.width <= CHUNK_BYTES) widenByKernel(heap, table, rows, target);
  else widenRows(table, rows, target);
}

function widenByKernel(heap: SimdEngine, table: Uint8Array, rows: Int32Array, target: RowTarget): void {
  const { values, row, width } = target;
  if (chunk.buffer !== heap.buffer) chunk = new Uint8Array(heap.buffer, heap.columns, CHUNK_BYTES);
  const chunkRows = Math.floor(CHUNK_BYTES / width);
  let to = values.byteOffset + 4 * row * width;
  for (let first = 0; first < rows.length; first += chunkRows) {
    const end = Math.min(first + chunkRows, rows.length);
    copyRows(table, rows, { values: chunk, row: 0, width, first, end });
    heap.kernels.widen_bytes((end - first) * width, chunk.byteOffset, to);
    to += 4 * (end - first) * width;
  }
}

/** Rows first ≤ k < end of those asked for, without a change of type. */
function copyRows<Values extends Uint8Array | Float32Array>(
  table: Values,
  rows: Int32Array,
  { values, row, width, first = 0, end = rows.length }: {
    readonly values: Values;
    readonly row: number;
    readonly width: number;
    readonly first?: number;
    readonly end?: number;
  },
): void {
  let to = row * width;
  for (let k = first; k < end; k++, to += width) {
    const from = rows[k]! * width;
    values.set(table.subarray(from, from + width), to);
  }
}

function widenRows(table: Uint8Array, rows: Int32Array, { values, row, width }: RowTarget): void {
  let to = row * width;
  for (let k = 0; k < rows.length; k++) {
    const from = rows[k]! * width;
    for (let j = 0; j < width; j++) values[to++] = table[from + j]!;
  }
}
