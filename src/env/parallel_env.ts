/**
 * The contract between environments and everything that learns in them: E copies stepped at once, struct of
 * arrays, preallocated and owned by the environment.
 * @module
 */

import type { Scene } from "./scene.ts";

/** The smallest exact type in which a replay may store an observation value. */
export type ObsDtype = "uint8" | "float32";

/** An RGBA picture, row-major from the top left corner. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  /** `[height, width, 4]` */
  readonly data: Uint8ClampedArray;
}

/** What an environment says of itself; plain data. */
export interface EnvDescription {
  /** Registry id with version, for example `sisl/pursuit_v4`. */
  readonly id: string;
  /** Name a agent, in the order of every agent axis, for example `pursuer_0`. */
  readonly agents: readonly string[];
  /** Shape of one agent's observation, for example `[7, 7, 3]` (rows, columns, channels). */
  readonly obsShape: readonly number[];
  readonly obsLow: number;
  readonly obsHigh: number;
  readonly obsDtype: ObsDtype;
  /** Meaning of each discrete action. */
  readonly actions: readonly string[];
  /** The same by the team's name, where the teams' actions differ. */
  readonly actionsOfTeam?: Readonly<Record<string, readonly string[]>>;
  /** Shape of the global state, where the game has one. */
  readonly stateShape?: readonly number[];
  /** Joint steps after which an episode is truncated. */
  readonly maxEpisodeSteps: number;
  /** Every constructor option with the value in force. */
  readonly options: Readonly<Record<string, number | boolean | string | null>>;
  /** The rules in a few sentences for a reader. */
  readonly rules: string;
}

/**
 * E independent copies of one game of N agents with simultaneous discrete actions. All arrays are allocated once
 * and overwritten by `reset` and `step`: a caller that keeps values copies them.
 */
export interface ParallelEnv {
  /** Copies stepped at once. */
  readonly E: number;
  /** Agents a copy. */
  readonly N: number;
  /** Length of one flat observation. */
  readonly O: number;
  /** Number of discrete actions. */
  readonly A: number;
  /** `[E, N, O]`: what the agents act on next; after an episode's last step the first observation of the next one. */
  readonly obs: Float32Array;
  /** `[E, N, O]`: the true o′ of the last step, before any auto-reset. Targets are made from this. */
  readonly nextObs: Float32Array;
  /** `[E, N]` */
  readonly rewards: Float64Array;
  /** `[E, N]`, 1 where the game itself ended (no bootstrap). */
  readonly terminated: Uint8Array;
  /** `[E, N]`, 1 where the time limit ended the episode. */
  readonly truncated: Uint8Array;
  /** `[E, N]`, 1 for an agent that acts in the next step; absent where agents cannot die. */
  readonly alive?: Uint8Array;
  /** `[E, N, A]`, 1 for a legal action; absent where all actions are always legal. */
  readonly actionMask?: Uint8Array;
  /** `[E, S]`: the global state belonging to `obs`; absent where the game has none. Refreshed by `updateState()`. */
  readonly state?: Float32Array;
  /** What episodes are drawn from; absent where the game is not played on a board. */
  readonly scene?: Scene;
  describe(): EnvDescription;
  /**
   * Starts a new episode in every copy. `seeds[e]` reseeds copy e to give exactly the episode that the original gives
   * for that seed; without seeds the generators go on where they are.
   */
  reset(seeds?: ArrayLike<number>): void;
  /**
   * One joint step of every copy; copies whose episode ends are reset (unseeded) at once, visible in `obs` only.
   * @param actions `[E, N]`
   * @throws {RangeError} for an action outside [0, A)
   */
  step(actions: Int32Array): void;
  /** Writes `state` for the current situation; separate because few learners need it. */
  updateState?(): void;
  /** A picture of copy e that a person recognises. */
  render(e: number): Frame;
  /** Everything that decides the future (positions, counters, generators), as bytes. */
  save(): Uint8Array;
  /** Restores what `save` of an environment with the same options gave. */
  load(saved: Uint8Array): void;
}
