import type { ParallelEnv } from "relay/env/parallel_env.ts";
import { openStream, type Stream } from "relay/rng/stream.ts";
import { EnvWrapper, joinBytes, requireActions, splitBytes } from "./env_wrapper.ts";

/** No action before the first of an episode. */
const NONE = -1;

/** Options of {@link ReplacedActions}. */
export interface ReplacedActionsOptions {
  /** p, of every action. */
  readonly probability: number;
  /**
   * What is executed instead: the action that was executed last (sticky actions, spec/wrappers.md §5; an episode's first is never
   * replaced), or a uniform one.
   */
  readonly by: "last" | "uniform";
}

/**
 * With probability p something else is executed than what an agent wanted. Every agent of every copy draws from a stream of its own, derived
 * from the copy's seed: in the original's sticky actions, equal seeds make all agents stick at the same moments.
 */
export class ReplacedActions extends EnvWrapper {
  readonly #by: ReplacedActionsOptions["by"];
  readonly #p: number;
  /** `[E·N]` */
  readonly #streams: Stream[];
  /** `[E·N]`: actions executed last. */
  readonly #executed: Int32Array;

  constructor(inner: ParallelEnv, { probability, by }: ReplacedActionsOptions) {
    super(inner);
    this.#p = probability;
    this.#by = by;
    this.#executed = new Int32Array(this.E * this.N).fill(NONE);
    this.#streams = [];
    for (let e = 0; e < this.E; e++) this.#seed(e, e);
  }

  override reset(seeds?: ArrayLike<number>): void {
    super.reset(seeds);
    for (let e = 0; seeds && e < this.E; e++) this.#seed(e, seeds[e]!);
    this.#executed.fill(NONE);
  }

  override step(actions: Int32Array): void {
    requireActions(this, actions);
    for (let i = 0; i < actions.length; i++) {
      const stream = this.#streams[i]!;
      const old = this.#by === "last" ? this.#executed[i]! : 0;
      const isReplaced = old !== NONE && stream.random() < this.#p;
      if (!isReplaced) this.#executed[i] = actions[i]!;
      else if (this.#by === "uniform") this.#executed[i] = stream.below(this.A);
    }
    this.stepInner(this.#executed);
    for (let e = 0; e < this.E; e++) {
      if (this.hasEnded(e)) this.#executed.fill(NONE, e * this.N, (e + 1) * this.N);
    }
  }

  override save(): Uint8Array {
    const words = [...this.#executed, ...this.#streams.flatMap((stream) => [...stream.save()])];
    return joinBytes(super.save(), new Uint8Array(Uint32Array.from(words).buffer));
  }

  override load(saved: Uint8Array): void {
    const { id } = this.describe();
    const [inner, own] = splitBytes(saved, id);
    const wordsOfStream = this.#streams[0]!.save().length;
    const expected = 4 * this.#executed.length * (1 + wordsOfStream);
    if (own.length !== expected) {
      throw new RangeError(`Cannot load ${id}: got ${own.length} bytes of streams, expected ${expected}`);
    }
    super.load(inner);
    const words = new Uint32Array(own.buffer);
    this.#executed.set(words.subarray(0, this.#executed.length));
    this.#streams.forEach((stream, i) => {
      const from = this.#executed.length + i * wordsOfStream;
      stream.restore([...words.subarray(from, from + wordsOfStream)]);
    });
  }

  #seed(e: number, seed: number): void {
    const root = openStream(seed).fork("replaced_actions");
    for (let i = 0; i < this.N; i++) this.#streams[e * this.N + i] = root.fork(`agent/${i}`);
  }
}
