/** A thread that takes some pieces of work and is gone with the last one: no message, no error. */
import { parentPort, workerData } from "node:worker_threads";
import { CommandBlock } from "relay/tensor/threads/command_block.ts";
import type { ThreadTask } from "relay/tensor/threads/thread_worker.ts";

const { block: buffer, worker, pieces } = workerData as ThreadTask & { pieces: number };
const block = new CommandBlock(buffer);
parentPort!.postMessage("ready");
for (let taken = 0; taken < pieces; taken++) {
  do block.awaitWork(worker); while (block.claimLast() < 0);
}
