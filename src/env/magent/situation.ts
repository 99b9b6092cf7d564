/**
 * The situation on the grids, in flat arrays.
 * @module
 */

/** What an agent is. The dead of the last step still have a last observation, as in the original. */
export const DEAD = 0;
export const LIVING = 1;
export const JUST_DIED = 2;

/** What an attack of the last step came to. */
export const NO_ATTACK = 0;
export const MISS = 1;
export const HIT = 2;
export const KILL = 3;

/** What changes while playing, of all copies. */
export interface GridSituation {
  /** `[E, N]`: upper left cell of each agent. */
  readonly places: Int32Array;
  /** `[E, N]`: DEAD, LIVING or JUST_DIED. */
  readonly status: Int32Array;
  /** `[E, N]`: the last action; −1 before the first. */
  readonly lastActions: Int32Array;
  /** `[E, walls]`: cells of the inner walls. */
  readonly walls: Int32Array;
  /** `[E]`: joint steps of the current episode. */
  readonly frames: Int32Array;
  /** `[E]`: states of the generators. */
  readonly rngs: Int32Array;
  /** `[E, N]` */
  readonly hp: Float32Array;
  /** `[E, N]`: of the last step. */
  readonly rewards: Float32Array;
  /** `[E, N]`: of the step before, which is what an observation shows. */
  readonly shownRewards: Float32Array;
}
