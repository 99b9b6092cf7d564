/**
 * The transitions of stacked networks' replays in the GPU's memory.
 * @module
 */
import type { GpuMemory } from "./gpu_memory.ts";
import type { GpuReplayPlace } from "./gpu_replay.ts";
import { type GpuStep, newGpuStep } from "./gpu_step.ts";
import { gatherShader, insertShader, type ReplaySizes, wordsOf } from "./replay_shaders.ts";

/** Slots of one network's ring. */
export interface GpuReplaySlots {
  readonly network: number;
  /** First slot. */
  readonly from: number;
  /** Behind the last slot. */
  readonly to: number;
}

/** What slots hold, for checkpoints. */
export interface GpuReplayTransitions {
  /** Words [slots, words]: bytes of observations, padded to whole words, where these are kept as uint8. */
  readonly obs: Uint32Array;
  /** Likewise. */
  readonly nextObs: Uint32Array;
  /** (reward, 2 · action + notTerminal) [slots, 2]. */
  readonly facts: Float32Array;
}

/** Rings of neighbouring networks that share buffers. */
interface Shard {
  readonly first: number;
  readonly count: number;
  readonly rings: Readonly<Record<keyof GpuReplayTransitions, GPUBuffer>>;
  readonly entries: GPUBuffer;
  readonly insert: GpuStep;
  readonly gather: GpuStep;
}

/** Values of 4 bytes of an entry on the GPU: network of the shard, slot, row, priority^α. */
export const ENTRY_SIZE = 4;
const FACTS = 2;

/**
 * Rings of P networks. One buffer holds those of as many networks as this GPU allows (the paper's replays: about 120 on
 * an NVIDIA GPU, 7 on software Vulkan), so that a learner's P has no limit of its own.
 */
export class GpuReplayRings {
  readonly #place: GpuReplayPlace;
  readonly #sizes: ReplaySizes;
  readonly #shards: readonly Shard[];

  /** @param buffers `slots`: of the batch to gather [P, B]; `largest`: most bytes of one buffer, unless the GPU allows fewer */
  constructor(sizes: ReplaySizes, place: GpuReplayPlace, { slots, largest = Infinity }: {
    readonly slots: GPUBuffer;
    readonly largest: number | undefined;
  }) {
    this.#place = place;
    this.#sizes = sizes;
    const { memory, networks: P } = place;
    const most = Math.max(
      1,
      Math.floor(Math.min(largest, memory.largestBuffer) / (4 * this.#lengthOf("obs"))),
    );
    const shards = Math.ceil(P / most);
    const edge = (shard: number) => Math.floor(shard * P / shards);
    this.#shards = Array.from(
      { length: shards },
      (_, shard) => this.#newShard({ first: edge(shard), count: edge(shard + 1) - edge(shard), slots }),
    );
  }

  /** The dispatches that fill the batch from its slots. */
  get gatherSteps(): readonly GpuStep[] {
    return this.#shards.map(({ gather }) => gather);
  }

  /**
   * The dispatches that copy transitions of the fragment into slots.
   * @param entries {@link ENTRY_SIZE} values each, of all networks in order
   * @param ranges (begin, end) of each network's entries [P]
   */
  insertSteps(entries: Int32Array, ranges: Uint32Array): GpuStep[] {
    return this.#shards.flatMap(({ first, count, entries: buffer, insert }) => {
      const own = entries.slice(
        ENTRY_SIZE * ranges[2 * first]!,
        ENTRY_SIZE * ranges[2 * (first + count) - 1]!,
      );
      if (own.length === 0) return [];
      for (let at = 0; at < own.length; at += ENTRY_SIZE) own[at]! -= first;
      this.#place.memory.write(buffer, own);
      return [{ ...insert, workgroups: [own.length / ENTRY_SIZE] as const }];
    });
  }

  /** A copy of what slots hold; one wait for all. */
  async read(ranges: readonly GpuReplaySlots[]): Promise<GpuReplayTransitions[]> {
    const parts = ranges.flatMap((slots) => COLUMNS.map((column) => this.#partOf(column, slots)));
    const values = await this.#place.memory.readParts(parts);
    return ranges.map((_, k) => {
      const [obs, nextObs, facts] = values.slice(COLUMNS.length * k);
      return { obs: wordsIn(obs!), nextObs: wordsIn(nextObs!), facts: facts! };
    });
  }

  /**
   * Puts back what `read` gave.
   * @throws {RangeError} if sizes differ
   */
  write(slots: GpuReplaySlots, transitions: GpuReplayTransitions): void {
    for (const column of COLUMNS) {
      const { buffer, offset, length } = this.#partOf(column, slots);
      if (transitions[column].length !== length) {
        throw new RangeError(
          `Cannot restore a replay from ${transitions[column].length} ${column}, expected ${length}`,
        );
      }
      this.#place.memory.write(buffer, transitions[column], offset);
    }
  }

  #partOf(column: keyof GpuReplayTransitions, { network, from, to }: GpuReplaySlots): Part {
    const shard = this.#shards.findLast(({ first }) => first <= network)!;
    const perSlot = this.#lengthOf(column) / this.#sizes.capacity;
    const slot = (network - shard.first) * this.#sizes.capacity + from;
    return { buffer: shard.rings[column], offset: slot * perSlot, length: (to - from) * perSlot };
  }

  /** Values of one network's ring. */
  #lengthOf(column: keyof GpuReplayTransitions): number {
    return this.#sizes.capacity * (column === "facts" ? FACTS : wordsOf(this.#sizes));
  }

  #newShard({ first, count, slots }: { first: number; count: number; slots: GPUBuffer }): Shard {
    const { device, memory, networks: P, fragmentRows, fragment, rows, batch } = this.#place;
    const ring = (column: keyof GpuReplayTransitions, label: string) =>
      memory.allocate(label, count * this.#lengthOf(column));
    const obs = ring("obs", "replayed observations");
    const nextObs = ring("nextObs", "replayed next observations");
    const facts = ring("facts", "replayed transitions");
    const most = count * Math.min(this.#sizes.capacity, P * fragmentRows);
    const entries = memory.allocate("entries", ENTRY_SIZE * most);
    return {
      first,
      count,
      rings: { obs, nextObs, facts },
      entries,
      insert: newGpuStep(device, {
        label: "insert",
        code: insertShader(this.#sizes, P * fragmentRows),
        buffers: [entries, fragment.input, fragment.transitions, obs, nextObs, facts],
        workgroups: [1],
      }),
      gather: newGpuStep(device, {
        label: "gather",
        code: gatherShader(this.#sizes, { rows, count: P * rows, first }),
        buffers: [obs, nextObs, facts, slots, batch.input, batch.transitions],
        workgroups: [rows, count],
      }),
    };
  }
}

const COLUMNS = ["obs", "nextObs", "facts"] as const;
type Part = Parameters<GpuMemory["readParts"]>[0][number];

function wordsIn(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}
