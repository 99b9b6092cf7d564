/**
 * A Worker that computes pieces of commands until it is told to stop.
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";
import { engineKernels } from "../engine_kernels.ts";
import { type CpuEngine, DEFAULT_ENGINE } from "../engine_name.ts";
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
  while (block.awaitWork(task.worker)) {
    for (let piece = block.claimLast(); piece >= 0; piece = block.claimLast()) {
      const operation = RANGE_OPERATIONS[block.operation]!;
      args.set(block.arguments);
      if (operation.scratch !== undefined) args[operation.scratch] = scratch.gemm;
      if (operation.columns) args[operation.columns.place] = scratch.columns;
      const { n0, n1 } = block.rangeOf(piece);
      runRange(kernels, operation, { n0, n1, args });
      block.finish();
    }
  }
}
