import { assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { checkParallelEnv } from "relay/env/check_parallel_env.ts";
import type { ParallelEnv } from "relay/env/parallel_env.ts";
import { makeEnv } from "relay/env/registry.ts";
import type { Scene } from "relay/env/scene.ts";

const SMALL = { x_size: 7, y_size: 6, n_pursuers: 3, n_evaders: 2, obs_range: 3, max_cycles: 9 };

type Break = (scene: Scene, env: ParallelEnv) => Partial<Scene>;

/** A small pursuit with parts of its scene replaced. */
function withScene(change: Break): (copies: number) => ParallelEnv {
  return (copies) => {
    const env = makeEnv("sisl/pursuit_v4", SMALL, copies);
    const scene = env.scene!;
    const value = Object.defineProperties({ ...scene }, Object.getOwnPropertyDescriptors(change(scene, env)));
    return Object.defineProperty(env, "scene", { value });
  };
}

const BROKEN: readonly [what: string, change: Break, message: string][] = [
  [
    "somebody beyond the board",
    (scene) => ({ cells: (e) => scene.cells(e).map((cell, k) => k === 4 ? 42 : cell) }),
    "Environment sisl/pursuit_v4 breaks the contract: entity 4 of copy 0 is in cell 42, expected -1 or a cell of 7 × 6",
  ],
  [
    "somebody before the first cell",
    (scene) => ({ cells: (e) => scene.cells(e).fill(-2) }),
    "entity 0 of copy 0 is in cell -2",
  ],
  [
    "somebody beyond the board in another copy, later",
    (scene, env) => {
      let steps = 0;
      const step = env.step.bind(env);
      env.step = (actions) => (steps++, step(actions));
      return { cells: (e) => e === 2 && steps > 5 ? scene.cells(e).fill(99) : scene.cells(e) };
    },
    "entity 0 of copy 2 is in cell 99",
  ],
  [
    "somebody in a wall",
    ({ walls }) => ({ walls: walls.slice().fill(1) }),
    "entity 0 of copy 0 stands in a wall",
  ],
  [
    "a missing entity",
    (scene) => ({ cells: (e) => scene.cells(e).subarray(1) }),
    "scene.cells(0) has 4 entries, expected 5",
  ],
  [
    "an array of its own that it gives away",
    (scene) => {
      const cells = scene.cells(0);
      return { cells: () => cells };
    },
    "scene.cells(0) gave the same array twice",
  ],
  [
    "groups that change",
    (scene, env) => {
      let others = 2;
      const step = env.step.bind(env);
      env.step = (actions) => {
        step(actions);
        others = 1;
      };
      return {
        get groups() {
          return scene.groups.map((group) => group.role === "agent" ? group : { ...group, count: others });
        },
        cells: (e) => scene.cells(e).subarray(0, 3 + others),
      };
    },
    "expected the same while it is played",
  ],
  [
    "no agents",
    ({ groups }) => ({ groups: groups.map((group) => ({ ...group, role: "other" })) }),
    "scene has 0 agents, expected N = 3",
  ],
  [
    "agents last",
    ({ groups }) => ({ groups: groups.toReversed() }),
    "scene.groups are other, agent, expected agents first",
  ],
  [
    "half an entity",
    ({ groups }) => ({ groups: groups.map((group) => ({ ...group, count: 1.5 })) }),
    "scene has 1.5 of pursuer, expected an integer >= 0",
  ],
  ["negative sight", () => ({ sight: -1 }), "scene.sight is -1, expected an odd number of cells or null"],
  ["even sight", () => ({ sight: 4 }), "scene.sight is 4"],
  ["no columns", () => ({ width: 0 }), "scene.width is 0, expected an integer >= 1"],
  ["too few walls", () => ({ walls: new Uint8Array(3) }), "scene.walls has 3 entries, expected 7 × 6"],
  [
    "a look that changes the situation",
    (scene, env) => {
      let isRendered = false;
      const render = env.render.bind(env);
      env.render = (e) => (isRendered = true, render(e));
      return {
        cells: (e) => {
          if (isRendered) env.reset();
          return scene.cells(e);
        },
      };
    },
    "render, save or scene changed the situation",
  ],
];

describe("checkParallelEnv with a scene", () => {
  for (const [what, change, message] of BROKEN) {
    it(`refuses one with ${what}`, () => {
      assertThrows(() => checkParallelEnv(withScene(change)), Error, message);
    });
  }

  it("accepts sight that is no square, and an environment without a scene", () => {
    checkParallelEnv(withScene(() => ({ sight: null })));
    checkParallelEnv((copies) =>
      Object.defineProperty(makeEnv("sisl/pursuit_v4", SMALL, copies), "scene", { value: undefined })
    );
  });
});
