import type { EnvDescription, Frame, ParallelEnv } from "relay/env/parallel_env.ts";
import { openStream } from "relay/rng/stream.ts";

/** Joint steps an episode. */
const EPISODE_STEPS = 6;
/** The last agent dies after this many steps of an episode, where it is mortal. */
const LIFE_STEPS = 3;

/**
 * Each agent sees a cue of its own, 0 or 1, and is paid 1 for the action of that number: learned in seconds by whoever learns. The last
 * agent may die on the way; then it sees zeros and is paid nothing until the next episode.
 */
export class CueEnv implements ParallelEnv {
  readonly E: number;
  readonly N = 3;
  readonly O = 2;
  readonly A = 2;
  readonly obs: Float32Array;
  readonly nextObs: Float32Array;
  readonly rewards: Float64Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  readonly alive: Uint8Array;
  readonly #isMortal: boolean;
  readonly #stream = openStream(11);
  #step = 0;

  constructor(copies: number, { mortal }: { readonly mortal: boolean }) {
    this.E = copies;
    this.#isMortal = mortal;
    const rows = copies * this.N;
    this.obs = new Float32Array(rows * this.O);
    this.nextObs = new Float32Array(rows * this.O);
    this.rewards = new Float64Array(rows);
    this.terminated = new Uint8Array(rows);
    this.truncated = new Uint8Array(rows);
    this.alive = new Uint8Array(rows);
    this.reset();
  }

  describe(): EnvDescription {
    return {
      id: "test/cue_v0",
      agents: ["a", "b", "c"],
      obsShape: [this.O],
      obsLow: 0,
      obsHigh: 1,
      obsDtype: "float32",
      actions: ["0", "1"],
      maxEpisodeSteps: EPISODE_STEPS,
      options: {},
      rules: "Do what the cue says.",
    };
  }

  reset(): void {
    this.#step = 0;
    this.alive.fill(1);
    this.#show(this.obs);
  }

  step(actions: Int32Array): void {
    for (let row = 0; row < actions.length; row++) {
      const cue = this.obs[row * this.O + 1]!;
      this.rewards[row] = this.alive[row] === 1 && actions[row] === cue ? 1 : 0;
    }
    this.#step++;
    const isOver = this.#step === EPISODE_STEPS;
    for (let row = 0; row < actions.length; row++) {
      const dies = this.#isMortal && row % this.N === this.N - 1 && this.#step >= LIFE_STEPS;
      this.terminated[row] = dies ? 1 : 0;
      this.truncated[row] = isOver ? 1 : 0;
      if (dies) this.alive[row] = 0;
    }
    this.#show(this.nextObs);
    this.obs.set(this.nextObs);
    if (isOver) this.reset();
  }

  render(): Frame {
    return { width: 1, height: 1, data: new Uint8ClampedArray(4) };
  }

  save(): Uint8Array {
    throw new Error("Cannot save the cue game: expected nobody to need it");
  }

  load(): void {
    throw new Error("Cannot load the cue game: expected nobody to need it");
  }

  #show(obs: Float32Array): void {
    for (let row = 0; row < this.E * this.N; row++) {
      const cue = this.#stream.below(2);
      obs[row * this.O] = this.alive[row] === 1 ? 1 - cue : 0;
      obs[row * this.O + 1] = this.alive[row] === 1 ? cue : 0;
    }
  }
}
