import type { Scene } from "relay/env/scene.ts";
import { LIVING } from "./situation.ts";
import type { GridWorld } from "./world.ts";

/**
 * The map with its ring of walls and both teams, a larger body at its upper left cell. Inner walls are drawn anew in every episode, so
 * they are entities.
 */
export function magentScene({ plan, situation }: GridWorld): Scene {
  const { mapSize, teams, agents, walls, bare, cellOf } = plan;
  const unpadded = (cell: number) => plan.yOf(cell) * mapSize + plan.xOf(cell);
  return {
    width: mapSize,
    height: mapSize,
    yAxis: "down",
    walls: Uint8Array.from(
      { length: mapSize * mapSize },
      (_, cell) => bare[cellOf(cell % mapSize, Math.floor(cell / mapSize))]!,
    ),
    groups: [
      ...teams.map(({ name, first, end }) => ({ name, role: "agent" as const, count: end - first })),
      ...(walls > 0 ? [{ name: "wall", role: "wall" as const, count: walls }] : []),
    ],
    sight: null, // circles, and not the same for all
    cells(e) {
      const cells = new Int32Array(agents + walls).fill(-1);
      for (let i = 0; i < agents; i++) {
        const isHere = situation.status[e * agents + i] === LIVING;
        if (isHere) cells[i] = unpadded(situation.places[e * agents + i]!);
      }
      for (let k = 0; k < walls; k++) cells[agents + k] = unpadded(situation.walls[e * walls + k]!);
      return cells;
    },
  };
}
