/**
 * The machine's cores, shared out over runs.
 * @module
 */

/** Threads of one run at most: a stacked operation has one network an agent to share out, seldom more than eight. */
const MOST_THREADS = 8;

/**
 * How many threads each of the runs at work may use; all Workers see a change at once. One run alone has all cores, many
 * have one each.
 *
 * @example
 * ```ts
 * import { CoreShare } from "relay/cluster/core_share.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const share = new CoreShare(4);
 * assertEquals(share.threads, 4);
 * share.runsAtWork = 3;
 * assertEquals(share.threads, 1);
 * share.runsAtWork = 2;
 * assertEquals(new CoreShare(4, share.buffer).threads, 2);
 * ```
 */
export class CoreShare {
  readonly cores: number;
  /** For a Worker to make its own view of the same share. */
  readonly buffer: SharedArrayBuffer;
  readonly #runsAtWork: Int32Array;

  constructor(
    cores: number = navigator.hardwareConcurrency,
    buffer: SharedArrayBuffer = new SharedArrayBuffer(4),
  ) {
    this.cores = cores;
    this.buffer = buffer;
    this.#runsAtWork = new Int32Array(buffer);
  }

  set runsAtWork(count: number) {
    Atomics.store(this.#runsAtWork, 0, count);
  }

  /** Threads of each run. */
  get threads(): number {
    const runs = Math.max(1, Atomics.load(this.#runsAtWork, 0));
    return Math.max(1, Math.min(MOST_THREADS, Math.floor(this.cores / runs)));
  }
}
