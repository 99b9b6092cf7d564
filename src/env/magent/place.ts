import type { GridLayout } from "./grid_game.ts";
import { EMPTY, FIRST_AGENT, WALL } from "./grid_plan.ts";
import type { GridWorld } from "./world.ts";

const ONE_CELL = Int32Array.of(0);

/** Writes the inner walls and everybody's places at the start of an episode of copy e (spec/env_magent.md §3, §4). */
export function placeAgents(world: GridWorld, layout: GridLayout, e: number): void {
  const { plan, map, situation } = world;
  const { teams, agents, walls } = plan;
  if (layout.kind === "fixed") {
    layout.places.flat().forEach(([x, y], i) => situation.places[e * agents + i] = plan.cellOf(x, y));
    return;
  }
  map.clear(e);
  for (let k = 0; k < walls; k++) {
    const cell = drawFreePlace(world, e, ONE_CELL);
    situation.walls[e * walls + k] = cell;
    map.set(e, cell, WALL);
  }
  for (const { body, first, end } of teams) {
    for (let i = first; i < end; i++) {
      const place = drawFreePlace(world, e, body);
      situation.places[e * agents + i] = place;
      map.setBody(e, body, { place, content: FIRST_AGENT + i });
    }
  }
}

/** x before y, both up to the map's size less the body's. At most an eighth of the cells is taken: there is always room. */
function drawFreePlace(world: GridWorld, e: number, body: Int32Array): number {
  const span = world.plan.mapSize - Math.sqrt(body.length);
  while (true) {
    const x = world.draw(e) % span;
    const y = world.draw(e) % span;
    const place = world.plan.cellOf(x, y);
    if (world.map.isFree(e, body, { place, owner: EMPTY })) return place;
  }
}
