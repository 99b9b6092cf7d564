import { simdReplay } from "../simd_backend.ts";
import type { RecordedCall } from "./kernel_accesses.ts";
import { type NetworkList, networkList } from "./network_list.ts";
import { stretchesOf } from "./stretches.ts";

/**
 * Bare kernel calls, recorded once and shared out over the threads by networks: one fork and join for all of them. For
 * expressions of tfjs there are `Captures`.
 */
export class ListedCalls {
  readonly #lists: readonly NetworkList[];

  /**
   * Computes once.
   * @param compute nothing but kernel calls, the same ones every time
   * @param leastWork multiply-adds from which on threads share them
   */
  constructor(compute: () => void, leastWork: number) {
    const { threaded } = simdReplay();
    const calls: RecordedCall[] = [];
    threaded.tap = (name, args) => void calls.push({ name, args: args.map(Number) });
    try {
      compute();
    } finally {
      threaded.tap = undefined;
    }
    const stretches = stretchesOf(calls, () => 0);
    const left = stretches.flatMap(({ tail }) => tail)[0];
    if (left) throw new RangeError(`Cannot list ${left.name}: expected calls that can be cut into networks`);
    this.#lists = stretches.map(({ calls, networks }) =>
      networkList(simdReplay(), calls, { networks, leastWork })
    );
  }

  /** Whether calls can be recorded and run here: not while all kernel calls are being recorded, nor by one thread alone. */
  static get areOfUse(): boolean {
    const { threaded } = simdReplay();
    return threaded.threads > 1 && threaded.tap === undefined;
  }

  /** Computes again. */
  run(): void {
    const { threaded } = simdReplay();
    for (const { list } of this.#lists) threaded.runList(list);
  }

  /** Frees the lists. */
  dispose(): void {
    for (const list of this.#lists) list.dispose();
  }
}
