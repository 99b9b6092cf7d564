/**
 * What an environment tells about itself so that an episode can be drawn without knowing the game: a board of cells with
 * walls, and groups of entities that stand on it.
 * @module
 */
import type { ParallelEnv } from "./parallel_env.ts";

/** Entities of one sort. */
export interface SceneGroup {
  /** Such as `evader`; entity k of the group is `evader 3`. */
  readonly name: string;
  /**
   * `agent` for those that act, in the order of every agent axis; `other` for what they deal with; `wall` for walls of one episode, cells
   * where nobody can stand.
   */
  readonly role: "agent" | "other" | "wall";
  readonly count: number;
}

/** The board of an environment; the same for all of its copies. */
export interface Scene {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Where rising y points in a picture. */
  readonly yAxis: "up" | "down";
  /** `[height, width]`, 1 where nobody can stand in any episode. */
  readonly walls: Uint8Array;
  /** Agents first. */
  readonly groups: readonly SceneGroup[];
  /** Side of the square around an agent that it sees, an odd number of cells; null where that is no square. */
  readonly sight: number | null;
  /**
   * Where everybody is in copy e.
   * @returns `[entities]`, groups one after the other: cell y · width + x, −1 for an entity that is gone; a new array
   */
  cells(e: number): Int32Array;
}

/**
 * The scene of an environment.
 * @throws {RangeError} when it has none
 */
export function sceneOf(env: ParallelEnv): Scene {
  if (env.scene) return env.scene;
  throw new RangeError(
    `Cannot draw ${env.describe().id}: it has no scene, expected an environment with the property \`scene\` (src/env/scene.ts)`,
  );
}
