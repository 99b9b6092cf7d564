/**
 * PettingZoo's `sisl/pursuit`: pursuers surround randomly moving evaders on a grid with a building in the middle
 * (Gupta, Egorov and Kochenderfer, "Cooperative Multi-agent Control Using Deep Reinforcement Learning", 2017).
 * Section numbers refer to spec/env_pursuit.md.
 * @module
 */

import type { EnvDescription, Frame, ParallelEnv } from "relay/env/parallel_env.ts";
import type { NumpyPcg64State } from "relay/rng/pcg64.ts";
import type { Scene } from "relay/env/scene.ts";
import { CHANNELS } from "./board.ts";
import { type PursuitOptions, resolvePursuitOptions } from "./options.ts";
import { pursuitScene } from "./pursuit_scene.ts";
import { renderPursuit } from "./render.ts";
import { loadPursuit, savePursuit } from "./snapshot.ts";
import { PursuitWorld } from "./world.ts";

const ACTIONS = ["left", "right", "up", "down", "stay"] as const;

/** Where everybody is in one copy; `[x, y]` each, evaders without the captured ones. */
export interface PursuitPositions {
  readonly pursuers: readonly (readonly [number, number])[];
  readonly evaders: readonly (readonly [number, number])[];
}

/** How to make the environment. */
export interface PursuitSetup {
  /** Copies stepped at once; default 1. */
  readonly copies?: number;
  /** Registry id that `describe` reports; default `sisl/pursuit_v4`. */
  readonly id?: string;
  /** Whether an ended copy starts its next episode at once, as the contract says; default true. */
  readonly autoReset?: boolean;
  /** `[E]`: seeds of the first episodes; default 0 … E−1. */
  readonly seeds?: ArrayLike<number>;
}

/**
 * Observations `[7, 7, 3]` (row y, column x; channels building, pursuers, evaders) and actions left, right, up, down,
 * stay. Bit-exact with PettingZoo 1.20.1 to 1.27 for the same seed: positions, observations, rewards and draws.
 *
 * @example
 * ```ts
 * import { PursuitEnv } from "relay/env/pursuit/pursuit_env.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const env = new PursuitEnv({ shared_reward: false }, { copies: 2 });
 * env.reset([0, 1]);
 * assertEquals([env.E, env.N, env.O, env.A], [2, 8, 147, 5]);
 * assertEquals(env.positions(0).pursuers[0], [4, 0]);
 * env.step(new Int32Array(16).fill(4));
 * ```
 */
export class PursuitEnv implements ParallelEnv {
  readonly E: number;
  readonly N: number;
  readonly O: number;
  readonly A = ACTIONS.length;
  readonly obs: Float32Array;
  readonly nextObs: Float32Array;
  readonly rewards: Float64Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  /** `[E, y_size * x_size * 3]`: the whole map with the channels of an observation, as pursuit_v5 has it. */
  readonly state: Float32Array;
  readonly scene: Scene;
  readonly #id: string;
  readonly #options: PursuitOptions;
  readonly #world: PursuitWorld;
  /** `[E]`: 1 where the last step ended the episode. */
  readonly #ended: Uint8Array;
  readonly #autoReset: boolean;

