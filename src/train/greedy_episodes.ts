import type { ParallelEnv } from "relay/env/parallel_env.ts";
import type { Stream } from "relay/rng/stream.ts";

/** Outcome of a greedy evaluation. */
export interface Evaluation {
  /** `[episodes]`: undiscounted reward sum over the team. */
  readonly teamReturns: Float64Array;
  /** `[episodes]`: joint steps. */
  readonly lengths: Int32Array;
}

/** Largest seed of an evaluation episode, exclusive. */
const SEEDS = 2 ** 31;

/** One episode in each copy of an environment, for greedy actions from wherever the networks are. */
export class GreedyEpisodes {
  readonly #env: ParallelEnv;
  readonly #P: number;
  readonly #teamReturns: Float64Array;
  readonly #lengths: Int32Array;
  readonly #isOver: Uint8Array;
  readonly #actions: Int32Array;
  #running: number;

  /**
   * Draws the episodes' seeds and begins them.
   * @param env its copies are the episodes
   * @param networks P: one an agent, or one for all
   */
  constructor(env: ParallelEnv, { networks, stream }: { networks: number; stream: Stream }) {
    this.#env = env;
    this.#P = networks;
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

  /** @param rows `[P, E·N/P, O]`, overwritten with what to act on */
  writeObs(rows: Float32Array): void {
    const { E, N, O, obs } = this.#env;
    if (this.#P === 1) return rows.set(obs);
    for (let e = 0; e < E; e++) {
      for (let i = 0; i < N; i++) {
        const from = (e * N + i) * O;
        rows.set(obs.subarray(from, from + O), (i * E + e) * O);
      }
    }
  }

  /**
   * One joint step of every copy; those whose episode has ended no longer count.
   * @param greedy `[P, E·N/P]`
   */
  step(greedy: Int32Array): void {
    const { E, N } = this.#env;
    for (let e = 0; e < E; e++) {
      for (let i = 0; i < N; i++) {
        this.#actions[e * N + i] = greedy[this.#P === 1 ? e * N + i : i * E + e]!;
      }
    }
    this.#env.step(this.#actions);
    for (let e = 0; e < E; e++) if (!this.#isOver[e]) this.#count(e);
  }

  #count(e: number): void {
    const { N, rewards, terminated, truncated } = this.#env;
    for (let i = 0; i < N; i++) this.#teamReturns[e]! += rewards[e * N + i]!;
    this.#lengths[e]!++;
    if (!terminated[e * N] && !truncated[e * N]) return;
    this.#isOver[e] = 1;
    this.#running--;
  }
}
