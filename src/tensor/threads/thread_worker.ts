/**
 * A Worker that computes pieces of commands until it is told to stop.
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";
import { engineKernels } from "../engine_kernels.ts";
import { type CpuEngine, DEFAULT_ENGINE } from "../engine_name.ts";
import { linkCalls, type LinkedCalls, runCalls } from "./call_list.ts";
import { CommandBlock, MAX_ARGUMENTS } from "./command_block.ts";
import { RANGE_OPERATIONS, runRange } from "./range_operations.ts";
import { threadScratch } from "./thread_scratch.ts";

/** What a Worker is started with. */
export interface ThreadTask {
  /** From 0. */
  readonly worker: number;
  /** Workers and the calling thread. */
  readonly threads: number;
  readonly memory: WebAssembly.Memory;
  readonly block: SharedArrayBuffer;
  /** The same as the calling thread's. */
  readonly engine?: CpuEngine;
}

/** Lists of calls that a Worker keeps. */
const MAX_LISTS = 64;

const task = workerData as ThreadTask;
const kernels = await engineKernels(task.engine ?? DEFAULT_ENGINE, task.memory);
parentPort!.postMessage("ready");
const block = new CommandBlock(task.block);
try {
  serve();
} catch (error) {
  block.fail(task.worker, error instanceof Error ? `${error.name}: ${error.message}` : String(error));
}

function serve(): void {
  const scratch = threadScratch(task.worker + 1, task.threads, kernels.gemm_scratch_bytes());
  const args = new Float64Array(MAX_ARGUMENTS);
  const lists = new Map<number, LinkedCalls>();
  const computeList = (n0: number, n1: number) => {
    const [address, length, id] = block.arguments as unknown as [number, number, number];
    let calls = lists.get(id);
    if (!calls) {
      if (lists.size === MAX_LISTS) lists.clear(); // most of them are gone from the calling thread
      lists.set(
        id,
        calls = linkCalls(new Float64Array(task.memory.buffer, address, length), kernels, scratch),
      );
    }
    runCalls(calls, n0, n1);
  };
  const computeOperation = (n0: number, n1: number) => {
    const operation = RANGE_OPERATIONS[block.operation]!;
    args.set(block.arguments);
    if (operation.scratch !== undefined) args[operation.scratch] = scratch.gemm;
    if (operation.columns) args[operation.columns.place] = scratch.columns;
    runRange(kernels, operation, { n0, n1, args });
  };
  while (block.awaitWork(task.worker)) {
    for (let piece = block.claimLast(); piece >= 0; piece = block.claimLast()) {
      const { n0, n1 } = block.rangeOf(piece);
      if (block.operation === RANGE_OPERATIONS.length) computeList(n0, n1);
      else computeOperation(n0, n1);
      block.finish();
    }
  }
}
