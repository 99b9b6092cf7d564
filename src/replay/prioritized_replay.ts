/**
 * One agent's experience: a ring of transitions in flat arrays, sampled in proportion to priority^α
 * (Schaul et al. 2016 as RLlib has it, spec/super.md §3).
 * @module
 */
import type { ObsDtype } from "relay/env/parallel_env.ts";
import { type Fragment, notTerminalAt, type ObsArray, obsArray } from "relay/replay/fragment.ts";
import { PriorityTrees } from "relay/replay/segment_tree.ts";
import type { Stream } from "relay/rng/stream.ts";
import { gatherRows } from "relay/tensor/gather_rows.ts";

/** Options of {@link PrioritizedReplay}. */
export interface PrioritizedReplayOptions {
  /** Transitions kept. */
  readonly capacity: number;
  /** α: 0 samples uniformly, 1 in proportion to the priority. */
  readonly alpha: number;
  /** β of the importance weights (constant). */
  readonly beta: number;
  /** ε added to |δ|, so that nothing is never drawn again. */
  readonly epsilon: number;
  /** Length of an observation and the type it is stored in. */
  readonly obs: { readonly O: number; readonly dtype: ObsDtype };
}

/** Where a learner's batch goes: row b of agent p begins at `[p, b]`. */
export interface BatchTarget {
  /** `[P, B, O]` */
  readonly obs: Float32Array;
  /** `[P, B, O]` */
  readonly nextObs: Float32Array;
  /** `[P, B]` */
  readonly actions: Int32Array;
  /** `[P, B]` */
  readonly rewards: Float32Array;
  /** `[P, B]`: 0 where nothing is bootstrapped. */
  readonly notTerminal: Float32Array;
  /** `[P, B]` */
  readonly isWeights: Float32Array;
}

/** The ring's columns, each `[capacity, …]`. */
export interface ReplayColumns {
  readonly obs: ObsArray;
  readonly nextObs: ObsArray;
  readonly actions: Uint8Array;
  readonly rewards: Float32Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
}

/** Ring buffer with prioritized sampling. */
export class PrioritizedReplay {
  readonly options: PrioritizedReplayOptions;
  readonly columns: ReplayColumns;
  readonly #trees: PriorityTrees;
  #inserted = 0;
  #maxPriority = 1;
  /** Scratch of `sample` and `updatePriorities`. */
  #scratch = new Float64Array(0);
  /** Keeps the reads of `touchRows` from being optimised away. */
  #touched = 0;

  constructor(options: PrioritizedReplayOptions) {
    const { capacity, obs } = options;
    this.options = options;
    this.columns = {
      obs: obsArray(obs.dtype, capacity * obs.O),
      nextObs: obsArray(obs.dtype, capacity * obs.O),
      actions: new Uint8Array(capacity),
      rewards: new Float32Array(capacity),
      terminated: new Uint8Array(capacity),
      truncated: new Uint8Array(capacity),
    };
    this.#trees = new PriorityTrees(capacity);
  }

