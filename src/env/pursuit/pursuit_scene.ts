import type { Scene } from "relay/env/scene.ts";
import { CHANNELS } from "./board.ts";
import type { PursuitOptions } from "./options.ts";
import type { PursuitWorld } from "./world.ts";

/** The board with pursuers, which act, and evaders, each under its own number until it is caught. */
export function pursuitScene(world: PursuitWorld, options: PursuitOptions): Scene {
  const { x_size: width, y_size: height, n_pursuers, n_evaders, obs_range } = options;
  const { board, situation, evaderNumbers } = world;
  const walls = Uint8Array.from(
    { length: width * height },
    (_, cell) => board.empty[board.cellOf(cell % width, Math.floor(cell / width)) * CHANNELS]!,
  );
  const unpadded = (cell: number) => board.yOf(cell) * width + board.xOf(cell);
  return {
    width,
    height,
    yAxis: "up", // the action called up adds 1 to y
    walls,
    groups: [
      { name: "pursuer", role: "agent", count: n_pursuers },
      { name: "evader", role: "other", count: n_evaders },
    ],
    sight: 2 * Math.floor((obs_range - 1) / 2) + 1,
    cells(e) {
      const cells = new Int32Array(n_pursuers + n_evaders).fill(-1);
      for (let i = 0; i < n_pursuers; i++) cells[i] = unpadded(situation.pursuers[e * n_pursuers + i]!);
      const first = e * n_evaders;
      for (let k = first; k < first + situation.evaderCounts[e]!; k++) {
        cells[n_pursuers + evaderNumbers[k]!] = unpadded(situation.evaders[k]!);
      }
      return cells;
    },
  };
}
