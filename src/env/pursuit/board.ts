/**
 * The fixed geometry of a pursuit map, laid out so that an observation row is one run of memory.
 * @module
 */

import type { PursuitOptions } from "./options.ts";

/** Channels of a cell: 1 where blocked, pursuers, evaders. */
export const CHANNELS = 3;

/**
 * A map of `ySize` rows with a margin on every side, wide enough that no window leaves it. A cell is an index into the
 * padded map; its channels lie at `CHANNELS * cell`. Margin cells are blocked and empty, which is what an observation
 * shows outside of the map, so neither moving nor looking needs a test for the border.
 */
export interface Board {
  /** Cells a padded row. */
  readonly width: number;
  /** Cells of the padded map. */
  readonly cells: number;
  /** `[cells * CHANNELS]`: the map without agents. */
  readonly empty: Float32Array;
  /** `[5]`: change of the cell for each action, in the order left, right, up, down, stay. */
  readonly moves: Int32Array;
  /** `[cells, 4]`: index of the evader count of each edge neighbour, clipped to the map as the tag reward wants it. */
  readonly tagSites: Int32Array;
  /** `[cells]`: occupied edge neighbours that catch an evader here. */
  readonly needed: Uint8Array;
  cellOf(x: number, y: number): number;
  xOf(cell: number): number;
  yOf(cell: number): number;
}

/** Whether (x, y) belongs to the building in the middle of the map; the bounds are strict, in doubles. */
function isBuilding(x: number, y: number, options: PursuitOptions): boolean {
  const u = x / options.x_size;
  const v = y / options.y_size;
  return u > 0.3 && u < 1 - 0.3 && v > 0.2 && v < 1 - 0.2;
}

/** Lays out the map of spec/env_pursuit.md §3 for these options. */
export function buildBoard(options: PursuitOptions): Board {
  const { x_size, y_size, obs_range } = options;
  const margin = Math.max(1, Math.floor((obs_range - 1) / 2));
  const width = x_size + 2 * margin;
  const cells = width * (y_size + 2 * margin);
  const cellOf = (x: number, y: number) => (y + margin) * width + x + margin;
  const xOf = (cell: number) => cell % width - margin;
  const yOf = (cell: number) => Math.floor(cell / width) - margin;
  const empty = new Float32Array(cells * CHANNELS);
  const tagSites = new Int32Array(cells * 4);
  const needed = new Uint8Array(cells);
  for (let cell = 0; cell < cells; cell++) empty[cell * CHANNELS] = 1;
  const clipX = (x: number) => Math.min(Math.max(x, 0), x_size - 1);
  const clipY = (y: number) => Math.min(Math.max(y, 0), y_size - 1);
  for (let y = 0; y < y_size; y++) {
    for (let x = 0; x < x_size; x++) {
      const cell = cellOf(x, y);
      empty[cell * CHANNELS] = isBuilding(x, y, options) ? 1 : 0;
      const around = [[x - 1, y], [x + 1, y], [x, y + 1], [x, y - 1]] as const;
      around.forEach(([nx, ny], k) => tagSites[cell * 4 + k] = cellOf(clipX(nx), clipY(ny)) * CHANNELS + 2);
      needed[cell] = neighboursNeeded(x, y, options);
    }
  }
  return {
    width,
    cells,
    empty,
    moves: Int32Array.of(-1, 1, width, -width, 0),
    tagSites,
    needed,
    cellOf,
    xOf,
    yOf,
  };
}

/** Four, less the sides where the map ends or the building stands (§7). A map one cell wide loses one side only. */
function neighboursNeeded(x: number, y: number, options: PursuitOptions): number {
  const { x_size, y_size } = options;
  let count = 4;
  if (x === 0 || x === x_size - 1) count--;
  if (y === 0 || y === y_size - 1) count--;
  for (const [nx, ny] of [[x - 1, y], [x + 1, y], [x, y + 1], [x, y - 1]] as const) {
    // The original leaves row 0 and column 0 out of this count as if they were outside.
    const counts = nx > 0 && nx < x_size && ny > 0 && ny < y_size;
    if (counts && isBuilding(nx, ny, options)) count--;
  }
  return count;
}
