import type { EnvDescription, Frame, ParallelEnv } from "relay/env/parallel_env.ts";
import type { Scene } from "relay/env/scene.ts";
import { joinBytes, requireActions, splitBytes } from "./env_wrapper.ts";

/** Options of {@link FrameSkip}. */
export interface FrameSkipOptions {
  /** k. */
  readonly frames: number;
  /** `sum` unless given; `last` keeps the last frame's alone: what hand-written skips get wrong. */
  readonly rewards?: "sum" | "last";
}

/**
 * Repeats every joint action for k frames: rewards are summed, the last observation and flags stay, an episode that ends does so at once
 * (spec/wrappers.md §4, the form with a fixed number). Each copy is an environment of its own, because one may end in the middle of a
 * skip in which another goes on.
 */
export class FrameSkip implements ParallelEnv {
  readonly E: number;
  readonly N: number;
  readonly O: number;
  readonly A: number;
  readonly obs: Float32Array;
  readonly nextObs: Float32Array;
  readonly rewards: Float64Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  readonly state?: Float32Array;
  readonly scene?: Scene;
  readonly updateState?: () => void;
  readonly #k: number;
  readonly #keepsLast: boolean;
  readonly #copies: readonly SkippingCopy[];

  /**
   * @param make a new environment of one copy
   * @param copies E
   * @throws {RangeError} for an environment in which agents die, or with masks: it is not done for them
   */
  constructor(
    make: (copies: number) => ParallelEnv,
    copies: number,
    { frames, rewards = "sum" }: FrameSkipOptions,
  ) {
    const envs = Array.from({ length: copies }, () => make(1));
    const first = envs[0]!;
    const { id } = first.describe();
    if (first.alive || first.actionMask) {
      throw new RangeError(`Cannot skip frames of ${id}: its agents die or its actions are masked`);
    }
    this.E = copies;
    this.#k = frames;
    this.#keepsLast = rewards === "last";
    const { N, O, A } = first;
    this.N = N;
    this.O = O;
    this.A = A;
    this.obs = new Float32Array(copies * N * O);
    this.nextObs = new Float32Array(copies * N * O);
    this.rewards = new Float64Array(copies * N);
    this.terminated = new Uint8Array(copies * N);
    this.truncated = new Uint8Array(copies * N);
    this.#copies = envs.map((env) => ({ env, actions: new Int32Array(N), sums: new Float64Array(N) }));
    if (first.state) {
      this.state = new Float32Array(copies * first.state.length);
      this.updateState = () => this.#writeState();
    }
    if (first.scene) this.scene = { ...first.scene, cells: (e) => this.#copies[e]!.env.scene!.cells(0) };
    // Copy e begins with seed e, as without a wrapper.
    this.reset(Array.from({ length: copies }, (_, e) => e));
    this.updateState?.();
  }

  describe(): EnvDescription {
    const description = this.#copies[0]!.env.describe();
    return { ...description, maxEpisodeSteps: Math.ceil(description.maxEpisodeSteps / this.#k) };
  }

  reset(seeds?: ArrayLike<number>): void {
    if (seeds && seeds.length !== this.E) {
      throw new RangeError(
        `Cannot reset ${this.describe().id}: got ${seeds.length} seeds, expected ${this.E}, one a copy`,
      );
    }
    this.#copies.forEach(({ env, sums }, e) => {
      env.reset(seeds && [seeds[e]!]);
      sums.fill(0);
    });
    this.#show();
  }

  step(actions: Int32Array): void {
    requireActions(this, actions);
    const { N } = this;
    for (let e = 0; e < this.E; e++) {
      const copy = this.#copies[e]!;
      for (let i = 0; i < N; i++) copy.actions[i] = actions[e * N + i]!;
      skip(copy, { frames: this.#k, keepsLast: this.#keepsLast });
    }
    this.#show();
  }

  render(e: number): Frame {
    return this.#copies[e]!.env.render(0);
  }

  save(): Uint8Array {
    return this.#copies.reduceRight<Uint8Array>(
      (rest, { env }) => joinBytes(env.save(), rest),
      new Uint8Array(),
    );
  }

  load(saved: Uint8Array): void {
    let rest = saved;
    for (const { env } of this.#copies) {
      const [own, others] = splitBytes(rest, this.describe().id);
      env.load(own);
      rest = others;
    }
    for (const { sums } of this.#copies) sums.fill(0);
    this.#show();
  }

  #writeState(): void {
    this.#copies.forEach(({ env }, e) => {
      env.updateState!();
      this.state!.set(env.state!, e * env.state!.length);
    });
  }

  #show(): void {
    const { N, O } = this;
    for (let e = 0; e < this.E; e++) {
      const { env, sums } = this.#copies[e]!;
      this.obs.set(env.obs, e * N * O);
      this.nextObs.set(env.nextObs, e * N * O);
      this.rewards.set(sums, e * N);
      this.terminated.set(env.terminated, e * N);
      this.truncated.set(env.truncated, e * N);
    }
  }
}

/** One copy, its part of the joint action and the rewards of the skip. */
interface SkippingCopy {
  readonly env: ParallelEnv;
  readonly actions: Int32Array;
  readonly sums: Float64Array;
}

function skip(
  { env, actions, sums }: SkippingCopy,
  { frames, keepsLast }: { readonly frames: number; readonly keepsLast: boolean },
): void {
  sums.fill(0);
  for (let frame = 0; frame < frames; frame++) {
    env.step(actions);
    if (keepsLast) sums.fill(0);
    for (let i = 0; i < sums.length; i++) sums[i]! += env.rewards[i]!;
    if (env.terminated[0] === 1 || env.truncated[0] === 1) return;
  }
}
