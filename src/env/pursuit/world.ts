/**
 * What happens on a pursuit board: placement, movement, capture, rewards, observations. Section numbers refer to
 * spec/env_pursuit.md.
 * @module
 */

import { Pcg64 } from "relay/rng/pcg64.ts";
import { type Board, buildBoard, CHANNELS } from "./board.ts";
import type { PursuitOptions } from "./options.ts";
import { pairwiseMean } from "./pairwise_mean.ts";
import { drawSpawnWindow, placeAgents } from "./place.ts";

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

/** E boards that are played independently. */
export class PursuitWorld {
  readonly board: Board;
  readonly situation: PursuitSituation;
  /** `[E, n_evaders]`: number of each remaining evader, counted at the episode's start; for pictures, no rule reads it. */
  readonly evaderNumbers: Int32Array;
  /** `[E, cells, CHANNELS]`: the map with the agents counted in, kept up to date move by move. */
  readonly layers: Float32Array;
  readonly #options: PursuitOptions;
  /** Pursuers a copy. */
  readonly #N: number;
  /** `[4 * n_evaders + 1]`: tag term of a sub-step by number of tagged evaders. */
  readonly #tagTerms: Float64Array;
  /** `[N]`: tag terms of the current step before and after each pursuer's own move. */
  readonly #tagBefore: Float64Array;
  readonly #tagAfter: Float64Array;
  /** `[N]`: 1 for a pursuer that took part in a capture in this step. */
  readonly #caught: Uint8Array;
  /** `[N]`: rewards of one sub-step, where they are shared. */
  readonly #subRewards: Float64Array;

