/**
 * Kernels whose networks are shared out over threads.
 * @module
 */
import { Worker } from "node:worker_threads";
import type { KernelExports } from "../kernel_exports.ts";
import { encodeCalls, linkCalls, type LinkedCalls, type ListedCall, runCalls } from "./call_list.ts";
import { CommandBlock, MAX_WORKERS, type NetworkRange } from "./command_block.ts";
import { BLOCK_ELEMENTS, RANGE_OPERATIONS, type RangeOperation, runRange } from "./range_operations.ts";
import { threadScratch } from "./thread_scratch.ts";
import type { ThreadTask } from "./thread_worker.ts";

/**
 * Commands with fewer multiply-adds stay on the calling thread: an awake Worker pays from about 50,000 on (fork and join
 * cost 0.6 µs), one that must be woken (8 µs) from about 200,000.
 */
const LEAST_WORK = 100_000;
/** Likewise of a list of calls that does not say: its Workers are mostly asleep; 8 µs to wake one, as much until it is awake. */
const LEAST_LIST_WORK = 1_000_000;
/** Multiply-adds a second that the slowest thread on the busiest machine is trusted with; it really does 25 · 10⁹. */
const SLOW_WORK_PER_SECOND = 10 ** 9;
/** Pieces a thread: more even out what a busy machine delays, fewer cost fewer claims. */
const PIECES_PER_THREAD = 4;
/** Commands between two roll calls: some tenths of a second of training. */
const ROLL_CALL_EVERY = 4096;

/** Number in the command block of a list of calls, behind those of the operations. */
export const CALL_LIST_OPERATION = RANGE_OPERATIONS.length;
/** Kernels that only answer what depends on sizes, or bring values in: no part of what is computed from tensors. */
const UNTAPPED: readonly (keyof KernelExports)[] = [
  "gemm_scratch_bytes",
  "im2col_scratch_bytes",
  "looks_sparse",
  "widen_bytes",
];

/** Calls that every thread computes for its networks without waiting for the others. */
export interface CallList {
  /** Of this list alone: Workers keep it by this number. */
  readonly id: number;
  /** P. */
  readonly networks: number;
  /** Encoded, in the kernels' memory. */
  readonly records: Float64Array;
  /** Multiply-adds of all calls and networks. */
  readonly work: number;
  /** Work from which on threads share it. */
  readonly leastWork?: number;
  /** Columns that scratch for im2col has to hold. */
  readonly columns: number;
}

/** Workers at hand. */
interface Crew {
  readonly workers: readonly Worker[];
  readonly block: CommandBlock;
  /** Bytes of im2col scratch that every thread has. */
  readonly columnBytes: number;
}

/**
 * Satisfies {@link KernelExports} by forwarding to the kernels of one instance; with more than one thread, kernels that
 * take a range of networks are computed by the calling thread and Workers together. Every network's bits are the same
 * however many threads there are, since no kernel mixes networks.
 */
export class ThreadedKernels {
  /** The kernels to call. */
  readonly exports: KernelExports;
  readonly #serial: KernelExports;
  readonly #memory: WebAssembly.Memory;
  readonly #table: Int32Array;
  readonly #spawn: (task: ThreadTask) => Worker;
  /** Hears of every call of `exports`. */
  tap: ((name: keyof KernelExports, args: readonly (number | boolean)[]) => void) | undefined;
  /** What computes lists on the calling thread; another instance on the same memory may take its place. */
  listKernels: KernelExports;
  readonly #linked = new WeakMap<CallList, { kernels: KernelExports; calls: LinkedCalls }>();
  #crew: Crew | undefined;
  #commands = 0;
  #lists = 0;

