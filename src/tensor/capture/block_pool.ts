/**
 * The memory of a recording.
 * @module
 */
import type { HeapBlock } from "../heap_allocator.ts";
import type { HeapBlocks } from "../heap_backend.ts";

/**
 * Blocks that stay where they are as long as their recording may be replayed. While it is made, a freed block is given
 * out again for as many bytes.
 */
export class BlockPool implements HeapBlocks {
  readonly #heap: HeapBlocks;
  readonly #freed = new Map<number, HeapBlock[]>();
  /** Bytes asked for of every block. */
  readonly #bytes = new Map<HeapBlock, number>();
  #isOpen = true;

  constructor(heap: HeapBlocks) {
    this.#heap = heap;
  }

  allocate(bytes: number): HeapBlock {
    const block = this.#freed.get(bytes)?.pop() ?? this.#heap.allocate(bytes);
    this.#bytes.set(block, bytes);
    return block;
  }

  free(block: HeapBlock): void {
    const bytes = this.#bytes.get(block)!;
    if (this.#isOpen) {
      const freed = this.#freed.get(bytes) ?? [];
      this.#freed.set(bytes, freed);
      freed.push(block);
    } else {
      this.#bytes.delete(block);
      this.#heap.free(block);
    }
  }

  /** Gives back what no tensor holds, the rest as soon as its tensor is disposed of. */
  close(): void {
    this.#isOpen = false;
    for (const block of [...this.#freed.values()].flat()) this.free(block);
    this.#freed.clear();
  }
}
