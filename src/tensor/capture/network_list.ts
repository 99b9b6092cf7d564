import { encodedBytes } from "../threads/call_list.ts";
import type { CallList } from "../threads/threaded_kernels.ts";
import type { SimdReplay } from "../simd_backend.ts";
import type { NetworkCall } from "./kernel_accesses.ts";

/** A list of calls with its memory. */
export interface NetworkList {
  readonly list: CallList;
  /** Frees the memory; the list must not be run afterwards. */
  dispose(): void;
}

/**
 * Calls as a list that threads compute without waiting for each other.
 * @param calls of one stretch
 */
export function networkList(
  { backend, threaded }: SimdReplay,
  calls: readonly NetworkCall[],
  options: Pick<CallList, "networks" | "leastWork">,
): NetworkList {
  const block = backend.blocks.allocate(encodedBytes(calls));
  const work = calls.reduce((sum, call) => sum + call.work, 0);
  const columns = calls.reduce((most, call) => Math.max(most, call.columns), 0);
  const list = threaded.newList(calls, block.address, { ...options, work, columns });
  return { list, dispose: () => backend.blocks.free(block) };
}
