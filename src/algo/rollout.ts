import { epsilonAt, epsilonGreedy } from "relay/algo/epsilon_greedy.ts";
import type { Team } from "relay/algo/team.ts";
import { endedCopies } from "relay/env/copy_record.ts";
import type { ParallelEnv } from "relay/env/parallel_env.ts";
import type { Fragment } from "relay/replay/fragment.ts";
import { type HeapTensor, heapTensor } from "relay/tensor/heap_tensor.ts";

/** An episode that ended inside a fragment. */
export interface EndedEpisode {
  /** Joint step after which it ended. */
  readonly envSteps: number;
  /** Sum of undiscounted rewards over the agents of the learning team. */
  readonly teamReturn: number;
  /** Joint steps. */
  readonly length: number;
}

/** Line 1 of the box: acts ε-greedily in one copy of an environment and writes what happened into fragments. */
export class Rollout {
  readonly #env: ParallelEnv;
  readonly #team: Team;
  /** `[P, S, …]` */
  readonly #acting: HeapTensor<Float32Array>;
  readonly #greedy: Int32Array;
  readonly #steps: RolloutSteps;

  /** @param env one copy, already reset */
  constructor(env: ParallelEnv, team: Team) {
    this.#steps = new RolloutSteps(env, team);
    this.#env = env;
    this.#team = team;
    this.#acting = heapTensor([team.P, team.seats.S, ...env.describe().obsShape], "float32");
    this.#greedy = new Int32Array(env.N);
  }

  /**
   * Fills the fragment with its F next joint steps.
   * @param envSteps joint steps done before
   * @returns the episodes that ended on the way
   */
  collect(fragment: Fragment, envSteps: number): EndedEpisode[] {
    const ended: EndedEpisode[] = [];
    for (let t = 0; t < fragment.F; t++) {
      const episode = this.#steps.take(fragment, { t, envSteps, greedy: this.#greedyActions() });
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

  #greedyActions(): Int32Array {
    const { N, O, obs } = this.#env;
    const { online, seats: { rowOf } } = this.#team;
    for (let i = 0; i < N; i++) {
      this.#acting.values.set(obs.subarray(i * O, (i + 1) * O), rowOf[i]! * O);
    }
    const actions = online.greedy(this.#acting.tensor);
    for (let i = 0; i < N; i++) this.#greedy[i] = actions[rowOf[i]!]!;
    return this.#greedy;
  }
}

/** What taking joint steps needs of a team. */
type ActingTeam = Pick<Team, "config" | "epsilonStreams" | "counted">;

/** The joint steps of a rollout, for greedy actions from wherever the networks are. */
export class RolloutSteps {
  readonly #env: ParallelEnv;
  readonly #team: ActingTeam;
  readonly #actions: Int32Array;
  /** `[N]`, 1 for those who act in the step at hand. */
  readonly #actors: Uint8Array;
  #teamReturn = 0;
  #length = 0;

  /** @param env one copy, already reset */
  constructor(env: ParallelEnv, team: ActingTeam) {
    if (env.E !== 1) throw new RangeError(`Cannot collect from ${env.E} copies at once: expected 1`);
    this.#env = env;
    this.#team = team;
    this.#actions = new Int32Array(env.N);
    this.#actors = new Uint8Array(env.N).fill(1);
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
    if (this.#env.alive) this.#actors.set(this.#env.alive);
    this.#storeBefore(fragment, t);
    this.#env.step(this.#actions);
    fragment.envSteps[t] = envSteps + t + 1;
    this.#storeAfter(fragment, t);
    if (!endedCopies(this.#env, this.#actors)[0]) return undefined;
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
      fragment.alive[row] = this.#actors[i]!;
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
    }
    for (const i of this.#team.counted) if (this.#actors[i]) this.#teamReturn += rewards[i]!;
    this.#length++;
  }
}
