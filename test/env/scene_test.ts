import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { ParallelEnv } from "relay/env/parallel_env.ts";
import { PursuitEnv } from "relay/env/pursuit/pursuit_env.ts";
import { makeEnv, makeStoppingEnv } from "relay/env/registry.ts";
import { sceneOf } from "relay/env/scene.ts";
import { scenePicture } from "relay/env/scene_picture.ts";
import { openStream } from "relay/rng/stream.ts";

const SMALL = { x_size: 6, y_size: 5, n_pursuers: 6, n_evaders: 4, max_cycles: 400 };

/** Plays random actions until the episode is over and hands every situation to `see`. */
function playRandomly(env: ParallelEnv, see: () => void): void {
  const stream = openStream(1);
  const isOver = () => env.terminated[0] === 1 || env.truncated[0] === 1;
  for (see(); !isOver(); see()) env.step(Int32Array.from({ length: env.N }, () => stream.below(env.A)));
}

describe("the scene of pursuit", () => {
  it("says where pursuers and remaining evaders are", () => {
    const env = new PursuitEnv(SMALL, { copies: 2 });
    env.reset([3, 4]);
    const scene = sceneOf(env);
    const { pursuers, evaders } = env.positions(1);
    assertEquals([...scene.cells(1)], [...pursuers, ...evaders].map(([x, y]) => y * 6 + x));
    assertEquals(scene.groups.map(({ name, role, count }) => [name, role, count]), [
      ["pursuer", "agent", 6],
      ["evader", "other", 4],
    ]);
  });

  it("keeps an evader's number until it is caught, and never brings it back", () => {
    const env = makeStoppingEnv("sisl/pursuit_v4", SMALL);
    env.reset([2]);
    const situations: Int32Array[] = [];
    playRandomly(env, () => situations.push(sceneOf(env).cells(0)));
    let caught = 0;
    for (const [t, cells] of situations.entries()) {
      const before = situations[t - 1];
      if (!before) continue;
      for (let k = SMALL.n_pursuers; k < cells.length; k++) {
        if (before[k] === -1) assertEquals(cells[k], -1);
        else if (cells[k] === -1) caught++;
        else {
          const [x, y] = [
            cells[k]! % 6 - before[k]! % 6,
            Math.floor(cells[k]! / 6) - Math.floor(before[k]! / 6),
          ];
          assert(Math.abs(x) + Math.abs(y) <= 1, `evader ${k} jumps by (${x}, ${y}) in step ${t}`);
        }
      }
    }
    assertEquals(caught, 4);
  });

  it("has the walls where the map blocks, and sees what an observation holds", () => {
    const scene = sceneOf(makeEnv("sisl/pursuit_v4", { obs_range: 6 }));
    assertEquals(scene.walls.length, 256);
    assertEquals([scene.walls[8 * 16 + 8], scene.walls[0]], [1, 0]);
    assertEquals(scene.sight, 5); // an even range sees one cell less to the high side
  });
});

describe("makeStoppingEnv()", () => {
  it("stays where the episode ended", () => {
    const env = makeStoppingEnv("sisl/pursuit_v4", { ...SMALL, max_cycles: 3 });
    for (let t = 0; t < 3; t++) env.step(new Int32Array(6).fill(4));
    assertEquals(env.truncated[0], 1);
    assertEquals([...env.obs], [...env.nextObs]);
  });
});

describe("sceneOf()", () => {
  it("says which environment has none", () => {
    const plain = { describe: () => ({ id: "my/game" }) } as unknown as ParallelEnv;
    assertThrows(() => sceneOf(plain), RangeError, "Cannot draw my/game: it has no scene");
  });
});

describe("scenePicture()", () => {
  it("draws y upwards where the scene says so", () => {
    const scene = { ...sceneOf(makeEnv("sisl/pursuit_v4", SMALL)), walls: new Uint8Array(30) };
    const cells = new Int32Array(10).fill(-1);
    cells[6] = 0; // one evader in cell (0, 0)
    const colourAt = (yAxis: "up" | "down", row: number) => {
      const { width, data } = scenePicture({ ...scene, yAxis }, cells);
      const at = 4 * ((row * 25 + 12) * width + 12);
      return [...data.slice(at, at + 3)];
    };
    assertEquals(colourAt("up", 4), [0, 114, 178]);
    assertEquals(colourAt("up", 0), [255, 255, 255]);
    assertEquals(colourAt("down", 0), [0, 114, 178]);
  });
});
