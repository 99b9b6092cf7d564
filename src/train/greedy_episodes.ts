import { evenSeats, type Seats } from "relay/algo/seats.ts";
import { endedCopies } from "relay/env/copy_record.ts";
import type { ParallelEnv } from "relay/env/parallel_env.ts";
import type { Stream } from "relay/rng/stream.ts";

/** Outcome of a greedy evaluation. */
export interface Evaluation {
  /** `[episodes]`: undiscounted reward sum over the learning team. */
  readonly teamReturns: Float64Array;
  /** `[episodes]`: joint steps. */
  readonly lengths: Int32Array;
}

/** Largest seed of an evaluation episode, exclusive. */
const SEEDS = 2 ** 31;

/** Who plays, and what the episodes' seeds are drawn from. */
export interface GreedyEpisodesOptions {
  readonly networks: number;
  readonly stream: Stream;
  readonly seats?: Seats;
  readonly counted?: readonly number[];
}

/** One episode in each copy of an environment, for greedy actions from wherever the networks are. */
export class GreedyEpisodes {
  readonly #env: ParallelEnv;
  readonly #seats: Seats;
  readonly #counted: readonly number[];
  /** `[E, N]`, 1 for those who act in the step at hand. */
  readonly #actors: Uint8Array;
  readonly #teamReturns: Float64Array;
  readonly #lengths: Int32Array;
  readonly #isOver: Uint8Array;
  readonly #actions: Int32Array;
  #running: number;

  /**
   * Draws the episodes' seeds and begins them.
   * @param env its copies are the episodes
   * @param options `networks`: P, one an agent or one for all, where no `seats` say more; `counted`: agents whose rewards make up the returns,
   * all unless given
   */
  constructor(env: ParallelEnv, { networks, stream, seats, counted }: GreedyEpisodesOptions) {
    this.#env = env;
    this.#seats = seats ?? evenSeats(env.N, networks);
    this.#counted = counted ?? Array.from({ length: env.N }, (_, i) => i);
    this.#actors = new Uint8Array(env.E * env.N).fill(1);
    this.#teamReturns = new Float64Array(env.E);
    this.#lengths = new Int32Array(env.E);
    this.#isOver = new Uint8Array(env.E);
    this.#actions = new Int32Array(env.E * env.N);
    this.#running = env.E;
    env.reset(Array.from({ length: env.E }, () => stream.below(SEEDS)));
  }

  /** Whether every episode has ended. */
  get areOver(): boolean {
    return this.#running === 0;
  }

  /** What has happened so far. */
  get outcome(): Evaluation {
    return { teamReturns: this.#teamReturns, lengths: this.#lengths };
  }

  /** @param rows `[P, E·S, O]`, overwritten with what to act on */
  writeObs(rows: Float32Array): void {
    const { E, N, O, obs } = this.#env;
    for (let e = 0; e < E; e++) {
      for (let i = 0; i < N; i++) {
        const from = (e * N + i) * O;
        rows.set(obs.subarray(from, from + O), this.#rowOf(e, i) * O);
      }
    }
  }

  /**
   * One joint step of every copy; those whose episode has ended no longer count.
   * @param greedy `[P, E·S]`
   */
  step(greedy: Int32Array): void {
    const { E, N, alive } = this.#env;
    for (let e = 0; e < E; e++) {
      for (let i = 0; i < N; i++) this.#actions[e * N + i] = greedy[this.#rowOf(e, i)]!;
    }
    if (alive) this.#actors.set(alive);
    this.#env.step(this.#actions);
    const hasEnded = endedCopies(this.#env, this.#actors);
    for (let e = 0; e < E; e++) if (!this.#isOver[e]) this.#count(e, hasEnded[e]!);
  }

  /** Row of agent i of copy e: a network's rows are copy by copy. */
  #rowOf(e: number, i: number): number {
    const { S, networkOf, rowOf } = this.#seats;
    return rowOf[i]! + (networkOf[i]! * (this.#env.E - 1) + e) * S;
  }

  #count(e: number, hasEnded: boolean): void {
    const { N, rewards } = this.#env;
    for (const i of this.#counted) {
      if (this.#actors[e * N + i]) this.#teamReturns[e]! += rewards[e * N + i]!;
    }
    this.#lengths[e]!++;
    if (!hasEnded) return;
    this.#isOver[e] = 1;
    this.#running--;
  }
}
