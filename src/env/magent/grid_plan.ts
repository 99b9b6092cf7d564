/**
 * A game worked out into numbers: cells are indices into a padded map, so that moving, attacking and looking are additions.
 * @module
 */

import { circleRange } from "./circle_range.ts";
import { type AgentType, type GridGame, type Place, teamCounts } from "./grid_game.ts";

/** What may lie on a cell; an agent i of the copy is `FIRST_AGENT + i`. */
export const EMPTY = 0;
export const WALL = 1;
export const FIRST_AGENT = 2;

/** Bits of the binary number of an agent among the extra features. */
export const NUMBER_BITS = 10;

/** Abilities of a team in cells of the padded map. */
export interface TeamPlan {
  readonly name: string;
  /** First agent of the team, and the one after its last. */
  readonly first: number;
  readonly end: number;
  readonly type: AgentType;
  readonly hit: { readonly striker: number; readonly struck: number };
  /** Change of the cell by each move; moves are the first actions. */
  readonly moves: Int32Array;
  /** Target of each attack from the agent's cell; attacks are the actions after the moves. */
  readonly attacks: Int32Array;
  /** Moves and attacks. */
  readonly actions: number;
  /** `[dx, dy]` of each action from the agent's cell, as the names of actions say it. */
  readonly actionOffsets: readonly Place[];
  /** Index of the move that stays. */
  readonly stay: number;
  /** Cells of the body from the agent's cell, its upper left one. */
  readonly body: Int32Array;
  /** Side of the square that an observation covers. */
  readonly side: number;
  /** From the agent's cell to the upper left one of that square: columns and rows, both negative or zero. */
  readonly corner: number;
  /** `[side]`: bits of the columns that lie in the circle of sight, row by row. */
  readonly sightBits: Int32Array;
  /** Channels of an observation of this team, without padding. */
  readonly channels: number;
}

/** The padded map: `stride` cells a row, `margin` cells on every side that block and are not seen. */
export interface GridPlan {
  readonly mapSize: number;
  readonly agents: number;
  readonly teams: readonly [TeamPlan, TeamPlan];
  readonly stride: number;
  readonly margin: number;
  /** Cells of the padded map. */
  readonly cells: number;
  /** `[cells]`: the map with its ring of walls, the margin walled off too. */
  readonly bare: Int32Array;
  /** Cells of the ring of walls. */
  readonly ring: Int32Array;
  /**
   * `[stride]`: area of a column where moves are made area by area, the last one being all borders between areas; null on
   * maps up to 99 × 99, where they are made in the agents' order.
   */
  readonly moveAreas: Uint8Array | null;
  /** Inner walls of an episode. */
  readonly walls: number;
  readonly hasMinimap: boolean;
  readonly hasExtraFeatures: boolean;
  /** Channels of the map alone: wall, and for each team presence, health and, with a minimap, density. */
  readonly viewChannels: number;
  /** Shape of the padded observation: the larger of the teams' in each place. */
  readonly obsSide: number;
  readonly obsChannels: number;
  readonly maxActions: number;
  cellOf(x: number, y: number): number;
  xOf(cell: number): number;
  yOf(cell: number): number;
}

const LARGEST_UNDIVIDED_MAP = 99;
const MOVE_AREAS = 8;
/** Columns on either side of a border between areas that belong to no area (one fewer on the left). */
const BORDER_COLUMNS = 4;

/** Which channels observations have beyond the plain ones. */
export interface FeatureChoice {
  readonly minimap_mode: boolean;
  readonly extra_features: boolean;
}

