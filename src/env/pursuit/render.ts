/**
 * Pictures of a pursuit board.
 * @module
 */

import type { Frame } from "relay/env/parallel_env.ts";
import { type Colour, drawNumber, fillDisc, fillRectangle, newFrame } from "relay/env/raster.ts";
import type { PursuitPositions } from "./pursuit_env.ts";

/** What is on the board. */
export interface PursuitPicture extends PursuitPositions {
  /** Cells along x. */
  readonly x_size: number;
  /** Cells along y. */
  readonly y_size: number;
  /** Side of a pursuer's window in cells. */
  readonly obs_range: number;
  isBlocked(x: number, y: number): boolean;
}

const CELL_PIXELS = 20;
const BACKGROUND: Colour = [250, 249, 245, 1];
const GRID: Colour = [222, 220, 212, 1];
const BUILDING: Colour = [88, 92, 102, 1];
const BUILDING_JOINT: Colour = [104, 108, 118, 1];
const WINDOW: Colour = [240, 180, 60, 0.13];
// Vermilion and blue of the Okabe–Ito palette: told apart with every common colour blindness.
const PURSUER: Colour = [213, 94, 0, 1];
const EVADER: Colour = [0, 114, 178, 1];
const RIM: Colour = [255, 255, 255, 0.9];
const DIGITS: Colour = [255, 255, 255, 1];

/**
 * Draws the board with y = 0 in the top row, as in an observation: grid, building, each pursuer's window as a tint,
 * pursuers (vermilion) and evaders (blue), with their number where several share a cell.
 * @returns a frame of 20 pixels a cell
 */
export function renderPursuit(picture: PursuitPicture): Frame {
  const { x_size, y_size, pursuers, evaders } = picture;
  const frame = newFrame(x_size * CELL_PIXELS + 1, y_size * CELL_PIXELS + 1, BACKGROUND);
  drawWindows(frame, picture);
  drawBoard(frame, picture);
  const pursuerCounts = countByCell(pursuers, x_size);
  const evaderCounts = countByCell(evaders, x_size);
  for (const cell of new Set([...evaderCounts.keys(), ...pursuerCounts.keys()])) {
    const x = (cell % x_size + 0.5) * CELL_PIXELS + 0.5;
    const y = (Math.floor(cell / x_size) + 0.5) * CELL_PIXELS + 0.5;
    const pursuersHere = pursuerCounts.get(cell) ?? 0;
    const evadersHere = evaderCounts.get(cell) ?? 0;
    if (pursuersHere > 0 && evadersHere > 0) {
      drawToken(frame, pursuersHere, { x: x - 3.5, y: y - 3.5, radius: 5.5, colour: PURSUER });
      drawToken(frame, evadersHere, { x: x + 3.5, y: y + 3.5, radius: 5.5, colour: EVADER });
    } else {
      const radius = pursuersHere > 0 ? 8 : 6.5;
      const colour = pursuersHere > 0 ? PURSUER : EVADER;
      drawToken(frame, pursuersHere + evadersHere, { x, y, radius, colour });
    }
  }
  return frame;
}

function drawWindows(frame: Frame, { pursuers, obs_range, x_size, y_size }: PursuitPicture): void {
  const offset = Math.floor((obs_range - 1) / 2);
  for (const [x, y] of pursuers) {
    const left = Math.max(0, x - offset);
    const top = Math.max(0, y - offset);
    const columns = Math.min(x_size, x + offset + 1) - left;
    const rows = Math.min(y_size, y + offset + 1) - top;
    const pixels = [left, top, columns, rows].map((cells) => cells * CELL_PIXELS);
    fillRectangle(frame, [pixels[0]!, pixels[1]!, pixels[2]!, pixels[3]!], WINDOW);
  }
}

function drawBoard(frame: Frame, { x_size, y_size, isBlocked }: PursuitPicture): void {
  for (let x = 0; x <= x_size; x++) fillRectangle(frame, [x * CELL_PIXELS, 0, 1, frame.height], GRID);
  for (let y = 0; y <= y_size; y++) fillRectangle(frame, [0, y * CELL_PIXELS, frame.width, 1], GRID);
  for (let y = 0; y < y_size; y++) {
    for (let x = 0; x < x_size; x++) {
      if (!isBlocked(x, y)) continue;
      const [left, top] = [x * CELL_PIXELS, y * CELL_PIXELS];
      fillRectangle(frame, [left, top, CELL_PIXELS + 1, CELL_PIXELS + 1], BUILDING_JOINT);
      fillRectangle(frame, [left + 1, top + 1, CELL_PIXELS - 1, CELL_PIXELS - 1], BUILDING);
    }
  }
}

/** A disc with a light rim, and the number of agents it stands for when that is not one. */
function drawToken(
  frame: Frame,
  count: number,
  { x, y, radius, colour }: { x: number; y: number; radius: number; colour: Colour },
): void {
  fillDisc(frame, { x, y, radius: radius + 1 }, RIM);
  fillDisc(frame, { x, y, radius }, colour);
  if (count < 2) return;
  // A number of two or more digits would not fit into a disc at the larger scale.
  drawNumber(frame, count, { x, y, scale: radius > 6 && count < 10 ? 2 : 1, colour: DIGITS });
}

function countByCell(positions: PursuitPositions["pursuers"], x_size: number): Map<number, number> {
  const counts = new Map<number, number>();
  for (const [x, y] of positions) counts.set(y * x_size + x, (counts.get(y * x_size + x) ?? 0) + 1);
  return counts;
}
