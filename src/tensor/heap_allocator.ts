/**
 * Addresses in the memory that the kernels work on.
 * @module
 */

/** A piece of the heap. */
export interface HeapBlock {
  /** In bytes from the start of the memory; a multiple of 64. */
  readonly address: number;
  /** The list that the block returns to. */
  readonly sizeClass: number;
}

/** What the allocator holds; equal before and after work that frees what it takes. */
export interface HeapUsage {
  /** Blocks handed out and not yet freed. */
  readonly liveBlocks: number;
  /** Bytes of the heap ever touched. */
  readonly touchedBytes: number;
}

const ALIGNMENT_BYTES = 64;

/**
 * Hands out blocks of a fixed range of memory. Sizes are rounded up to one of four classes an octave (at most a
 * quarter is wasted), each with a list of freed blocks: training repeats the same sizes, so that after the first
 * update nothing new is touched. Blocks end on whole vectors, kernels may read and write to the end of the last one.
 */
export class HeapAllocator {
  readonly #end: number;
  readonly #start: number;
  readonly #freed: number[][] = [];
  #top: number;
  #live = 0;

  /**
   * @param start first byte
   * @param end one past the last byte
   */
  constructor(start: number, end: number) {
    this.#start = this.#top = start;
    this.#end = end;
  }

  /** @throws {RangeError} if the heap is full */
  allocate(bytes: number): HeapBlock {
    const wanted = Math.max(bytes, ALIGNMENT_BYTES + 1);
    const octave = 31 - Math.clz32(wanted - 1);
    const quarter = ((wanted - 1) >>> (octave - 2)) & 3;
    const sizeClass = 4 * octave + quarter;
    const freed = this.#freed[sizeClass] ??= [];
    this.#live++;
    const reused = freed.pop();
    if (reused !== undefined) return { address: reused, sizeClass };
    const classBytes = (5 + quarter) * 2 ** (octave - 2);
    const address = this.#top;
    const top = address + Math.ceil(classBytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
    if (top > this.#end) {
      this.#live--;
      throw new RangeError(
        `Cannot allocate ${bytes} bytes for a tensor: ${this.#end - address} of ${
          this.#end - this.#start
        } bytes are left; expected smaller networks or batches, or tensors to be disposed`,
      );
    }
    this.#top = top;
    return { address, sizeClass };
  }

  /** Takes a block back; its values may be overwritten from now on. */
  free(block: HeapBlock): void {
    this.#freed[block.sizeClass]!.push(block.address);
    this.#live--;
  }

  /** Blocks in use and bytes touched so far. */
  usage(): HeapUsage {
    return { liveBlocks: this.#live, touchedBytes: this.#top - this.#start };
  }
}
