import type { Frame } from "./parallel_env.ts";
import { type Colour, drawNumber, fillDisc, fillRectangle, newFrame } from "./raster.ts";
import { groupColours } from "./group_colours.ts";
import type { Scene } from "./scene.ts";

/** Odd, so that cells have a middle pixel. */
const CELL_PIXELS = 25;
const BACKGROUND: Colour = [255, 255, 255, 1];
const GRID: Colour = [225, 228, 232, 1];
const WALL: Colour = [107, 116, 128, 1];
const DIGITS: Colour = [255, 255, 255, 1];

/**
 * A still of any scene: agents as discs with their number, everybody else as small squares, told apart by shape and by colour.
 * @param cells `[entities]` as `scene.cells` gives them
 */
export function scenePicture(scene: Scene, cells: Int32Array): Frame {
  const { width, height } = scene;
  const frame = newFrame(width * CELL_PIXELS + 1, height * CELL_PIXELS + 1, BACKGROUND);
  for (let x = 0; x <= width; x++) fillRectangle(frame, [x * CELL_PIXELS, 0, 1, frame.height], GRID);
  for (let y = 0; y <= height; y++) fillRectangle(frame, [0, y * CELL_PIXELS, frame.width, 1], GRID);
  const corner = (cell: number) => {
    const row = Math.floor(cell / width);
    return [cell % width, scene.yAxis === "up" ? height - 1 - row : row].map((at) => at * CELL_PIXELS);
  };
  for (const [cell, isWall] of scene.walls.entries()) {
    const [left, top] = corner(cell);
    if (isWall) drawWall(frame, left!, top!);
  }
  const colours = groupColours(scene.groups);
  let first = 0;
  const layers = scene.groups.map(({ role, count }, g) => ({
    role,
    colour: colours[g]!,
    // Numbers are places on the agent axis.
    firstNumber: first,
    own: cells.subarray(first, first += count),
  }));
  // Agents last: nobody hides them.
  for (const { role, colour, firstNumber, own } of layers.toReversed()) {
    for (const [k, cell] of own.entries()) {
      if (cell < 0) continue;
      const [left, top] = corner(cell);
      if (role === "wall") drawWall(frame, left!, top!);
      else if (role === "other") fillRectangle(frame, [left! + 8, top! + 8, 10, 10], colour);
      else drawAgent(frame, firstNumber + k, { left: left!, top: top!, colour });
    }
  }
  return frame;
}

function drawWall(frame: Frame, left: number, top: number): void {
  fillRectangle(frame, [left, top, CELL_PIXELS + 1, CELL_PIXELS + 1], WALL);
}

function drawAgent(
  frame: Frame,
  number: number,
  { left, top, colour }: { readonly left: number; readonly top: number; readonly colour: Colour },
): void {
  const [x, y] = [left + CELL_PIXELS / 2 + 0.5, top + CELL_PIXELS / 2 + 0.5];
  fillDisc(frame, { x, y, radius: 10 }, colour);
  drawNumber(frame, number, { x, y, scale: number < 10 ? 2 : 1, colour: DIGITS });
}
