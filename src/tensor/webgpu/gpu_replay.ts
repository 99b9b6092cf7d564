/**
 * Prioritized replay of stacked networks on the GPU.
 * @module
 */
import type { GpuMemory } from "./gpu_memory.ts";
import { type GpuStep, newGpuStep, WORKGROUP_SIZE } from "./gpu_step.ts";
import type { GpuTdPass } from "./gpu_td_pass.ts";
import { ENTRY_SIZE, GpuReplayRings } from "./gpu_replay_rings.ts";
import {
  insertedPrioritiesShader,
  NO_PRIORITY,
  type ReplaySizes,
  sampleShader,
  updatedPrioritiesShader,
} from "./replay_shaders.ts";

/** How replays of all networks prioritize; as `PrioritizedReplay` on the CPU. */
export interface GpuReplayOptions {
  /** Transitions kept a network. */
  readonly capacity: number;
  /** `uint8` for observations of whole numbers below 256. */
  readonly dtype: "uint8" | "float32";
  /** α: 0 samples uniformly, 1 in proportion to the priority. */
  readonly alpha: number;
  /** β of the importance weights. */
  readonly beta: number;
  /** ε added to |δ|. */
  readonly epsilon: number;
  /** Most bytes of one buffer of transitions, where the GPU would allow more. */
  readonly largestBuffer?: number;
}

/** A transition of the fragment last evaluated that a network's replay takes, its own or another's. */
export interface GpuReplayEntry {
  /** The receiver. */
  readonly network: number;
  /** Of [P, fragmentRows], counted through. */
  readonly row: number;
  /** Before α. */
  readonly priority: number;
}

/** What a network's replay knows of its slots, for checkpoints. */
export interface GpuReplayCounts {
  /** Transitions ever inserted. */
  readonly inserted: number;
  /** priority^α of each slot that is held. */
  readonly storedPriorities: Float32Array;
}

/** Where a replay stands. */
export interface GpuReplayPlace {
  readonly device: GPUDevice;
  readonly memory: GpuMemory;
  /** P. */
  readonly networks: number;
  /** O. */
  readonly obsSize: number;
  /** Filled by {@link GpuReplay.drawSteps}. */
  readonly batch: GpuTdPass;
  /** B: rows a network of the batch. */
  readonly rows: number;
  /** From which transitions are inserted. */
  readonly fragment: GpuTdPass;
  /** Rows a network of the fragment. */
  readonly fragmentRows: number;
}

/** P rings with sum and minimum trees; transitions come from a fragment on the GPU and go to a batch on the GPU. */
export class GpuReplay {
  /** Slots, importance weights and transitions of a batch, from the uniforms written before. */
  readonly drawSteps: readonly GpuStep[];
  /** The transitions themselves. */
  readonly rings: GpuReplayRings;
  /** New priorities of the batch, from the TD errors in its results. */
  readonly priorityStep: GpuStep;
  readonly #options: GpuReplayOptions;
  readonly #place: GpuReplayPlace;
  readonly #inserted: Float64Array;
  readonly #leaves: number;
  readonly #sums: GPUBuffer;
  readonly #minima: GPUBuffer;
  readonly #uniforms: GPUBuffer;
  readonly #entries: GPUBuffer;
  readonly #ranges: GPUBuffer;
  readonly #insertedPriorities: GpuStep;

