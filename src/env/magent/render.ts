/**
 * Pictures of MAgent's grid.
 * @module
 */

import type { Frame } from "relay/env/parallel_env.ts";
import { groupColours } from "relay/env/group_colours.ts";
import { type Colour, drawNumber, fillDisc, fillRectangle, newFrame } from "relay/env/raster.ts";
import { WALL } from "./grid_plan.ts";
import { HIT, KILL, LIVING, MISS, NO_ATTACK } from "./situation.ts";
import type { GridWorld } from "./world.ts";

/** Larger maps have smaller cells, so that a picture stays one that fits onto a screen. */
const LARGEST_CELL_PIXELS = 20;
const WISHED_PIXELS = 900;
const SMALLEST_CELL_PIXELS = 5;
/** Cells of fewer pixels have no room for numbers. */
const NUMBERED_CELL_PIXELS = 16;
const BACKGROUND: Colour = [250, 249, 245, 1];
const GRID: Colour = [232, 230, 223, 1];
const WALL_COLOUR: Colour = [88, 92, 102, 1];
const TEXT: Colour = [255, 255, 255, 1];
const BAR: Colour = [240, 228, 66, 1];
const BAR_BACK: Colour = [20, 20, 20, 0.8];
const ATTACK: Readonly<Record<number, { colour: Colour; radius: number }>> = {
  [MISS]: { colour: [120, 120, 120, 0.35], radius: 0.5 },
  [HIT]: { colour: [30, 30, 30, 0.9], radius: 1 },
  [KILL]: { colour: [30, 30, 30, 1], radius: 1.5 },
};

/**
 * Draws copy e with y = 0 in the top row: walls, members of the teams in their colours (group_colours.ts) with their number, a bar
 * of their health where it is not full, and the attacks of the last step as lines (see `MagentEnv.render`).
 */
export function renderMagent(world: GridWorld, e: number): Frame {
  const { plan, map } = world;
  const { mapSize, cellOf } = plan;
  const pixels = Math.max(
    SMALLEST_CELL_PIXELS,
    Math.min(LARGEST_CELL_PIXELS, Math.floor(WISHED_PIXELS / mapSize)),
  );
  const frame = newFrame(mapSize * pixels + 1, mapSize * pixels + 1, BACKGROUND);
  for (let k = 0; k <= mapSize; k++) {
    fillRectangle(frame, [k * pixels, 0, 1, frame.height], GRID);
    fillRectangle(frame, [0, k * pixels, frame.width, 1], GRID);
  }
  for (let y = 0; y < mapSize; y++) {
    for (let x = 0; x < mapSize; x++) {
      if (map.at(e, cellOf(x, y)) !== WALL) continue;
      fillRectangle(frame, [x * pixels, y * pixels, pixels + 1, pixels + 1], WALL_COLOUR);
    }
  }
  const colours = groupColours(plan.teams.map(({ name }) => ({ name, role: "agent" })));
  for (let i = 0; i < plan.agents; i++) {
    if (world.situation.status[e * plan.agents + i] !== LIVING) continue;
    drawAgent(frame, world, { e, i, pixels, colour: colours[i < plan.teams[0].end ? 0 : 1]! });
  }
  for (let i = 0; i < plan.agents; i++) drawAttack(frame, world, { e, i, pixels });
  return frame;
}

interface Drawn {
  readonly e: number;
  readonly i: number;
  /** Pixels a cell. */
  readonly pixels: number;
}

function drawAgent(
  frame: Frame,
  world: GridWorld,
  { e, i, pixels, colour }: Drawn & { readonly colour: Colour },
): void {
  const { plan, situation } = world;
  const at = e * plan.agents + i;
  const { type, first } = world.teamOf(i);
  const place = situation.places[at]!;
  const [left, top] = [plan.xOf(place) * pixels, plan.yOf(place) * pixels];
  const size = type.body * pixels;
  if (type.body === 1) {
    fillDisc(
      frame,
      { x: left + size / 2 + 0.5, y: top + size / 2 + 0.5, radius: 0.42 * pixels },
      colour,
    );
  } else fillRectangle(frame, [left + 2, top + 2, size - 3, size - 3], colour);
  if (pixels >= NUMBERED_CELL_PIXELS) {
    drawNumber(frame, i - first, {
      x: left + size / 2 + 0.5,
      y: top + size / 2,
      scale: type.body,
      colour: TEXT,
    });
  }
  const share = situation.hp[at]! / type.maxHp;
  if (share >= 1) return;
  const [width, height] = [size - 3, Math.max(2, Math.floor(pixels / 7))];
  const bottom = top + size - height;
  fillRectangle(frame, [left + 2, bottom, width, height], BAR_BACK);
  fillRectangle(frame, [left + 2, bottom, Math.round(width * share), height], BAR);
}

/** A line from the attacker to the cell that it struck; a cross over it where somebody died. */
function drawAttack(frame: Frame, world: GridWorld, { e, i, pixels }: Drawn): void {
  const { plan, situation, attackOutcomes, attackCells } = world;
  const at = e * plan.agents + i;
  const outcome = attackOutcomes[at]!;
  if (outcome === NO_ATTACK) return;
  const { colour, radius } = ATTACK[outcome]!;
  const middle = (cell: number, size: number) =>
    [plan.xOf(cell), plan.yOf(cell)].map((k) => (k + size / 2) * pixels + 0.5) as [number, number];
  const { body } = world.teamOf(i).type;
  const eye = middle(situation.places[at]!, body);
  const to = middle(attackCells[at]!, 1);
  // From edge to edge of the bodies: the line must not cross out their numbers.
  const [start, end] = body === 1 ? [0.42, 0.72] : [0.6, 0.82];
  const along = (part: number) =>
    [eye[0] + part * (to[0] - eye[0]), eye[1] + part * (to[1] - eye[1])] as const;
  drawLine(frame, [along(start), along(end)], { colour, radius });
  if (outcome !== KILL) return;
  const arm = 0.3 * pixels;
  for (const slope of [1, -1]) {
    const ends = [[to[0] - arm, to[1] - slope * arm], [to[0] + arm, to[1] + slope * arm]] as const;
    drawLine(frame, ends, { colour, radius: 1 });
  }
}

function drawLine(
  frame: Frame,
  [from, to]: readonly (readonly [number, number])[] & { length: 2 },
  { colour, radius }: { colour: Colour; radius: number },
): void {
  const steps = Math.ceil(Math.hypot(to![0] - from![0], to![1] - from![1]));
  for (let k = 0; k <= steps; k++) {
    const part = steps === 0 ? 0 : k / steps;
    const x = from![0] + part * (to![0] - from![0]);
    const y = from![1] + part * (to![1] - from![1]);
    fillDisc(frame, { x, y, radius }, colour);
  }
}
