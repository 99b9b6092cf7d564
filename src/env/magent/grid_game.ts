/**
 * What makes a game of MAgent's grid world: two teams, their abilities, what a hit pays, and where everybody starts.
 * The engine (world.ts) knows nothing else of Battle or Adversarial Pursuit.
 * @module
 */

/** Abilities and rewards of the members of a team; all amounts are rounded to float32 by the engine. */
export interface AgentType {
  /** Side of the square body in cells. */
  readonly body: 1 | 2;
  /** Health points at the start, and at most. */
  readonly maxHp: number;
  /** Radius of a move in cells. */
  readonly speed: number;
  /** Radius of sight in cells. */
  readonly viewRadius: number;
  /** Radius of an attack in cells; 0 for those that cannot attack. */
  readonly attackRadius: number;
  /** Health points that a hit takes. */
  readonly damage: number;
  /** Health points regained a step. */
  readonly stepRecover: number;
  /** Reward of every step. */
  readonly stepReward: number;
  /** Reward of whoever kills one of this type. */
  readonly killReward: number;
  /** Reward of the step in which an agent dies, in place of what it had got in that step. */
  readonly deadPenalty: number;
  /** Reward of every attack, hit or miss. */
  readonly attackPenalty: number;
}

/** One of the two teams. */
export interface GridTeam {
  /** Agents are called `<name>_0`, `<name>_1`, … */
  readonly name: string;
  readonly type: AgentType;
  /** What a hit that does not kill pays to whoever struck, and to whom it struck. */
  readonly hit: { readonly striker: number; readonly struck: number };
}

/** `[x, y]` of a cell, counted from the top left corner of the map. */
export type Place = readonly [number, number];

/** Where an episode begins. */
export type GridLayout =
  | { readonly kind: "fixed"; readonly places: readonly [readonly Place[], readonly Place[]] }
  | { readonly kind: "random"; readonly walls: number; readonly counts: readonly [number, number] };

/** A game. */
export interface GridGame {
  /** Cells along x and along y, the ring of walls included. */
  readonly mapSize: number;
  readonly teams: readonly [GridTeam, GridTeam];
  readonly layout: GridLayout;
  /** What attacking is called in the names of actions. */
  readonly attackWord: string;
  /** In a few sentences for a reader. */
  readonly rules: string;
}

/** Members of each team at the start. */
export function teamCounts({ layout }: GridGame): readonly [number, number] {
  return layout.kind === "fixed" ? [layout.places[0].length, layout.places[1].length] : layout.counts;
}
