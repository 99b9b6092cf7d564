/**
 * PettingZoo's `sisl/pursuit`: pursuers surround randomly moving evaders on a grid with a building in the middle
 * (Gupta, Egorov and Kochenderfer, "Cooperative Multi-agent Control Using Deep Reinforcement Learning", 2017).
 * Section numbers refer to spec/env_pursuit.md.
 * @module
 */

import type { EnvDescription, Frame, ParallelEnv } from "relay/env/parallel_env.ts";
import { type NumpyPcg64State, Pcg64 } from "relay/rng/pcg64.ts";
import { type Board, buildBoard, CHANNELS } from "./board.ts";
import { type PursuitOptions, resolvePursuitOptions } from "./options.ts";
import { pairwiseMean } from "./pairwise_mean.ts";
import { drawSpawnWindow, placeAgents } from "./place.ts";
import { renderPursuit } from "./render.ts";
import { loadPursuit, savePursuit } from "./snapshot.ts";

const ACTIONS = ["left", "right", "up", "down", "stay"] as const;

/** Where everybody is in one copy; `[x, y]` each, evaders without the captured ones. */
export interface PursuitPositions {
  readonly pursuers: readonly (readonly [number, number])[];
  readonly evaders: readonly (readonly [number, number])[];
}

/** What changes while playing, of all copies. */
export interface PursuitSituation {
  /** `[E, N]`: cell of each pursuer. */
  readonly pursuers: Int32Array;
  /** `[E, n_evaders]`: cells of the remaining evaders in order, then leftovers. */
  readonly evaders: Int32Array;
  /** `[E]`: evaders that remain. */
  readonly evaderCounts: Int32Array;
  /** `[E]`: joint steps of the current episode. */
  readonly frames: Int32Array;
  /** `[E]` */
  readonly rngs: readonly Pcg64[];
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
  readonly #id: string;
  readonly #options: PursuitOptions;
  readonly #board: Board;
  readonly #situation: PursuitSituation;
  /** `[E, cells, CHANNELS]`: the map with the agents counted in, kept up to date move by move. */
  readonly #layers: Float32Array;
  /** `[4 * n_evaders + 1]`: tag term of a sub-step by number of tagged evaders. */
  readonly #tagTerms: Float64Array;
  /** `[N]`: tag terms of the current step before and after each pursuer's own move. */
  readonly #tagBefore: Float64Array;
  readonly #tagAfter: Float64Array;
  /** `[N]`: 1 for a pursuer that took part in a capture in this step. */
  readonly #caught: Uint8Array;
  /** `[N]`: rewards of one sub-step, where they are shared. */
  readonly #subRewards: Float64Array;
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
    this.#board = buildBoard(this.#options);
    const { n_pursuers, n_evaders, obs_range, x_size, y_size, tag_reward } = this.#options;
    this.E = copies;
    this.N = n_pursuers;
    this.O = obs_range * obs_range * CHANNELS;
    this.obs = new Float32Array(copies * this.N * this.O);
    this.nextObs = new Float32Array(copies * this.N * this.O);
    this.rewards = new Float64Array(copies * this.N);
    this.terminated = new Uint8Array(copies * this.N);
    this.truncated = new Uint8Array(copies * this.N);
    this.state = new Float32Array(copies * x_size * y_size * CHANNELS);
    this.#layers = new Float32Array(copies * this.#board.cells * CHANNELS);
    this.#tagTerms = Float64Array.from(
      { length: 4 * n_evaders + 1 },
      (_, count) => tag_reward * count / this.N,
    );
    this.#tagBefore = new Float64Array(this.N);
    this.#tagAfter = new Float64Array(this.N);
    this.#caught = new Uint8Array(this.N);
    this.#subRewards = new Float64Array(this.N);
    this.#ended = new Uint8Array(copies);
    this.#situation = {
      pursuers: new Int32Array(copies * n_pursuers),
      evaders: new Int32Array(copies * n_evaders),
      evaderCounts: new Int32Array(copies),
      frames: new Int32Array(copies),
      rngs: Array.from({ length: copies }, (_, e) => new Pcg64(e)),
    };
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
      if (seeds) this.#situation.rngs[e]!.seed(seeds[e]!);
      this.#startEpisode(e);
    }
    this.#showFresh();
  }

  step(actions: Int32Array): void {
    const { E, N } = this;
    this.#checkActions(actions);
    let someEnded = false;
    for (let e = 0; e < E; e++) {
      this.#movePursuers(e, actions);
      this.#caught.fill(0);
      if (this.#options.surround) this.#captureSurrounded(e);
      else this.#captureOutnumbered(e);
      if (!this.#options.freeze_evaders) this.#moveEvaders(e);
      if (this.#options.shared_reward) this.#shareRewards(e);
      else this.#ownRewards(e);
      const isTruncated = ++this.#situation.frames[e]! >= this.#options.max_cycles;
      const isTerminated = !isTruncated && this.#situation.evaderCounts[e] === 0;
      const first = e * N;
      for (let i = first; i < first + N; i++) {
        this.truncated[i] = isTruncated ? 1 : 0;
        this.terminated[i] = isTerminated ? 1 : 0;
      }
      this.#ended[e] = isTruncated || isTerminated ? 1 : 0;
      someEnded ||= isTruncated || isTerminated;
      this.#observe(e, this.nextObs);
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
        const from = (e * this.#board.cells + this.#board.cellOf(0, y)) * CHANNELS;
        this.state.set(this.#layers.subarray(from, from + rowLength), to);
        to += rowLength;
      }
    }
  }

  render(e: number): Frame {
    const { x_size, y_size, obs_range } = this.#options;
    const isBlocked = (x: number, y: number) => this.#board.empty[this.#board.cellOf(x, y) * CHANNELS] !== 0;
    return renderPursuit({ x_size, y_size, obs_range, isBlocked, ...this.positions(e) });
  }

  save(): Uint8Array {
    return savePursuit(this.#situation, this.#options);
  }

  load(saved: Uint8Array): void {
    loadPursuit(saved, {
      id: this.#id,
      situation: this.#situation,
      options: this.#options,
      board: this.#board,
    });
    for (let e = 0; e < this.E; e++) this.#countAgents(e);
    this.#showFresh();
  }

  /** Where everybody is in copy e (after an auto-reset: in the new episode). */
  positions(e: number): PursuitPositions {
    const { E, N } = this;
    if (!(Number.isInteger(e) && e >= 0 && e < E)) {
      throw new RangeError(`Cannot look into copy ${e} of ${this.#id}: expected an integer in [0, ${E})`);
    }
    const { pursuers, evaders, evaderCounts } = this.#situation;
    const place = (cell: number) => [this.#board.xOf(cell), this.#board.yOf(cell)] as const;
    const firstEvader = e * this.#options.n_evaders;
    return {
      pursuers: Array.from(pursuers.subarray(e * N, (e + 1) * N), place),
      evaders: Array.from(evaders.subarray(firstEvader, firstEvader + evaderCounts[e]!), place),
    };
  }

  /** State of copy e's generator as numpy writes it. */
  generatorState(e: number): NumpyPcg64State {
    return this.#situation.rngs[e]!.toNumpyState();
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
    for (let e = 0; e < this.E; e++) this.#observe(e, this.nextObs);
    this.obs.set(this.nextObs);
    this.rewards.fill(0);
    this.terminated.fill(0);
    this.truncated.fill(0);
    this.updateState();
  }

  #restartEnded(): void {
    for (let e = 0; e < this.E; e++) {
      if (this.#ended[e] === 0) continue;
      this.#startEpisode(e);
      this.#observe(e, this.obs);
    }
  }

  #startEpisode(e: number): void {
    const { n_evaders } = this.#options;
    const { pursuers, evaders, evaderCounts, frames, rngs } = this.#situation;
    const rng = rngs[e]!;
    const where = { board: this.#board, window: drawSpawnWindow(rng, this.#options) };
    placeAgents(pursuers.subarray(e * this.N, (e + 1) * this.N), rng, where);
    placeAgents(evaders.subarray(e * n_evaders, (e + 1) * n_evaders), rng, where);
    evaderCounts[e] = n_evaders;
    frames[e] = 0;
    this.#countAgents(e);
  }

  /** Makes copy e's layers anew from the positions. */
  #countAgents(e: number): void {
    const { pursuers, evaders, evaderCounts } = this.#situation;
    const { empty } = this.#board;
    const base = e * empty.length;
    this.#layers.set(empty, base);
    for (let i = e * this.N; i < (e + 1) * this.N; i++) this.#layers[base + pursuers[i]! * CHANNELS + 1]!++;
    const first = e * this.#options.n_evaders;
    for (let i = first; i < first + evaderCounts[e]!; i++) this.#layers[base + evaders[i]! * CHANNELS + 2]!++;
  }

  /**
   * Moves pursuer after pursuer. Evaders stand still meanwhile, so a pursuer's tag term changes only with its own move:
   * it is noted before and after instead of being taken anew in every sub-step.
   */
  #movePursuers(e: number, actions: Int32Array): void {
    const layers = this.#layers;
    const { moves, empty } = this.#board;
    const { pursuers } = this.#situation;
    const base = e * empty.length;
    const first = e * this.N;
    for (let i = 0; i < this.N; i++) {
      const cell = pursuers[first + i]!;
      this.#tagBefore[i] = this.#tagTerm(base, cell);
      const target = cell + moves[actions[first + i]!]!;
      if (empty[target * CHANNELS] !== 0) {
        this.#tagAfter[i] = this.#tagBefore[i]!;
        continue;
      }
      layers[base + cell * CHANNELS + 1]!--;
      layers[base + target * CHANNELS + 1]!++;
      pursuers[first + i] = target;
      this.#tagAfter[i] = this.#tagTerm(base, target);
    }
  }

  /** (tag_reward · evaders on the four clipped neighbours) / N, §6 step 2. */
  #tagTerm(base: number, cell: number): number {
    const layers = this.#layers;
    const sites = this.#board.tagSites;
    const k = cell * 4;
    const count = layers[base + sites[k]!]! + layers[base + sites[k + 1]!]! + layers[base + sites[k + 2]!]! +
      layers[base + sites[k + 3]!]!;
    return this.#tagTerms[count]!;
  }

  /** Removes the evaders whose open neighbour cells are all occupied and credits who stands there (§7). */
  #captureSurrounded(e: number): void {
    const layers = this.#layers;
    const { empty, width, needed } = this.#board;
    const { evaders, evaderCounts } = this.#situation;
    const pursuersOf = e * empty.length + 1;
    const up = width * CHANNELS;
    const first = e * this.#options.n_evaders;
    const count = evaderCounts[e]!;
    let kept = first;
    for (let i = first; i < first + count; i++) {
      const cell = evaders[i]!;
      const site = pursuersOf + cell * CHANNELS;
      const occupied = (layers[site - CHANNELS] !== 0 ? 1 : 0) + (layers[site + CHANNELS] !== 0 ? 1 : 0) +
        (layers[site - up] !== 0 ? 1 : 0) + (layers[site + up] !== 0 ? 1 : 0);
      if (occupied !== needed[cell]) {
        evaders[kept++] = cell;
        continue;
      }
      layers[site + 1]!--;
      for (const distance of [-1, 1, -width, width]) this.#credit(e, cell + distance);
    }
    evaderCounts[e] = kept - first;
  }

  /** Removes the evaders that share their cell with at least n_catch pursuers (§7 without surround). */
  #captureOutnumbered(e: number): void {
    const layers = this.#layers;
    const { evaders, evaderCounts } = this.#situation;
    const { n_evaders, n_catch } = this.#options;
    const base = e * this.#board.empty.length;
    const first = e * n_evaders;
    const count = evaderCounts[e]!;
    let kept = first;
    for (let i = first; i < first + count; i++) {
      const cell = evaders[i]!;
      const site = base + cell * CHANNELS;
      if (layers[site + 1]! < n_catch) {
        evaders[kept++] = cell;
        continue;
      }
      layers[site + 2]!--;
      this.#credit(e, cell);
    }
    evaderCounts[e] = kept - first;
  }

  #credit(e: number, cell: number): void {
    const first = e * this.N;
    for (let i = 0; i < this.N; i++) {
      if (this.#situation.pursuers[first + i] === cell) this.#caught[i] = 1;
    }
  }

  /** Moves the remaining evaders in order, one draw each. */
  #moveEvaders(e: number): void {
    const layers = this.#layers;
    const { moves, empty } = this.#board;
    const { evaders, evaderCounts, rngs } = this.#situation;
    const rng = rngs[e]!;
    const base = e * empty.length + 2;
    const first = e * this.#options.n_evaders;
    const end = first + evaderCounts[e]!;
    for (let i = first; i < end; i++) {
      const cell = evaders[i]!;
      const target = cell + moves[rng.integers(0, 5)]!;
      if (empty[target * CHANNELS] !== 0) continue;
      layers[base + cell * CHANNELS]!--;
      layers[base + target * CHANNELS]!++;
      evaders[i] = target;
    }
  }

  /** Rewards with local_ratio 1: sums over the N sub-steps in their order, for the sake of the last bit (§6). */
  #ownRewards(e: number): void {
    const { N } = this;
    const { catch_reward, urgency_reward } = this.#options;
    for (let j = 0; j < N; j++) {
      const before = this.#tagBefore[j]!;
      const after = this.#tagAfter[j]!;
      let reward = 0;
      for (let i = 0; i < j; i++) reward += before;
      for (let i = j; i < N - 1; i++) reward += after;
      this.rewards[e * N + j] = reward + ((after + catch_reward * this.#caught[j]!) + urgency_reward);
    }
  }

  /** Rewards with local_ratio 0: in each sub-step everybody gets the mean over the pursuers. */
  #shareRewards(e: number): void {
    const { N } = this;
    const { catch_reward, urgency_reward } = this.#options;
    const sub = this.#subRewards;
    sub.set(this.#tagBefore);
    let reward = 0;
    for (let i = 0; i < N; i++) {
      sub[i] = this.#tagAfter[i]!;
      if (i === N - 1) {
        for (let j = 0; j < N; j++) sub[j] = (sub[j]! + catch_reward * this.#caught[j]!) + urgency_reward;
      }
      reward += pairwiseMean(sub);
    }
    this.rewards.fill(reward, e * N, (e + 1) * N);
  }

  /** Copies each pursuer's window out of the padded layers (§8). */
  #observe(e: number, target: Float32Array): void {
    const layers = this.#layers;
    const { N, O } = this;
    const { obs_range } = this.#options;
    const { width, cells } = this.#board;
    const { pursuers } = this.#situation;
    const offset = Math.floor((obs_range - 1) / 2);
    const seen = 2 * offset + 1;
    const runLength = seen * CHANNELS;
    const rowLength = obs_range * CHANNELS;
    for (let i = 0; i < N; i++) {
      const corner = pursuers[e * N + i]! - offset * width - offset;
      let from = (e * cells + corner) * CHANNELS;
      let to = (e * N + i) * O;
      for (let row = 0; row < seen; row++) {
        for (let k = 0; k < runLength; k++) target[to + k] = layers[from + k]!;
        from += width * CHANNELS;
        to += rowLength;
      }
    }
  }
}
