import { epsilonAt, epsilonGreedy } from "relay/algo/epsilon_greedy.ts";
import type { Team } from "relay/algo/team.ts";
import type { ParallelEnv } from "relay/env/parallel_env.ts";
import type { Fragment } from "relay/replay/fragment.ts";
import { type HeapTensor, heapTensor } from "relay/tensor/heap_tensor.ts";

/** An episode that ended inside a fragment. */
export interface EndedEpisode {
  /** Joint step after which it ended. */
  readonly envSteps: number;
  /** Sum of undiscounted rewards over all agents. */
  readonly teamReturn: number;
  /** Joint steps. */
  readonly length: number;
}

/** Line 1 of the box: acts ε-greedily in one copy of an environment and writes what happened into fragments. */
export class Rollout {
  readonly #env: ParallelEnv;
  readonly #team: Team;
  readonly #acting: HeapTensor<Float32Array>;
  readonly #steps: RolloutSteps;

  /** @param env one copy, already reset */
  constructor(env: ParallelEnv, team: Team) {
    this.#steps = new RolloutSteps(env, team);
    this.#env = env;
    this.#team = team;
    this.#acting = heapTensor([team.P, env.N / team.P, ...env.describe().obsShape], "float32");
  }

  /**
   * Fills the fragment with its F next joint steps.
   * @param envSteps joint steps done before
   * @returns the episodes that ended on the way
   */
  collect(fragment: Fragment, envSteps: number): EndedEpisode[] {
    const ended: EndedEpisode[] = [];
    for (let t = 0; t < fragment.F; t++) {
      this.#acting.values.set(this.#env.obs);
      const greedy = this.#team.online.greedy(this.#acting.tensor);
      const episode = this.#steps.take(fragment, { t, envSteps, greedy });
      if (episode) ended.push(episode);
    }
    return ended;
  }

  /** The episode under way. */
  save(): { teamReturn: number; length: number } {
    return this.#steps.save();
  }

  restore(saved: ReturnType<Rollout["save"]>): void {
    this.#steps.restore(saved);
  }

  dispose(): void {
    this.#acting.dispose();
  }
}

/** The joint steps of a rollout, for greedy actions from wherever the networks are. */
export class RolloutSteps {
  readonly #env: ParallelEnv;
  readonly #team: Pick<Team, "config" | "epsilonStreams">;
  readonly #actions: Int32Array;
  #teamReturn = 0;
  #length = 0;

  /** @param env one copy, already reset */
  constructor(env: ParallelEnv, team: Pick<Team, "config" | "epsilonStreams">) {
    if (env.E !== 1) throw new RangeError(`Cannot collect from ${env.E} copies at once: expected 1`);
    this.#env = env;
    this.#team = team;
    this.#actions = new Int32Array(env.N);
  }

  /**
   * Takes joint step t of a fragment.
   * @param step `envSteps`: joint steps done before the fragment; `greedy`: `[N]` actions for the environment's `obs`
   * @returns the episode that ended with it
   */
  take(
    fragment: Fragment,
    { t, envSteps, greedy }: { readonly t: number; readonly envSteps: number; readonly greedy: Int32Array },
  ): EndedEpisode | undefined {
    const { config, epsilonStreams } = this.#team;
    this.#actions.set(greedy);
    const epsilon = epsilonAt(config.epsilon, envSteps + t);
    epsilonGreedy(this.#actions, epsilonStreams, { epsilon, A: this.#env.A });
    this.#storeBefore(fragment, t);
    this.#env.step(this.#actions);
    fragment.envSteps[t] = envSteps + t + 1;
    this.#storeAfter(fragment, t);
    if (!this.#env.terminated[0] && !this.#env.truncated[0]) return undefined;
    const ended = { envSteps: envSteps + t + 1, teamReturn: this.#teamReturn, length: this.#length };
    this.#teamReturn = 0;
    this.#length = 0;
    return ended;
  }

  /** The episode under way. */
  save(): { teamReturn: number; length: number } {
    return { teamReturn: this.#teamReturn, length: this.#length };
  }

  restore(saved: ReturnType<RolloutSteps["save"]>): void {
    this.#teamReturn = saved.teamReturn;
    this.#length = saved.length;
  }

  #storeBefore(fragment: Fragment, t: number): void {
    const { N, O, F } = fragment;
    for (let i = 0; i < N; i++) {
      const row = i * F + t;
      fragment.obs.set(this.#env.obs.subarray(i * O, (i + 1) * O), row * O);
      fragment.actions[row] = this.#actions[i]!;
    }
  }

  #storeAfter(fragment: Fragment, t: number): void {
    const { N, O, F } = fragment;
    const { nextObs, rewards, terminated, truncated } = this.#env;
    for (let i = 0; i < N; i++) {
      const row = i * F + t;
      fragment.nextObs.set(nextObs.subarray(i * O, (i + 1) * O), row * O);
      fragment.rewards[row] = rewards[i]!;
      fragment.terminated[row] = terminated[i]!;
      fragment.truncated[row] = truncated[i]!;
      this.#teamReturn += rewards[i]!;
    }
    this.#length++;
  }
}
