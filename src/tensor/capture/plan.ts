import * as tf from "@tensorflow/tfjs";
import type { SimdReplay } from "../simd_backend.ts";
import type { RecordedCall } from "./kernel_accesses.ts";
import { type NetworkList, networkList } from "./network_list.ts";
import type { Recording } from "./recording.ts";
import { stretchesOf } from "./stretches.ts";

type Kernel = (...args: number[]) => void;

/** A list for all threads, then calls for the calling one. */
interface Part {
  readonly list: NetworkList | undefined;
  readonly tail: readonly RecordedCall[];
}

/** A recording that can be computed again. */
export class Plan<Name extends string> {
  /** Of the last evaluation. */
  readonly values: Readonly<Record<Name, Float32Array>>;
  readonly #recording: Recording;
  readonly #results: Readonly<Record<Name, tf.Tensor>>;
  readonly #replay: SimdReplay;
  readonly #parts: readonly Part[];

  constructor(recording: Recording, results: Readonly<Record<Name, tf.Tensor>>, replay: SimdReplay) {
    this.#recording = recording;
    this.#results = results;
    this.#replay = replay;
    const memory = new Int32Array(replay.backend.buffer);
    this.#parts = stretchesOf(recording.calls, (address) => memory[address / 4]!).map((stretch) => ({
      list: stretch.calls.length === 0
        ? undefined
        : networkList(replay, stretch.calls, { networks: stretch.networks }),
      tail: stretch.tail,
    }));
    const entries = Object.entries<tf.Tensor>(results).map((
      [name, tensor],
    ) => [name, replay.backend.view(tf.keep(tensor))]);
    this.values = Object.fromEntries(entries) as Record<Name, Float32Array>;
  }

  /** Whether all that it was recorded with is where it was. */
  isCurrent(): boolean {
    return this.#recording.isCurrent();
  }

  /** Computes again; `values` are overwritten. */
  run(): Readonly<Record<Name, Float32Array>> {
    const { threaded } = this.#replay;
    for (const prepare of this.#recording.preparations) prepare();
    for (const { list, tail } of this.#parts) {
      if (list) threaded.runList(list.list);
      for (const { name, args } of tail) (threaded.exports[name] as Kernel)(...args);
    }
    return this.values;
  }

  dispose(): void {
    tf.dispose(this.#results);
    this.#recording.pool.close();
    for (const { list } of this.#parts) list?.dispose();
  }
}
