/**
 * From a list of kernel calls to stretches that threads compute without waiting for each other.
 * @module
 */
import {
  type Access,
  type NetworkCall,
  networkCall,
  type RecordedCall,
  wholeAccesses,
} from "./kernel_accesses.ts";

/** Calls that a thread computes for its networks from the first to the last, then calls for one thread. */
export interface Stretch {
  /** P; 0 where there are only calls for one thread. */
  readonly networks: number;
  readonly calls: readonly NetworkCall[];
  readonly tail: readonly RecordedCall[];
}

/**
 * A stretch being filled. No call reads or writes memory that another network's calls write: all calls that use a
 * piece of memory which one of them writes lie a network's values as far apart.
 */
class OpenStretch implements Stretch {
  networks = 0;
  readonly calls: NetworkCall[] = [];
  readonly tail: RecordedCall[] = [];
  readonly #touched = new Map<number, { stride: number; isWritten: boolean }>();
  readonly #inTail = new Map<number, { isWritten: boolean }>();
  #isClosed = false;

  /** Appends a call if nothing forbids it. */
  addToNetworks(call: NetworkCall): boolean {
    if (this.#isClosed || this.networks !== 0 && call.networks !== this.networks) return false;
    if (call.accesses.some((access) => this.#isInTheWay(access))) return false;
    this.networks = call.networks;
    this.calls.push(call);
    for (const { address, stride, isWrite } of call.accesses) {
      const before = this.#touched.get(address);
      this.#touched.set(address, {
        stride: before && before.stride !== stride ? NaN : stride, // NaN: no write fits beside several
        isWritten: isWrite || before?.isWritten === true,
      });
    }
    return true;
  }

  /** Appends a call for one thread; it is computed behind all others. */
  addToTail(call: RecordedCall): void {
    this.tail.push(call);
    const accesses = wholeAccesses(call);
    if (!accesses) this.#isClosed = true;
    for (const { address, isWrite } of accesses ?? []) {
      this.#inTail.set(address, { isWritten: isWrite || this.#inTail.get(address)?.isWritten === true });
    }
  }

  #isInTheWay({ address, stride, isWrite }: Access): boolean {
    const touched = this.#touched.get(address);
    if (touched && touched.stride !== stride && (touched.isWritten || isWrite)) return true;
    if (touched && stride === 0 && (touched.isWritten || isWrite)) return true;
    const inTail = this.#inTail.get(address);
    return inTail !== undefined && (inTail.isWritten || isWrite);
  }
}

/**
 * Cuts calls into stretches that compute the same in the same order.
 * @param tableAt reads the kernels' memory as int32
 */
export function stretchesOf(
  calls: readonly RecordedCall[],
  tableAt: (address: number) => number,
): Stretch[] {
  const stretches: OpenStretch[] = [];
  const networks = networksOf(calls);
  for (const call of calls) {
    const split = networks > 1 ? networkCall(call, networks, tableAt) : undefined;
    let last = stretches.at(-1);
    if (split && last?.addToNetworks(split)) continue;
    if (!last || split) stretches.push(last = new OpenStretch());
    if (!split || !last.addToNetworks(split)) last.addToTail(call);
  }
  return stretches;
}

/** P of the first call that knows it. */
function networksOf(calls: readonly RecordedCall[]): number {
  const call = calls.find(({ name }) => /^(dense|conv2d)_/.test(name));
  return call?.args[1] ?? 1;
}
