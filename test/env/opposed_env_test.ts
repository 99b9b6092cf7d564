import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { checkParallelEnv } from "relay/env/check_parallel_env.ts";
import { OpposedEnv } from "relay/env/opposed_env.ts";
import type { ParallelEnv } from "relay/env/parallel_env.ts";
import { makeEnv } from "relay/env/registry.ts";
import { openStream } from "relay/rng/stream.ts";

const BATTLE = "magent/battle_v4";

describe("OpposedEnv", () => {
  const still = {
    act: (_: Float32Array, actions: Int32Array) => void actions.fill(6),
    save: () => new Uint8Array(),
    load: () => {},
  };
  const make = (copies = 1): ParallelEnv =>
    new OpposedEnv(makeEnv(BATTLE, { map_size: 12, max_cycles: 30 }, copies), "red", still);

  it("keeps the contract of environments", async () => {
    await checkParallelEnv(make);
  });

  it("is the learners' part of the whole game", () => {
    const [part, whole] = [make(2), makeEnv(BATTLE, { map_size: 12, max_cycles: 30 }, 2)];
    const stream = openStream(2);
    part.reset([1, 2]);
    whole.reset([1, 2]);
    for (let step = 0; step < 40; step++) {
      const actions = Int32Array.from({ length: 4 }, () => stream.below(21));
      const joint = new Int32Array(8).fill(6);
      for (let e = 0; e < 2; e++) joint.set(actions.subarray(2 * e, 2 * e + 2), 4 * e + 2);
      part.step(actions);
      whole.step(joint);
      for (const name of ["obs", "nextObs", "rewards", "terminated", "truncated", "alive"] as const) {
        const all = Array.from(whole[name]!);
        const width = all.length / 8;
        const expected = [0, 1].flatMap((e) => all.slice((4 * e + 2) * width, (4 * e + 4) * width));
        assertEquals(Array.from(part[name]!), expected, name);
      }
    }
  });

  it("names the actions as the learners' own", () => {
    const pursuit = makeEnv("magent/adversarial_pursuit_v4", { map_size: 18 }, 1);
    const { actions, actionsOfTeam } = new OpposedEnv(pursuit, "predator", still).describe();
    assertEquals([actions[2], actions[4], actions[12]], ["move (1, -1)", "stay", "as action 0"]);
    assertEquals(actionsOfTeam, undefined);
  });

  it("shows the opponents on the board, as others", () => {
    const { scene } = make();
    assertEquals(scene!.groups.map(({ name, role }) => [name, role]), [["blue", "agent"], ["red", "other"]]);
    const whole = makeEnv(BATTLE, { map_size: 12 }).scene!.cells(0);
    assertEquals([...scene!.cells(0)], [...whole.slice(2), ...whole.slice(0, 2)]);
  });

  it("leaves walls of the episode walls", () => {
    const { scene } = new OpposedEnv(
      makeEnv("magent/adversarial_pursuit_v4", { map_size: 18 }),
      "predator",
      still,
    );
    assertEquals(scene!.groups.map(({ name, role }) => `${name}: ${role}`), [
      "prey: agent",
      "predator: other",
      "wall: wall",
    ]);
  });
});
