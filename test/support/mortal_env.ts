import type { EnvDescription, Frame, ParallelEnv } from "relay/env/parallel_env.ts";

/** What the dead are paid and see: must reach nobody. */
export const POISON = 666;

/**
 * Agents that die when a script says so. Agent i observes `[i + 1, joint step, 1]` and is paid 100 · (joint step) + i; the dead observe
 * and are paid {@link POISON}. An episode ends when everybody is dead, or is cut at its longest life in the script.
 */
export class MortalEnv implements ParallelEnv {
  readonly E = 1;
  readonly N: number;
  readonly O = 3;
  readonly A = 2;
  readonly obs: Float32Array;
  readonly nextObs: Float32Array;
  readonly rewards: Float64Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  readonly alive: Uint8Array;
  readonly #lives: readonly (readonly number[])[];
  readonly #limit: number;
  readonly #poison: number;
  #episode = 0;
  #step = 0;
  #jointSteps = 0;

  /**
   * @param lives `[episodes, N]`: steps that each agent lives, ≥ 1; repeated from the beginning after the last
   * @param poison in the place of {@link POISON}
   */
  constructor(lives: readonly (readonly number[])[], limit: number, poison = POISON) {
    this.#lives = lives;
    this.#limit = limit;
    this.#poison = poison;
    this.N = lives[0]!.length;
    this.obs = new Float32Array(3 * this.N);
    this.nextObs = new Float32Array(3 * this.N);
    this.rewards = new Float64Array(this.N);
    this.terminated = new Uint8Array(this.N);
    this.truncated = new Uint8Array(this.N);
    this.alive = new Uint8Array(this.N).fill(1);
    this.#show(this.obs);
  }

  describe(): EnvDescription {
    return {
      id: "test/mortal_v0",
      agents: Array.from({ length: this.N }, (_, i) => `mortal_${i}`),
      obsShape: [3],
      obsLow: 0,
      obsHigh: POISON,
      obsDtype: "float32",
      actions: ["0", "1"],
      maxEpisodeSteps: this.#limit,
      options: {},
      rules: "Live as long as the script says.",
    };
  }

  reset(): void {
    this.#step = 0;
    this.alive.fill(1);
    this.#show(this.obs);
  }

  step(_: Int32Array): void {
    const lives = this.#lives[this.#episode % this.#lives.length]!;
    this.#step++;
    this.#jointSteps++;
    const actors = this.alive.slice();
    for (let i = 0; i < this.N; i++) {
      this.rewards[i] = actors[i] ? 100 * this.#jointSteps + i : this.#poison;
      this.alive[i] = this.#step < lives[i]! ? 1 : 0;
      this.terminated[i] = 1 - this.alive[i]!;
      this.truncated[i] = this.alive[i] && this.#step === this.#limit ? 1 : 0;
    }
    this.#show(this.nextObs, actors);
    this.#show(this.obs);
    if (this.alive.some((flag) => flag === 1) && this.#step < this.#limit) return;
    this.#episode++;
    this.reset();
  }

  render(): Frame {
    return { width: 1, height: 1, data: new Uint8ClampedArray(4) };
  }

  save(): Uint8Array {
    return new Uint8Array();
  }

  load(): void {}

  #show(into: Float32Array, shown: Uint8Array = this.alive): void {
    const nothing = [this.#poison, this.#poison, this.#poison];
    for (let i = 0; i < this.N; i++) into.set(shown[i] ? [i + 1, this.#jointSteps, 1] : nothing, 3 * i);
  }
}