  /** @throws {RangeError} for an unfit option or number of copies */
  constructor(options: Readonly<Record<string, unknown>> = {}, setup: PursuitSetup = {}) {
    const { copies = 1, id = "sisl/pursuit_v4", autoReset = true, seeds } = setup;
    if (!(Number.isSafeInteger(copies) && copies >= 1)) {
      throw new RangeError(`Cannot make ${id}: copies is ${copies}, expected an integer >= 1`);
    }
    this.#id = id;
    this.#autoReset = autoReset;
    this.#options = resolvePursuitOptions(id, options);
    this.#world = new PursuitWorld(this.#options, copies);
    this.scene = pursuitScene(this.#world, this.#options);
    const { n_pursuers, obs_range, x_size, y_size } = this.#options;
    this.E = copies;
    this.N = n_pursuers;
    this.O = obs_range * obs_range * CHANNELS;
    this.obs = new Float32Array(copies * this.N * this.O);
    this.nextObs = new Float32Array(copies * this.N * this.O);
    this.rewards = new Float64Array(copies * this.N);
    this.terminated = new Uint8Array(copies * this.N);
    this.truncated = new Uint8Array(copies * this.N);
    this.state = new Float32Array(copies * x_size * y_size * CHANNELS);
    this.#ended = new Uint8Array(copies);
    // An even obs_range sees one cell less to the high side; what it does not see stays "blocked and empty".
    for (let i = 0; i < this.obs.length; i += CHANNELS) this.obs[i] = this.nextObs[i] = 1;
    this.reset(seeds);
  }

  describe(): EnvDescription {
    const { obs_range, x_size, y_size, n_pursuers, n_evaders, max_cycles } = this.#options;
    const obsHigh = Math.max(n_pursuers, n_evaders);
    return {
      id: this.#id,
      agents: Array.from({ length: this.N }, (_, i) => `pursuer_${i}`),
      obsShape: [obs_range, obs_range, CHANNELS],
      obsLow: 0,
      obsHigh,
      obsDtype: obsHigh <= 255 ? "uint8" : "float32",
      actions: ACTIONS,
      stateShape: [y_size, x_size, CHANNELS],
      maxEpisodeSteps: max_cycles,
      options: { ...this.#options },
      rules:
        "Pursuers chase randomly moving evaders on a grid with a building in its middle. An evader whose free " +
        "neighbour cells are all occupied by pursuers is caught and removed (or, without surround, one that shares " +
        "its cell with n_catch pursuers). Standing next to evaders gives a small reward, a capture a large one to " +
        "everyone who took part, and every step costs a little. The episode ends when no evader is left.",
    };
  }

  reset(seeds?: ArrayLike<number>): void {
    if (seeds && seeds.length !== this.E) {
      throw new RangeError(
        `Cannot reset ${this.#id}: got ${seeds.length} seeds, expected ${this.E}, one a copy`,
      );
    }
    for (let e = 0; e < this.E; e++) {
      if (seeds) this.#world.situation.rngs[e]!.seed(seeds[e]!);
      this.#world.startEpisode(e);
    }
    this.#showFresh();
  }

  step(actions: Int32Array): void {
    const { E, N } = this;
    const world = this.#world;
    this.#checkActions(actions);
    let someEnded = false;
    for (let e = 0; e < E; e++) {
      world.step(e, actions, this.rewards);
      const isTruncated = world.situation.frames[e]! >= this.#options.max_cycles;
      const isTerminated = !isTruncated && world.situation.evaderCounts[e] === 0;
      const first = e * N;
      for (let i = first; i < first + N; i++) {
        this.truncated[i] = isTruncated ? 1 : 0;
        this.terminated[i] = isTerminated ? 1 : 0;
      }
      this.#ended[e] = isTruncated || isTerminated ? 1 : 0;
      someEnded ||= isTruncated || isTerminated;
      world.observe(e, this.nextObs);
    }
    this.obs.set(this.nextObs);
    if (someEnded && this.#autoReset) this.#restartEnded();
  }

  updateState(): void {
    const { x_size, y_size } = this.#options;
    const rowLength = x_size * CHANNELS;
    let to = 0;
    for (let e = 0; e < this.E; e++) {
      for (let y = 0; y < y_size; y++) {
        const from = (e * this.#world.board.cells + this.#world.board.cellOf(0, y)) * CHANNELS;
        this.state.set(this.#world.layers.subarray(from, from + rowLength), to);
        to += rowLength;
      }
    }
  }

  render(e: number): Frame {
    const { x_size, y_size, obs_range } = this.#options;
    const isBlocked = (x: number, y: number) =>
      this.#world.board.empty[this.#world.board.cellOf(x, y) * CHANNELS] !== 0;
    return renderPursuit({ x_size, y_size, obs_range, isBlocked, ...this.positions(e) });
  }

  save(): Uint8Array {
    return savePursuit(this.#world.situation, this.#options);
  }

  load(saved: Uint8Array): void {
    loadPursuit(saved, {
      id: this.#id,
      situation: this.#world.situation,
      options: this.#options,
      board: this.#world.board,
    });
    for (let e = 0; e < this.E; e++) this.#world.countAgents(e);
    this.#showFresh();
  }

  /** Where everybody is in copy e (after an auto-reset: in the new episode). */
  positions(e: number): PursuitPositions {
    const { E, N } = this;
    if (!(Number.isInteger(e) && e >= 0 && e < E)) {
      throw new RangeError(`Cannot look into copy ${e} of ${this.#id}: expected an integer in [0, ${E})`);
    }
    const { pursuers, evaders, evaderCounts } = this.#world.situation;
    const place = (cell: number) => [this.#world.board.xOf(cell), this.#world.board.yOf(cell)] as const;
    const firstEvader = e * this.#options.n_evaders;
    return {
      pursuers: Array.from(pursuers.subarray(e * N, (e + 1) * N), place),
      evaders: Array.from(evaders.subarray(firstEvader, firstEvader + evaderCounts[e]!), place),
    };
  }

  /** State of copy e's generator as numpy writes it. */
  generatorState(e: number): NumpyPcg64State {
    return this.#world.situation.rngs[e]!.toNumpyState();
  }

  #checkActions(actions: Int32Array): void {
    const expected = this.E * this.N;
    if (actions.length !== expected) {
      throw new RangeError(`Cannot step ${this.#id}: got ${actions.length} actions, expected ${expected}`);
    }
    for (let i = 0; i < expected; i++) {
      const action = actions[i]!;
      if (action >>> 0 >= ACTIONS.length) {
        const where = `copy ${Math.floor(i / this.N)}, pursuer_${i % this.N}`;
        throw new RangeError(`Cannot step ${this.#id}: action of ${where} is ${action}, expected 0 to 4`);
      }
    }
  }

  /** Observations and zero outcomes for a situation that no step has led to. */
  #showFresh(): void {
    for (let e = 0; e < this.E; e++) this.#world.observe(e, this.nextObs);
    this.obs.set(this.nextObs);
    this.rewards.fill(0);
    this.terminated.fill(0);
    this.truncated.fill(0);
    this.updateState();
  }

  #restartEnded(): void {
    for (let e = 0; e < this.E; e++) {
      if (this.#ended[e] === 0) continue;
      this.#world.startEpisode(e);
      this.#world.observe(e, this.obs);
    }
  }
}