  /**
   * @param serial an instance on `memory`
   * @param spawn starts a Worker that runs `thread_worker.ts`, or the like, with the task as its `workerData`
   */
  constructor(serial: KernelExports, memory: WebAssembly.Memory, spawn = spawnThread) {
    this.#serial = serial;
    this.listKernels = serial;
    this.#memory = memory;
    this.#spawn = spawn;
    this.#table = new Int32Array(memory.buffer);
    const shared = RANGE_OPERATIONS.map((
      operation,
      index,
    ) => [operation.name, this.#forward(operation, index)]);
    const kernels = { ...serial, ...Object.fromEntries(shared) } as KernelExports;
    this.exports = { ...kernels, ...this.#tapped(kernels) };
  }

  /** Threads that compute, the calling one among them. */
  get threads(): number {
    return 1 + (this.#crew?.workers.length ?? 0);
  }

  /**
   * Starts or ends Workers so that `threads` threads compute. They do not keep the process alive.
   * @throws {RangeError} unless `threads` is an integer from 1 to 32
   * @throws {Error} if a Worker does not start
   */
  async setThreads(threads: number): Promise<void> {
    if (!Number.isInteger(threads) || threads < 1 || threads > MAX_WORKERS + 1) {
      throw new RangeError(
        `Cannot compute with ${threads} threads: expected an integer from 1 to ${MAX_WORKERS + 1}`,
      );
    }
    if (threads === this.threads) return;
    this.stop();
    if (threads > 1) this.#crew = await this.#startCrew(threads);
  }

  /** Ends the Workers; the calling thread goes on alone. */
  stop(): void {
    const crew = this.#crew;
    this.#crew = undefined;
    if (crew) endCrew(crew);
  }

  /**
   * A list of calls for {@link runList}.
   * @param place address of memory for it that stays the list's: `encodedBytes`
   */
  newList(
    calls: readonly ListedCall[],
    place: number,
    size: Omit<CallList, "id" | "records">,
  ): CallList {
    const records = encodeCalls(calls);
    const shared = new Float64Array(this.#memory.buffer, place, records.length);
    shared.set(records);
    return { ...size, id: this.#lists++, records: shared };
  }

  /** Computes a list of calls for all networks. */
  runList(list: CallList): void {
    if (this.#crew && this.#shareList(this.#crew, list)) return;
    // Network by network, so that what one call writes is in the cache for the next.
    const calls = this.#link(list);
    for (let n = 0; n < list.networks; n++) runCalls(calls, n, n + 1);
  }

  /** Every kernel that computes, with the tap in front. */
  #tapped(kernels: KernelExports): Partial<KernelExports> {
    const entries = Object.entries(kernels) as [keyof KernelExports, (...args: number[]) => void][];
    const changing = entries.filter(([name, kernel]) =>
      typeof kernel === "function" && !UNTAPPED.includes(name)
    );
    return Object.fromEntries(changing.map(([name, kernel]) => [name, (...args: number[]) => {
      this.tap?.(name, args);
      return kernel(...args);
    }]));
  }

  #link(list: CallList): LinkedCalls {
    const kernels = this.listKernels;
    let linked = this.#linked.get(list);
    if (linked?.kernels !== kernels) {
      linked = { kernels, calls: linkCalls(list.records, kernels) };
      this.#linked.set(list, linked);
    }
    return linked.calls;
  }

  #shareList(crew: Crew, list: CallList): boolean {
    const { networks, records, work, id, columns, leastWork = LEAST_LIST_WORK } = list;
    if (work < leastWork || networks < 2) return false;
    if (columns > 0 && this.#serial.im2col_scratch_bytes(columns) > crew.columnBytes) return false;
    const calls = this.#link(list);
    crew.block.arguments.set([records.byteOffset, records.length, id]);
    const pieces = { index: CALL_LIST_OPERATION, networks, pieces: networks };
    this.#fork(crew, pieces, work, ({ n0, n1 }) => runCalls(calls, n0, n1));
    return true;
  }

  #forward(operation: RangeOperation, index: number): (...args: number[]) => void {
    const serial = this.#serial[operation.name] as unknown as (...args: number[]) => void;
    if (operation.name === "activation_gradient") {
      return (...args) => {
        const blocks = Math.ceil(args[1]! / BLOCK_ELEMENTS);
        if (!this.#crew || !this.#share(this.#crew, { index, networks: blocks }, args)) serial(...args);
      };
    }
    return (n0, n1, ...args) => {
      const command = { index, networks: n1! };
      if (!this.#crew || n0 !== 0 || !this.#share(this.#crew, command, args)) serial(n0!, n1!, ...args);
    };
  }

  /** Computes with the Workers' help; false: too little work or too little scratch. */
  #share(crew: Crew, asked: { index: number; networks: number }, args: readonly number[]): boolean {
    const { block, workers } = crew;
    const { index, networks } = asked;
    const operation = RANGE_OPERATIONS[index]!;
    const shared = block.arguments;
    for (let i = 0; i < args.length; i++) shared[i] = Number(args[i]);
    const work = networks * operation.work(shared, this.#tableAt);
    if (work < LEAST_WORK || networks < 2) return false;
    if (operation.columns) {
      const columns = operation.columns.count(shared);
      if (this.#serial.im2col_scratch_bytes(columns) > crew.columnBytes) return false;
    }
    const command = { index, networks, pieces: PIECES_PER_THREAD * (workers.length + 1) };
    this.#fork(
      crew,
      command,
      work,
      ({ n0, n1 }) => runRange(this.#serial, operation, { n0, n1, args: shared }),
    );
    return true;
  }

  /** Has pieces computed by all threads; the command's arguments lie in the block. */
  #fork(
    { block, workers }: Crew,
    { index, networks, pieces }: { index: number; networks: number; pieces: number },
    work: number,
    compute: (range: NetworkRange) => void,
  ): void {
    if (++this.#commands % ROLL_CALL_EVERY === 0) block.callRoll(workers.length);
    block.open(index, networks, pieces);
    let own = 0;
    try {
      for (let piece = block.claimFirst(); piece >= 0; piece = block.claimFirst()) {
        own++;
        compute(block.rangeOf(piece));
      }
    } finally {
      // After an error the Workers must not go on with this command while the next one is written.
      while (block.claimFirst() >= 0) own++;
      block.join(own, work / SLOW_WORK_PER_SECOND);
    }
  }

  async #startCrew(threads: number): Promise<Crew> {
    const memory = this.#memory;
    const block = new CommandBlock();
    const { columnBytes } = threadScratch(0, threads, this.#serial.gemm_scratch_bytes());
    const workers = Array.from(
      { length: threads - 1 },
      (_, worker) => this.#spawn({ worker, threads, memory, block: block.buffer }),
    );
    const crew: Crew = { workers, block, columnBytes };
    try {
      await Promise.all(workers.map(started));
    } catch (error) {
      endCrew(crew);
      throw new Error(`Cannot compute with ${threads} threads: a Worker did not start`, { cause: error });
    }
    for (const worker of workers) worker.once("exit", () => block.lose());
    return crew;
  }

  readonly #tableAt = (address: number): number => this.#table[address / 4]!;
}

/** A Worker on the kernels of its task's engine. */
export function spawnThread(task: ThreadTask): Worker {
  return new Worker(new URL("./thread_worker.ts", import.meta.url), { workerData: task });
}

function started(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once("message", () => {
      worker.unref();
      resolve();
    });
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("it ended at once")));
  });
}

function endCrew({ workers, block }: Crew): void {
  block.stop();
  // The promise settles when the thread is gone, which nobody waits for.
  for (const worker of workers) void worker.terminate();
}
