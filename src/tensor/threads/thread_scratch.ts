/**
 * Scratch of each thread: equal shares of the memory below the heap.
 * @module
 */

/** First byte of scratch; below it lie the kernels' constants. */
const SCRATCH_START = 2 ** 20;
/** First byte of the heap. */
export const HEAP_START = 64 * 2 ** 20;

/** Where one thread's kernels keep what lives as long as a call. */
export interface ThreadScratch {
  /** Address of scratch for GEMM. */
  readonly gemm: number;
  /** Address of scratch for im2col. */
  readonly columns: number;
  /** Bytes from `columns` to the end of the share. */
  readonly columnBytes: number;
}

/**
 * The share of thread `index` (0 is the calling thread) of `threads`.
 * @param gemmBytes what GEMM needs of it
 */
export function threadScratch(index: number, threads: number, gemmBytes: number): ThreadScratch {
  const share = 64 * Math.floor((HEAP_START - SCRATCH_START) / threads / 64);
  const gemm = SCRATCH_START + index * share;
  const columns = gemm + 64 * Math.ceil(gemmBytes / 64);
  return { gemm, columns, columnBytes: gemm + share - columns };
}
