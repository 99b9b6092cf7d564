import { sampleActions } from "relay/algo/categorical.ts";
import type { Experience } from "relay/algo/experience.ts";
import type { ActorCriticTeam } from "relay/algo/seac_team.ts";
import { endedCopies } from "relay/env/copy_record.ts";
import type { ParallelEnv } from "relay/env/parallel_env.ts";
import * as tf from "@tensorflow/tfjs";
import { type HeapTensor, heapTensor, readInto } from "relay/tensor/heap_tensor.ts";

/** Line 1 of the box: acts in E copies of an environment and writes what happened into a rollout. */
export class ActorCriticRollout {
  readonly #env: ParallelEnv;
  readonly #team: ActorCriticTeam;
  /** `[P, S·E, O]`: an agent's copies lie together, from its row in `[P, S]` times E. */
  readonly #acting: HeapTensor<Float32Array>;
  /** `[P, S·E, A]` and `[P, S·E]`, as the networks give them. */
  readonly #seated: { readonly logits: Float32Array; readonly values: Float32Array };
  /** `[N, E, A]` */
  readonly #logits: Float32Array;
  /** `[N, E]` */
  readonly #values: Float32Array;
  readonly #sampled: { readonly actions: Int32Array; readonly logProbs: Float64Array };
  readonly #jointActions: Int32Array;
  /** `[E, N]`, 1 for those who act in the step at hand. */
  readonly #actors: Uint8Array;
  /** `[E]`: reward sums of the episodes under way. */
  readonly #teamReturns: Float64Array;

  /** @param env its copies already reset */
  constructor(env: ParallelEnv, team: ActorCriticTeam) {
    const { E, N, O, A } = env;
    const { P, S } = team.seats;
    this.#env = env;
    this.#team = team;
    this.#acting = heapTensor([P, S * E, O], "float32");
    this.#seated = { logits: new Float32Array(P * S * E * A), values: new Float32Array(P * S * E) };
    this.#logits = new Float32Array(E * N * A);
    this.#values = new Float32Array(E * N);
    this.#sampled = { actions: new Int32Array(E * N), logProbs: new Float64Array(E * N) };
    this.#jointActions = new Int32Array(E * N);
    this.#actors = new Uint8Array(E * N).fill(1);
    this.#teamReturns = new Float64Array(E);
  }

  /**
   * Fills a rollout with the T next joint steps.
   * @returns the team's returns of the episodes that ended on the way
   */
  collect(experience: Experience): number[] {
    const ended: number[] = [];
    for (let t = 0; t < experience.T; t++) {
      this.#evaluateNetworks();
      sampleActions(this.#logits, this.#team.actionStreams, this.#sampled);
      if (this.#env.alive) this.#actors.set(this.#env.alive);
      this.#storeBefore(experience, t);
      this.#env.step(this.#jointActions);
      this.#storeAfter(experience, t);
      ended.push(...this.#endedReturns());
    }
    this.#evaluateNetworks();
    this.#storeValues(experience, experience.T);
    return ended;
  }

  /** The episodes under way. */
  save(): number[] {
    return [...this.#teamReturns];
  }

  restore(saved: readonly number[]): void {
    this.#teamReturns.set(saved);
  }

  dispose(): void {
    this.#acting.dispose();
  }

  /** Logits and values of what the agents see now. */
  #evaluateNetworks(): void {
    const { E, N, O, A, obs } = this.#env;
    const { networks, seats: { rowOf } } = this.#team;
    const { logits, values } = this.#seated;
    for (let e = 0; e < E; e++) {
      for (let i = 0; i < N; i++) {
        const from = (e * N + i) * O;
        this.#acting.values.set(obs.subarray(from, from + O), (rowOf[i]! * E + e) * O);
      }
    }
    tf.tidy(() => {
      readInto(networks.logits(this.#acting.tensor), logits);
      readInto(networks.values(this.#acting.tensor), values);
    });
    for (let i = 0; i < N; i++) {
      const from = rowOf[i]! * E;
      this.#logits.set(logits.subarray(from * A, (from + E) * A), i * E * A);
      this.#values.set(values.subarray(from, from + E), i * E);
    }
  }

  #storeBefore(experience: Experience, t: number): void {
    const { E, N, O } = this.#env;
    for (let i = 0; i < N; i++) {
      const from = i * E;
      const row = rowOf(experience, i, t);
      const seat = this.#team.seats.rowOf[i]! * E;
      experience.obs.values.set(this.#acting.values.subarray(seat * O, (seat + E) * O), row * O);
      experience.actions.values.set(this.#sampled.actions.subarray(from, from + E), row);
      experience.behaviourLogProbs.values.set(this.#sampled.logProbs.subarray(from, from + E), row);
      for (let e = 0; e < E; e++) {
        experience.alive.values[row + e] = this.#actors[e * N + i]!;
        this.#jointActions[e * N + i] = this.#sampled.actions[from + e]!;
      }
    }
    this.#storeValues(experience, t);
  }

  #storeValues({ N, T, E, values }: Experience, t: number): void {
    for (let i = 0; i < N; i++) {
      values.set(this.#values.subarray(i * E, (i + 1) * E), (i * (T + 1) + t) * E);
    }
  }

  #storeAfter(experience: Experience, t: number): void {
    const { E, N, rewards, terminated, truncated } = this.#env;
    for (let i = 0; i < N; i++) {
      const row = rowOf(experience, i, t);
      for (let e = 0; e < E; e++) {
        experience.rewards[row + e] = rewards[e * N + i]!;
        experience.terminated[row + e] = terminated[e * N + i]!;
        experience.truncated[row + e] = truncated[e * N + i]!;
      }
    }
    for (const i of this.#team.learners) {
      for (let e = 0; e < E; e++) {
        if (this.#actors[e * N + i]) this.#teamReturns[e]! += rewards[e * N + i]!;
      }
    }
  }

  #endedReturns(): number[] {
    const { E } = this.#env;
    const hasEnded = endedCopies(this.#env, this.#actors);
    const ended: number[] = [];
    for (let e = 0; e < E; e++) {
      if (!hasEnded[e]) continue;
      ended.push(this.#teamReturns[e]!);
      this.#teamReturns[e] = 0;
    }
    return ended;
  }
}

/** Row of agent i's step t in copy 0. */
function rowOf({ T, E }: Experience, i: number, t: number): number {
  return (i * T + t) * E;
}