/** Works a game out. */
export function planGrid(game: GridGame, features: FeatureChoice): GridPlan {
  const { mapSize, layout } = game;
  const counts = teamCounts(game);
  const margin = Math.max(...game.teams.map(({ type }) => circleRange(type.viewRadius, 0, 1).centre));
  // A power of two makes rows and columns shifts and masks; whole words of 32 cells hold the bitmap of a row.
  const stride = Math.max(32, 2 ** Math.ceil(Math.log2(mapSize + 2 * margin)));
  const cells = stride * (mapSize + 2 * margin);
  const shift = Math.log2(stride);
  const cellOf = (x: number, y: number) => ((y + margin) << shift) + x + margin;
  const bare = new Int32Array(cells).fill(WALL);
  for (let y = 1; y < mapSize - 1; y++) bare.fill(EMPTY, cellOf(1, y), cellOf(mapSize - 1, y));
  const viewChannels = features.minimap_mode ? 7 : 5;
  const plan = (k: 0 | 1): TeamPlan => planTeam(game.teams[k], { first: k * counts[0], count: counts[k] });
  const planTeam = ({ name, type, hit }: GridGame["teams"][0], { first, count }: Roster): TeamPlan => {
    const ranges = rangesOf(type);
    const { moves, attacks, view } = ranges;
    const eye = type.body >> 1;
    const actionOffsets = [...moves, ...attacks.map(([dx, dy]): Place => [dx + eye, dy + eye])];
    const steps = Int32Array.from(actionOffsets, ([dx, dy]) => dy * stride + dx);
    const extras = features.extra_features ? NUMBER_BITS + steps.length + 1 : 0;
    const sightBits = new Int32Array(view.side);
    for (const [dx, dy] of view.offsets) sightBits[dy + view.centre]! |= 1 << (dx + view.centre);
    return {
      name,
      first,
      end: first + count,
      type,
      hit,
      moves: steps.slice(0, moves.length),
      attacks: steps.slice(moves.length),
      actions: steps.length,
      actionOffsets,
      stay: moves.findIndex(([dx, dy]) => dx === 0 && dy === 0),
      body: type.body === 1 ? Int32Array.of(0) : Int32Array.of(0, 1, stride, stride + 1),
      side: view.side,
      corner: eye - view.centre,
      sightBits,
      channels: viewChannels + extras + (features.minimap_mode ? 2 : 0),
    };
  };
  const teams = [plan(0), plan(1)] as const;
  return {
    mapSize,
    agents: counts[0] + counts[1],
    teams,
    stride,
    margin,
    cells,
    bare,
    ring: ringOf(mapSize, cellOf),
    moveAreas: mapSize > LARGEST_UNDIVIDED_MAP ? moveAreasOf(mapSize, { stride, margin }) : null,
    walls: layout.kind === "random" ? layout.walls : 0,
    hasMinimap: features.minimap_mode,
    hasExtraFeatures: features.extra_features,
    viewChannels,
    obsSide: Math.max(teams[0].side, teams[1].side),
    obsChannels: Math.max(teams[0].channels, teams[1].channels),
    maxActions: Math.max(teams[0].actions, teams[1].actions),
    cellOf,
    xOf: (cell) => (cell & (stride - 1)) - margin,
    yOf: (cell) => (cell >> shift) - margin,
  };
}

interface Roster {
  readonly first: number;
  readonly count: number;
}

function rangesOf({ body, speed, viewRadius, attackRadius }: AgentType) {
  const parity = body === 1 ? 1 : 0;
  return {
    moves: circleRange(speed, 0, 1).offsets,
    attacks: attackRadius === 0 ? [] : circleRange(attackRadius, body / 2, parity).offsets,
    view: circleRange(viewRadius, 0, parity),
  };
}

function ringOf(mapSize: number, cellOf: GridPlan["cellOf"]): Int32Array {
  const last = mapSize - 1;
  const line = Array.from({ length: mapSize }, (_, k) => k);
  const cells = line.flatMap((k) => [cellOf(k, 0), cellOf(k, last), cellOf(0, k), cellOf(last, k)]);
  return Int32Array.from(new Set(cells));
}

/** Areas are vertical strips that the original may move at the same time, since their agents cannot meet. */
function moveAreasOf(mapSize: number, { stride, margin }: { stride: number; margin: number }): Uint8Array {
  const width = Math.ceil(mapSize / MOVE_AREAS);
  return Uint8Array.from({ length: stride }, (_, column) => {
    const x = column - margin;
    const within = x % width;
    const isBorder = within < BORDER_COLUMNS || within > width - BORDER_COLUMNS;
    return isBorder ? MOVE_AREAS : Math.floor(x / width);
  });
}
