import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { makeAdversarialPursuit, makeBattle } from "relay/env/magent/make_magent.ts";
import type { Frame } from "relay/env/parallel_env.ts";
import { scenePicture } from "relay/env/scene_picture.ts";
import { act, arrange } from "./arrange.ts";

const RED = [200, 30, 50];
const PREDATOR = [213, 94, 0];
const BLUE = [0, 114, 178];
const WALL = [88, 92, 102];
const BAR = [240, 228, 66];
const DARK = [30, 30, 30];

/** Pixels of a colour in cell (x, y) of a picture of 20 pixels a cell. */
function countIn(
  { width, data }: Frame,
  [x, y]: readonly [number, number],
  colour: readonly number[],
): number {
  let count = 0;
  for (let v = y * 20; v < (y + 1) * 20; v++) {
    for (let u = x * 20; u < (x + 1) * 20; u++) {
      if (colour.every((value, k) => data[(v * width + u) * 4 + k] === value)) count++;
    }
  }
  return count;
}

describe("MagentEnv.render()", () => {
  it("shows teams by colour and walls, at twenty pixels a cell", () => {
    const env = makeBattle({ map_size: 18 });
    arrange(env, { red_0: { at: [3, 4] }, blue_1: { at: [9, 12] } });
    const frame = env.render(0);
    assertEquals([frame.width, frame.height], [361, 361]);
    for (let x = 0; x < 18; x++) {
      for (let y = 0; y < 18; y++) {
        assertEquals(countIn(frame, [x, y], RED) > 50, x === 3 && y === 4);
        assertEquals(countIn(frame, [x, y], BLUE) > 50, x === 9 && y === 12);
        assertEquals(countIn(frame, [x, y], WALL) > 200, x % 17 === 0 || y % 17 === 0);
      }
    }
  });

  it("shows health as a bar as long as it is", () => {
    const env = makeBattle({ map_size: 18 });
    const bar = (hp: number) => {
      arrange(env, { red_0: { at: [3, 4], hp }, blue_1: { at: [9, 12] } });
      return countIn(env.render(0), [3, 4], BAR);
    };
    const [full, quarter, half] = [bar(10), bar(2.5), bar(5)];
    assertEquals(full, 0); // nothing to show
    assert(quarter > 0 && half >= 1.8 * quarter && half <= 2.4 * quarter, `${quarter}, ${half}`);
  });

  it("shows the attacks of the last step: a hit as a dark line, a kill with a cross, nothing after a reset", () => {
    const env = makeBattle({ map_size: 18 });
    const strike = (hp: number) => {
      arrange(env, { red_0: { at: [8, 8] }, blue_0: { at: [9, 8], hp }, blue_1: { at: [15, 15] } });
      act(env, { red_0: 17 }, 6);
      return countIn(env.render(0), [9, 8], DARK);
    };
    const [hit, kill] = [strike(10), strike(1)];
    assert(kill > hit, `${kill} > ${hit}`);
    env.reset();
    assertEquals(countIn(env.render(0), [9, 8], DARK), 0);
  });

  it("shows inner walls and large bodies, and large maps small", () => {
    const env = makeAdversarialPursuit({ map_size: 18 }, { seeds: [1] });
    const frame = env.render(0);
    for (const place of env.walls(0)) assert(countIn(frame, place, WALL) > 200);
    const [x, y] = env.positions(0)[0]!;
    for (const cell of [[x, y], [x + 1, y], [x, y + 1], [x + 1, y + 1]] as const) {
      assert(countIn(frame, cell, PREDATOR) > 100);
    }
    assertEquals(makeBattle({ map_size: 100 }).render(0).width, 901);
  });
});

describe("MagentEnv.scene", () => {
  it("has both teams as agents in their order, and inner walls as things of the episode", () => {
    const env = makeAdversarialPursuit({ map_size: 18 }, { seeds: [1] });
    const { groups, walls, width, sight } = env.scene;
    assertEquals(groups.map(({ name, role, count }) => [name, role, count]), [
      ["predator", "agent", 4],
      ["prey", "agent", 8],
      ["wall", "wall", 9],
    ]);
    assertEquals([walls.filter((wall) => wall === 1).length, width, sight], [68, 18, null]);
    const cells = env.scene.cells(0);
    const places = [...env.positions(0), ...env.walls(0)].map((place) => place![1] * 18 + place![0]);
    assertEquals([...cells], places);
    const picture = scenePicture(env.scene, cells);
    assertEquals([picture.width, picture.height], [451, 451]);
    const colourOf = (k: number) => {
      const [x, y] = [cells[k]! % 18 * 25 + 4, Math.floor(cells[k]! / 18) * 25 + 13];
      return [...picture.data.slice(4 * (y * 451 + x), 4 * (y * 451 + x) + 3)];
    };
    assertEquals([colourOf(0), colourOf(4)], [PREDATOR, BLUE]);
    assertEquals(colourOf(12), [107, 116, 128]); // a wall
  });

  it("lets the dead be gone", () => {
    const env = makeBattle({ map_size: 18 }, { autoReset: false });
    arrange(env, { red_0: { at: [8, 8] }, blue_0: { at: [9, 8], hp: 1 }, blue_1: { at: [15, 15] } });
    assertEquals(env.scene.cells(0)[6], 8 * 18 + 9);
    act(env, { red_0: 17 }, 6);
    assertEquals([...env.scene.cells(0)], [8 * 18 + 8, -1, -1, -1, -1, -1, -1, 15 * 18 + 15, -1, -1, -1, -1]);
  });
});