  constructor(options: GpuReplayOptions, place: GpuReplayPlace) {
    this.#options = options;
    this.#place = place;
    const { device, memory, networks: P, obsSize: O, batch, rows } = place;
    const { capacity, dtype, alpha, beta, epsilon } = options;
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new RangeError(`Cannot open a replay: capacity is ${capacity}, expected a whole number from 1`);
    }
    const leaves = 2 ** Math.ceil(Math.log2(Math.max(2, capacity)));
    const sizes: ReplaySizes = { capacity, leaves, O, dtype };
    const count = P * rows;
    const sums = memory.allocate("sums of priorities", 2 * P * leaves);
    const minima = memory.allocate("minima of priorities", 2 * P * leaves);
    memory.write(minima, new Float32Array(2 * P * leaves).fill(NO_PRIORITY));
    this.#leaves = leaves;
    this.#sums = sums;
    this.#minima = minima;
    const slots = memory.allocate("sampled slots", count);
    this.#uniforms = memory.allocate("uniform numbers", count);
    this.#entries = memory.allocate("entries", ENTRY_SIZE * this.mostEntries);
    this.#ranges = memory.allocate("ranges of entries", 2 * P);
    this.#inserted = new Float64Array(P);
    const step = (
      label: string,
      code: string,
      rest: { buffers: readonly GPUBuffer[]; workgroups: GpuStep["workgroups"] },
    ) => newGpuStep(device, { label, code, ...rest });
    this.rings = new GpuReplayRings(sizes, place, { slots, largest: options.largestBuffer });
    this.#insertedPriorities = step("inserted priorities", insertedPrioritiesShader(sizes), {
      buffers: [sums, minima, this.#entries, this.#ranges],
      workgroups: [P],
    });
    this.drawSteps = [
      step("sample", sampleShader(sizes, { rows, count, beta }), {
        buffers: [sums, minima, this.#uniforms, slots, batch.transitions],
        workgroups: [Math.ceil(count / WORKGROUP_SIZE)],
      }),
      ...this.rings.gatherSteps,
    ];
    this.priorityStep = step("priorities", updatedPrioritiesShader(sizes, { rows, alpha, epsilon }), {
      buffers: [sums, minima, slots, batch.results],
      workgroups: [P],
    });
  }

  /** Entries that one {@link insertSteps} takes: all of a fragment for every network, as far as a ring holds them. */
  get mostEntries(): number {
    const { networks, fragmentRows } = this.#place;
    return networks * Math.min(this.#options.capacity, networks * fragmentRows);
  }

  /** Transitions ever inserted into a network's ring; the next one goes to slot `inserted % capacity`. */
  insertedInto(network: number): number {
    return this.#inserted[network]!;
  }

  /**
   * Hands numbers in [0, 1) to the GPU, by which the next batch is drawn.
   * @param uniforms [P, B]
   */
  writeUniforms(uniforms: Float32Array): void {
    const empty = this.#inserted.indexOf(0);
    if (empty >= 0) {
      throw new Error(
        `Cannot sample from the empty replay of network ${empty}: expected at least one transition`,
      );
    }
    if (4 * uniforms.length !== this.#uniforms.size) {
      throw new RangeError(
        `Cannot sample by ${uniforms.length} numbers, expected ${this.#uniforms.size / 4}, one a transition`,
      );
    }
    this.#place.memory.write(this.#uniforms, uniforms);
  }

  /**
   * The dispatches that append transitions, in the order given for each network; the oldest leave when a ring is full.
   * @throws {RangeError} if an entry names no network or row, or one network gets more than its ring holds
   */
  insertSteps(entries: readonly GpuReplayEntry[]): GpuStep[] {
    const { memory, networks: P, fragmentRows } = this.#place;
    const { capacity, alpha } = this.#options;
    const byNetwork = Array.from({ length: P }, () => [] as GpuReplayEntry[]);
    for (const entry of entries) {
      const receiver = byNetwork[entry.network];
      if (!receiver || !(entry.row >= 0 && entry.row < P * fragmentRows) || receiver.length === capacity) {
        throw new RangeError(
          `Cannot insert row ${entry.row} into the replay of network ${entry.network}: expected networks below ${P}, ` +
            `rows below ${P * fragmentRows}, at most ${capacity} rows a network`,
        );
      }
      receiver.push(entry);
    }
    if (entries.length === 0) return [];
    const rows = new Int32Array(ENTRY_SIZE * entries.length);
    const priorities = new Float32Array(rows.buffer);
    const ranges = new Uint32Array(2 * P);
    let at = 0;
    byNetwork.forEach((own, network) => {
      ranges.set([at, at + own.length], 2 * network);
      for (const { row, priority } of own) {
        rows.set([network, this.#inserted[network]!++ % capacity, row], ENTRY_SIZE * at);
        priorities[ENTRY_SIZE * at + 3] = priority ** alpha;
        at++;
      }
    });
    memory.write(this.#entries, rows);
    memory.write(this.#ranges, ranges);
    return [...this.rings.insertSteps(rows, ranges), this.#insertedPriorities];
  }

  /** Counts and priorities of every network, as later draws depend on them; slow. */
  async counts(): Promise<GpuReplayCounts[]> {
    const { capacity } = this.#options;
    const sums = await this.#place.memory.read(this.#sums);
    return Array.from(this.#inserted, (inserted, network) => {
      const leaf = (2 * network + 1) * this.#leaves;
      return { inserted, storedPriorities: sums.slice(leaf, leaf + Math.min(inserted, capacity)) };
    });
  }

  /**
   * Puts back what `counts` gave of a network; its transitions go back through {@link rings}.
   * @throws {RangeError} if there are not as many priorities as transitions are held
   */
  restore(network: number, { inserted, storedPriorities }: GpuReplayCounts): void {
    const held = Math.min(inserted, this.#options.capacity);
    if (storedPriorities.length !== held) {
      throw new RangeError(
        `Cannot restore a replay from ${storedPriorities.length} priorities, expected ${held}`,
      );
    }
    this.#inserted[network] = inserted;
    const { sums, minima } = treesOf(storedPriorities, this.#leaves);
    this.#place.memory.write(this.#sums, sums, 2 * this.#leaves * network);
    this.#place.memory.write(this.#minima, minima, 2 * this.#leaves * network);
  }
}

/** The trees over one network's priorities, rounded as the GPU rounds them. */
function treesOf(priorities: Float32Array, leaves: number): { sums: Float32Array; minima: Float32Array } {
  const sums = new Float32Array(2 * leaves);
  const minima = new Float32Array(2 * leaves).fill(NO_PRIORITY);
  sums.set(priorities, leaves);
  minima.set(priorities, leaves);
  for (let node = leaves - 1; node >= 1; node--) {
    const left = 2 * node;
    sums[node] = sums[left]! + sums[left + 1]!;
    minima[node] = Math.min(minima[left]!, minima[left + 1]!);
  }
  return { sums, minima };
}
