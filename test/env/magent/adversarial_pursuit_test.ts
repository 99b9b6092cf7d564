import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { makeAdversarialPursuit } from "relay/env/magent/make_magent.ts";
import { act, arrange, entryOf, placeOf, type Situation, sum32 } from "./arrange.ts";

const STAY = 2;
const PREY_STAYS = 4;

function pursuit(situation: Situation, options: Record<string, unknown> = {}) {
  const env = makeAdversarialPursuit({ map_size: 18, ...options }, { autoReset: false });
  arrange(env, situation);
  return env;
}

describe("Adversarial Pursuit's tags", () => {
  it("reach the eight cells along the edges of the predator, not those at its corners", () => {
    const edges = [[0, -1], [1, -1], [-1, 0], [2, 0], [-1, 1], [2, 1], [0, 2], [1, 2]];
    for (const [k, [dx, dy]] of edges.entries()) {
      const env = pursuit({ predator_0: { at: [8, 8] }, prey_3: { at: [8 + dx!, 8 + dy!] } });
      act(env, { predator_0: 5 + k, prey_3: PREY_STAYS });
      assertEquals(entryOf(env, env.rewards, "predator_0"), sum32(-0.2, 1));
      assertEquals(entryOf(env, env.rewards, "prey_3"), -1);
      assertEquals(entryOf(env, env.alive, "prey_3"), 1);
    }
    for (const [dx, dy] of [[-1, -1], [2, -1], [-1, 2], [2, 2]]) {
      for (let action = 5; action < 13; action++) {
        const env = pursuit({ predator_0: { at: [8, 8] }, prey_3: { at: [8 + dx!, 8 + dy!] } });
        act(env, { predator_0: action, prey_3: PREY_STAYS });
        assertEquals(entryOf(env, env.rewards, "predator_0"), Math.fround(-0.2));
        assertEquals(entryOf(env, env.rewards, "prey_3"), 0);
      }
    }
  });

  it("count for the prey as often as it is tagged, at the option's price", () => {
    const env = pursuit(
      { predator_0: { at: [6, 8] }, predator_2: { at: [9, 8] }, prey_0: { at: [8, 8] } },
      { tag_penalty: -0.37 },
    );
    act(env, { predator_0: 8, predator_2: 7, prey_0: PREY_STAYS });
    assertEquals(entryOf(env, env.rewards, "prey_0"), -2);
    assertEquals(entryOf(env, env.rewards, "predator_0"), sum32(-0.37, 1));
    assertEquals(entryOf(env, env.rewards, "predator_2"), sum32(-0.37, 1));
  });

  it("come before moves, and never kill", () => {
    const env = pursuit({ predator_0: { at: [6, 8] }, prey_0: { at: [8, 8] } });
    for (let step = 0; step < 20; step++) act(env, { predator_0: 8, prey_0: PREY_STAYS });
    assertEquals(entryOf(env, env.healthPoints(0), "prey_0"), 1);
    act(env, { predator_0: 8, prey_0: 5 });
    assertEquals([placeOf(env, "prey_0"), entryOf(env, env.rewards, "prey_0")], [[9, 8], -1]);
  });
});

describe("Adversarial Pursuit's moves", () => {
  it("are one step along an axis for predators, in any direction for prey", () => {
    const steps = [[0, -1], [-1, 0], [0, 0], [1, 0], [0, 1]];
    for (const [action, [dx, dy]] of steps.entries()) {
      const env = pursuit({ predator_0: { at: [8, 8] }, prey_0: { at: [3, 3] } });
      act(env, { predator_0: action, prey_0: PREY_STAYS });
      assertEquals(placeOf(env, "predator_0"), [8 + dx!, 8 + dy!]);
    }
    for (let action = 0; action < 9; action++) {
      const env = pursuit({ predator_0: { at: [8, 8] }, prey_0: { at: [3, 3] } });
      act(env, { predator_0: STAY, prey_0: action });
      assertEquals(placeOf(env, "prey_0"), [2 + action % 3, 2 + Math.floor(action / 3)]);
    }
  });

  it("of a predator need two free cells ahead, and end before the ring of walls", () => {
    const env = pursuit({
      predator_0: { at: [8, 8] },
      predator_1: { at: [15, 3] },
      prey_0: { at: [10, 9] },
      prey_1: { at: [3, 3] },
    });
    act(env, { predator_0: 3, predator_1: 3, prey_0: PREY_STAYS, prey_1: PREY_STAYS });
    assertEquals(placeOf(env, "predator_0"), [8, 8]);
    assertEquals(placeOf(env, "predator_1"), [15, 3]);
    act(env, { predator_0: 3, predator_1: 1, prey_0: 8, prey_1: PREY_STAYS });
    assertEquals(placeOf(env, "predator_0"), [8, 8]); // prey moves after predators
    act(env, { predator_0: 3, predator_1: 1, prey_0: PREY_STAYS, prey_1: PREY_STAYS });
    assertEquals(placeOf(env, "predator_0"), [9, 8]);
    assertEquals(placeOf(env, "predator_1"), [13, 3]);
  });
});

describe("padding", () => {
  it("makes prey's further actions its first", () => {
    for (let action = 9; action < 13; action++) {
      const env = pursuit({ predator_0: { at: [8, 8] }, prey_0: { at: [3, 3] } });
      act(env, { predator_0: STAY, prey_0: action });
      assertEquals(placeOf(env, "prey_0"), [2, 2]);
    }
  });

  it("masks them where wished", () => {
    assertEquals(makeAdversarialPursuit({ map_size: 18 }).actionMask, undefined);
    const env = makeAdversarialPursuit({ map_size: 18, paddedActions: "masked" }, { copies: 2 });
    const allowed = Array.from(
      { length: 24 },
      (_, i) => env.actionMask!.subarray(i * 13, (i + 1) * 13).join(""),
    );
    const team = [...Array(4).fill("1".repeat(13)), ...Array(8).fill("1".repeat(9) + "0000")];
    assertEquals(allowed, [...team, ...team]);
  });

  it("leaves the last row and column of prey's observations empty", () => {
    const env = makeAdversarialPursuit({ map_size: 18, extra_features: true });
    assertEquals(env.describe().obsShape, [10, 10, 29]);
    assertEquals(env.teams.map(({ obsShape }) => [...obsShape]), [[10, 10, 29], [9, 9, 25]]);
    for (let step = 0; step < 20; step++) act(env, {}, step % 9);
    for (let i = 4; i < 12; i++) {
      for (let k = 0; k < env.O; k++) {
        const [row, column, channel] = [Math.floor(k / 290), Math.floor(k / 29) % 10, k % 29];
        if (row < 9 && column < 9 && channel < 25) continue;
        assertEquals(env.obs[i * env.O + k], 0);
      }
    }
  });
});

describe("the first step after a reset", () => {
  it("gives prey the predators' actions; a tag is nothing to prey but a turn in the shuffle", () => {
    const env = makeAdversarialPursuit({ map_size: 18 }, { seeds: [5] });
    const before = env.positions(0);
    act(env, { predator_0: 3, predator_1: 10, prey_0: 1 }, STAY);
    const after = env.positions(0);
    const shift = (i: number) => [after[i]![0] - before[i]![0], after[i]![1] - before[i]![1]];
    assertEquals(shift(4), [-1, 0]); // prey_0 did what predator_0 was told: 3, left to prey
    assertEquals(shift(5), [0, 0]); // prey_1 what predator_1 was told: a tag
    assertEquals(shift(8), [0, -1]); // prey_4 what prey_0 was told: 1
    assertEquals([...env.rewards.subarray(4)], Array(8).fill(0));
  });
});