  constructor(options: PursuitOptions, copies: number) {
    const { n_pursuers, n_evaders, tag_reward } = options;
    this.#options = options;
    this.#N = n_pursuers;
    this.board = buildBoard(options);
    this.layers = new Float32Array(copies * this.board.cells * CHANNELS);
    this.evaderNumbers = new Int32Array(copies * n_evaders);
    this.#tagTerms = Float64Array.from(
      { length: 4 * n_evaders + 1 },
      (_, count) => tag_reward * count / n_pursuers,
    );
    this.#tagBefore = new Float64Array(n_pursuers);
    this.#tagAfter = new Float64Array(n_pursuers);
    this.#caught = new Uint8Array(n_pursuers);
    this.#subRewards = new Float64Array(n_pursuers);
    this.situation = {
      pursuers: new Int32Array(copies * n_pursuers),
      evaders: new Int32Array(copies * n_evaders),
      evaderCounts: new Int32Array(copies),
      frames: new Int32Array(copies),
      rngs: Array.from({ length: copies }, (_, e) => new Pcg64(e)),
    };
  }

  /**
   * One joint step of copy e (§6).
   * @param actions `[E, N]`, legal ones
   * @param rewards `[E, N]`, of which copy e's part is written
   */
  step(e: number, actions: Int32Array, rewards: Float64Array): void {
    this.#movePursuers(e, actions);
    this.#caught.fill(0);
    if (this.#options.surround) this.#captureSurrounded(e);
    else this.#captureOutnumbered(e);
    if (!this.#options.freeze_evaders) this.#moveEvaders(e);
    if (this.#options.shared_reward) this.#shareRewards(e, rewards);
    else this.#ownRewards(e, rewards);
    this.situation.frames[e]!++;
  }

  /** Places everybody anew; the generator goes on where it is (§5). */
  startEpisode(e: number): void {
    const { n_evaders } = this.#options;
    const { pursuers, evaders, evaderCounts, frames, rngs } = this.situation;
    const rng = rngs[e]!;
    const where = { board: this.board, window: drawSpawnWindow(rng, this.#options) };
    placeAgents(pursuers.subarray(e * this.#N, (e + 1) * this.#N), rng, where);
    placeAgents(evaders.subarray(e * n_evaders, (e + 1) * n_evaders), rng, where);
    evaderCounts[e] = n_evaders;
    frames[e] = 0;
    this.countAgents(e);
  }

  /** Makes copy e's layers anew from the positions and numbers the evaders. */
  countAgents(e: number): void {
    const { pursuers, evaders, evaderCounts } = this.situation;
    const { empty } = this.board;
    const base = e * empty.length;
    this.layers.set(empty, base);
    for (let i = e * this.#N; i < (e + 1) * this.#N; i++) this.layers[base + pursuers[i]! * CHANNELS + 1]!++;
    const first = e * this.#options.n_evaders;
    for (let k = 0; k < evaderCounts[e]!; k++) {
      this.layers[base + evaders[first + k]! * CHANNELS + 2]!++;
      this.evaderNumbers[first + k] = k;
    }
  }

  /**
   * Moves pursuer after pursuer. Evaders stand still meanwhile, so a pursuer's tag term changes only with its own move:
   * it is noted before and after instead of being taken anew in every sub-step.
   */
  #movePursuers(e: number, actions: Int32Array): void {
    const layers = this.layers;
    const { moves, empty } = this.board;
    const { pursuers } = this.situation;
    const base = e * empty.length;
    const first = e * this.#N;
    for (let i = 0; i < this.#N; i++) {
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
    const layers = this.layers;
    const sites = this.board.tagSites;
    const k = cell * 4;
    const count = layers[base + sites[k]!]! + layers[base + sites[k + 1]!]! + layers[base + sites[k + 2]!]! +
      layers[base + sites[k + 3]!]!;
    return this.#tagTerms[count]!;
  }

  /** Removes the evaders whose open neighbour cells are all occupied and credits who stands there (§7). */
  #captureSurrounded(e: number): void {
    const layers = this.layers;
    const { empty, width, needed } = this.board;
    const { evaders, evaderCounts } = this.situation;
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
        evaders[kept] = cell;
        this.evaderNumbers[kept++] = this.evaderNumbers[i]!;
        continue;
      }
      layers[site + 1]!--;
      for (const distance of [-1, 1, -width, width]) this.#credit(e, cell + distance);
    }
    evaderCounts[e] = kept - first;
  }

  /** Removes the evaders that share their cell with at least n_catch pursuers (§7 without surround). */
  #captureOutnumbered(e: number): void {
    const layers = this.layers;
    const { evaders, evaderCounts } = this.situation;
    const { n_evaders, n_catch } = this.#options;
    const base = e * this.board.empty.length;
    const first = e * n_evaders;
    const count = evaderCounts[e]!;
    let kept = first;
    for (let i = first; i < first + count; i++) {
      const cell = evaders[i]!;
      const site = base + cell * CHANNELS;
      if (layers[site + 1]! < n_catch) {
        evaders[kept] = cell;
        this.evaderNumbers[kept++] = this.evaderNumbers[i]!;
        continue;
      }
      layers[site + 2]!--;
      this.#credit(e, cell);
    }
    evaderCounts[e] = kept - first;
  }

  #credit(e: number, cell: number): void {
    const first = e * this.#N;
    for (let i = 0; i < this.#N; i++) {
      if (this.situation.pursuers[first + i] === cell) this.#caught[i] = 1;
    }
  }

  /** Moves the remaining evaders in order, one draw each. */
  #moveEvaders(e: number): void {
    const layers = this.layers;
    const { moves, empty } = this.board;
    const { evaders, evaderCounts, rngs } = this.situation;
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
  #ownRewards(e: number, rewards: Float64Array): void {
    const N = this.#N;
    const { catch_reward, urgency_reward } = this.#options;
    for (let j = 0; j < N; j++) {
      const before = this.#tagBefore[j]!;
      const after = this.#tagAfter[j]!;
      let reward = 0;
      for (let i = 0; i < j; i++) reward += before;
      for (let i = j; i < N - 1; i++) reward += after;
      rewards[e * N + j] = reward + ((after + catch_reward * this.#caught[j]!) + urgency_reward);
    }
  }

  /** Rewards with local_ratio 0: in each sub-step everybody gets the mean over the pursuers. */
  #shareRewards(e: number, rewards: Float64Array): void {
    const N = this.#N;
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
    rewards.fill(reward, e * N, (e + 1) * N);
  }

  /**
   * Copies each pursuer's window out of the padded layers (§8).
   * @param target `[E, N, O]`, of which copy e's part is written
   */
  observe(e: number, target: Float32Array): void {
    const layers = this.layers;
    const N = this.#N;
    const { obs_range } = this.#options;
    const O = obs_range * obs_range * CHANNELS;
    const { width, cells } = this.board;
    const { pursuers } = this.situation;
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
