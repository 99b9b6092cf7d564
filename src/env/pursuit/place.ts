/**
 * Where agents start.
 * @module
 */

import type { Pcg64 } from "relay/rng/pcg64.ts";
import { type Board, CHANNELS } from "./board.ts";
import type { PursuitOptions } from "./options.ts";

/** Half-open ranges of x and y. */
export interface SpawnWindow {
  readonly xLow: number;
  readonly xHigh: number;
  readonly yLow: number;
  readonly yHigh: number;
}

/** The original would try for ever; a map that is merely crowded needs some hundreds of attempts. */
const MAX_ATTEMPTS = 1_000_000;

/** Draws the window in which all agents of an episode start; two draws even when it is the whole map (§5). */
export function drawSpawnWindow(rng: Pcg64, options: PursuitOptions): SpawnWindow {
  const { x_size, y_size, constraint_window: fraction } = options;
  const x = rng.uniform(0, 1 - fraction);
  const y = rng.uniform(0, 1 - fraction);
  return {
    xLow: Math.trunc(x_size * x),
    xHigh: Math.trunc(x_size * (x + fraction)),
    yLow: Math.trunc(y_size * y),
    yHigh: Math.trunc(y_size * (y + fraction)),
  };
}

/**
 * Draws starting cells for one kind of agent: never on an obstacle, nor on or edge-adjacent to an earlier agent of
 * the same call.
 * @param cells receives one cell an agent
 * @throws {RangeError} when the window has no room
 */
export function placeAgents(
  cells: Int32Array,
  rng: Pcg64,
  where: { board: Board; window: SpawnWindow },
): void {
  const { board, window } = where;
  const forbidden = new Set<number>();
  for (let i = 0; i < cells.length; i++) {
    let cell: number;
    let attempts = 0;
    do {
      if (attempts++ === MAX_ATTEMPTS) throw noRoom(i, cells.length, window);
      const x = rng.integers(window.xLow, window.xHigh);
      const y = rng.integers(window.yLow, window.yHigh);
      cell = board.cellOf(x, y);
    } while (board.empty[cell * CHANNELS] !== 0 || forbidden.has(cell));
    cells[i] = cell;
    for (const move of board.moves) forbidden.add(cell + move);
  }
}

function noRoom(placed: number, wanted: number, { xLow, xHigh, yLow, yHigh }: SpawnWindow): RangeError {
  return new RangeError(
    `Cannot place agent ${
      placed + 1
    } of ${wanted} in x [${xLow}, ${xHigh}), y [${yLow}, ${yHigh}): found no free ` +
      `cell away from the others in ${MAX_ATTEMPTS} attempts; expected fewer agents, a larger map or window`,
  );
}