  /** Transitions held. */
  get size(): number {
    return Math.min(this.#inserted, this.options.capacity);
  }

  /** Transitions ever inserted; the next one goes to slot `inserted % capacity`. */
  get inserted(): number {
    return this.#inserted;
  }

  /** Largest priority ever written back, at least 1. */
  get maxPriority(): number {
    return this.#maxPriority;
  }

  /** Stored priority^α of each slot that is held; a view. */
  get storedPriorities(): Float64Array {
    return this.#trees.leaves(this.size);
  }

  /** Appends transition t of agent i; the oldest leaves when the ring is full. */
  insert(fragment: Fragment, { agent, t }: { agent: number; t: number }, priority: number): void {
    const { O } = this.options.obs;
    const slot = this.#inserted % this.options.capacity;
    const row = agent * fragment.F + t;
    copyRow(fragment.obs, row, this.columns.obs, { slot, O });
    copyRow(fragment.nextObs, row, this.columns.nextObs, { slot, O });
    this.columns.actions[slot] = fragment.actions[row]!;
    this.columns.rewards[slot] = fragment.rewards[row]!;
    this.columns.terminated[slot] = fragment.terminated[row]!;
    this.columns.truncated[slot] = fragment.truncated[row]!;
    this.#trees.set(slot, priority ** this.options.alpha);
    this.#inserted++;
  }

  /**
   * Draws slots with replacement: mass = U[0, 1) · Σ, found in the sum tree, each draw on its own.
   * @param slots `[B]`, overwritten
   */
  sample(slots: Int32Array, stream: Stream): void {
    if (this.size === 0) {
      throw new Error("Cannot sample from an empty replay: expected at least one transition");
    }
    const masses = this.#doubles(slots.length);
    for (let b = 0; b < slots.length; b++) masses[b] = stream.random() * this.#trees.total;
    this.#trees.findAll(masses, slots);
    const last = this.size - 1;
    for (let b = 0; b < slots.length; b++) slots[b] = Math.min(slots[b]!, last);
  }

  /** w = (n·P(slot))^−β / max w, the maximum over the whole ring: (stored / smallest stored)^−β. */
  importanceWeight(slot: number): number {
    return (this.#trees.get(slot) / this.#trees.minimum) ** -this.options.beta;
  }

  /**
   * Writes the sampled transitions as rows of agent p.
   * @param bootstrapAtTimeLimit false: a truncated transition is terminal (RLlib's `no_done_at_end = False`)
   */
  gather(slots: Int32Array, into: BatchTarget, { p, bootstrapAtTimeLimit }: {
    p: number;
    bootstrapAtTimeLimit: boolean;
  }): void {
    const { columns, options: { obs: { O } } } = this;
    this.#touched += touchRows(columns.obs, slots, O) + touchRows(columns.nextObs, slots, O);
    const firstRow = p * slots.length;
    gatherRows(columns.obs, slots, { values: into.obs, row: firstRow, width: O });
    gatherRows(columns.nextObs, slots, { values: into.nextObs, row: firstRow, width: O });
    for (let b = 0; b < slots.length; b++) {
      const slot = slots[b]!;
      const row = firstRow + b;
      into.actions[row] = columns.actions[slot]!;
      into.rewards[row] = columns.rewards[slot]!;
      into.notTerminal[row] = notTerminalAt(columns, slot, bootstrapAtTimeLimit);
      into.isWeights[row] = this.importanceWeight(slot);
    }
  }

  /** New priority |δ| + ε of each sampled slot, in order (a slot drawn twice keeps the last). */
  updatePriorities(slots: Int32Array, tdErrors: Float32Array): void {
    const stored = this.#doubles(slots.length);
    for (let b = 0; b < slots.length; b++) {
      const priority = Math.abs(tdErrors[b]!) + this.options.epsilon;
      stored[b] = priority ** this.options.alpha;
      if (priority > this.#maxPriority) this.#maxPriority = priority;
    }
    this.#trees.setAll(slots, stored);
  }

  #doubles(length: number): Float64Array {
    if (this.#scratch.length !== length) this.#scratch = new Float64Array(length);
    return this.#scratch;
  }

  /** Puts back counters and priorities after the columns were refilled. */
  restore(saved: { inserted: number; maxPriority: number; storedPriorities: Float64Array }): void {
    this.#inserted = saved.inserted;
    this.#maxPriority = saved.maxPriority;
    this.#trees.restore(saved.storedPriorities);
  }
}

function copyRow(source: ObsArray, row: number, target: ObsArray, to: { slot: number; O: number }): void {
  const { slot, O } = to;
  target.set(source.subarray(row * O, (row + 1) * O), slot * O);
}

/**
 * Reads one value of every cache line of the rows: they lie anywhere in hundreds of megabytes, and asked for all at once
 * they come together, where copying row by row waits for each (120 µs a batch of Pursuit's eight agents becomes 55).
 */
function touchRows(source: ObsArray, slots: Int32Array, O: number): number {
  const step = 64 / source.BYTES_PER_ELEMENT;
  let sum = 0;
  for (let b = 0; b < slots.length; b++) {
    const start = slots[b]! * O;
    for (let k = 0; k < O; k += step) sum += source[start + k]!;
    sum += source[start + O - 1]!;
  }
  return sum;
}
