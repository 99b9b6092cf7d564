import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { makeBattle } from "relay/env/magent/make_magent.ts";
import { act, arrange, entryOf, placeOf, type Situation, sum32 } from "./arrange.ts";

const STAY = 6;
const FAR: Situation = { blue_5: { at: [15, 15] } };
/** Of the eight attacks, by direction. */
const ATTACK = {
  upLeft: 13,
  up: 14,
  upRight: 15,
  left: 16,
  right: 17,
  downLeft: 18,
  down: 19,
  downRight: 20,
};

/** Battle on a map of 18, stopped where an episode ends, in a situation. */
function battle(situation: Situation, options: Record<string, unknown> = {}) {
  const env = makeBattle({ map_size: 18, ...options }, { autoReset: false });
  arrange(env, situation);
  return env;
}

describe("Battle's moves", () => {
  it("go to the thirteen cells up to a distance of two", () => {
    const ends = [[0, -2], [-1, -1], [0, -1], [1, -1], [-2, 0], [-1, 0], [0, 0], [1, 0], [2, 0], [-1, 1], [
      0,
      1,
    ]];
    for (const [action, [dx, dy]] of [...ends, [1, 1], [0, 2]].entries()) {
      const env = battle({ red_0: { at: [8, 8] }, ...FAR });
      act(env, { red_0: action }, STAY);
      assertEquals(placeOf(env, "red_0"), [8 + dx!, 8 + dy!]);
    }
  });

  it("leap over others but not onto them, and end at the ring of walls", () => {
    const env = battle({
      red_0: { at: [8, 8] },
      red_1: { at: [9, 8] },
      red_2: { at: [1, 1] },
      red_3: { at: [2, 2] },
      ...FAR,
    });
    act(env, { red_0: 8, red_1: 5, red_2: 4, red_3: 0 }, STAY);
    assertEquals(placeOf(env, "red_0"), [10, 8]);
    assertEquals(placeOf(env, "red_1"), [8, 8]);
    assertEquals(placeOf(env, "red_2"), [1, 1]);
    assertEquals(placeOf(env, "red_3"), [2, 2]);
  });

  it("are made one after the other in the agents' order", () => {
    const env = battle({ red_0: { at: [8, 8] }, red_1: { at: [9, 8] }, red_2: { at: [7, 8] }, ...FAR });
    act(env, { red_0: 7, red_1: 7, red_2: 7 }, STAY);
    assertEquals(placeOf(env, "red_0"), [8, 8]); // red_1 was still there
    assertEquals(placeOf(env, "red_1"), [10, 8]);
    assertEquals(placeOf(env, "red_2"), [7, 8]); // red_0 could not go
    act(env, { red_0: 7, red_1: 7, red_2: 7 }, STAY);
    assertEquals(["red_0", "red_1", "red_2"].map((name) => placeOf(env, name)?.[0]), [9, 11, 8]);
  });

  it("let the first of two have a cell", () => {
    const env = battle({ red_1: { at: [8, 8] }, blue_0: { at: [10, 8] } });
    act(env, { red_1: 7, blue_0: 5 }, STAY);
    assertEquals([placeOf(env, "red_1"), placeOf(env, "blue_0")], [[9, 8], [10, 8]]);
  });
});

describe("Battle's attacks", () => {
  it("strike the eight cells around", () => {
    const around = [[-1, -1], [0, -1], [1, -1], [-1, 0], [1, 0], [-1, 1], [0, 1], [1, 1]];
    for (const [k, [dx, dy]] of around.entries()) {
      const env = battle({ red_0: { at: [8, 8] }, blue_0: { at: [8 + dx!, 8 + dy!] } });
      act(env, { red_0: 13 + k }, STAY);
      assertEquals(entryOf(env, env.healthPoints(0), "blue_0"), sum32(8, 0.1));
      assertEquals(entryOf(env, env.rewards, "red_0"), sum32(-0.005, -0.1, 0.2));
      assertEquals(entryOf(env, env.rewards, "blue_0"), sum32(-0.005));
    }
  });

  it("on nothing, a wall or a friend only cost", () => {
    const situation: Situation = { red_0: { at: [1, 8] }, red_1: { at: [1, 9] }, ...FAR };
    for (const action of [ATTACK.up, ATTACK.left, ATTACK.down]) {
      const env = battle(situation);
      act(env, { red_0: action }, STAY);
      assertEquals(entryOf(env, env.rewards, "red_0"), sum32(-0.005, -0.1));
      assertEquals(entryOf(env, env.healthPoints(0), "red_1"), 10);
    }
  });

  it("take their prices from the options", () => {
    const env = battle({ red_0: { at: [8, 8] }, blue_0: { at: [9, 8] } }, {
      step_reward: 0.3,
      attack_penalty: -0.7,
      attack_opponent_reward: 1.1,
    });
    act(env, { red_0: ATTACK.right }, STAY);
    assertEquals(entryOf(env, env.rewards, "red_0"), sum32(0.3, -0.7, 1.1));
    assertEquals(entryOf(env, env.rewards, "blue_0"), sum32(0.3));
  });

  it("come before moves: who moves away is hit all the same", () => {
    const env = battle({ red_0: { at: [8, 8] }, blue_0: { at: [9, 8] } });
    act(env, { red_0: ATTACK.right, blue_0: 8 }, STAY);
    assertEquals(placeOf(env, "blue_0"), [11, 8]);
    assertEquals(entryOf(env, env.healthPoints(0), "blue_0"), sum32(8, 0.1));
  });

  it("bring health to exactly 0 without killing; the sixth hit kills", () => {
    const five: Situation = {
      red_0: { at: [7, 7] },
      red_1: { at: [8, 7] },
      red_2: { at: [9, 7] },
      red_3: { at: [7, 8] },
      red_4: { at: [9, 8] },
      blue_0: { at: [8, 8] },
      blue_1: { at: [15, 15] },
    };
    const actions = {
      red_0: ATTACK.downRight,
      red_1: ATTACK.down,
      red_2: ATTACK.downLeft,
      red_3: ATTACK.right,
      red_4: ATTACK.left,
      red_5: ATTACK.up,
    };
    const alive = battle(five);
    act(alive, actions, STAY);
    assertEquals(entryOf(alive, alive.alive, "blue_0"), 1);
    assertEquals(entryOf(alive, alive.healthPoints(0), "blue_0"), Math.fround(0.1));
    const dead = battle({ ...five, red_5: { at: [8, 9] } });
    act(dead, actions, STAY);
    assertEquals(entryOf(dead, dead.alive, "blue_0"), 0);
    assertEquals(entryOf(dead, dead.terminated, "blue_0"), 1);
    assertEquals(entryOf(dead, dead.rewards, "blue_0"), Math.fround(-0.1));
    const reds = [...dead.rewards.subarray(0, 6)].sort((a, b) => a - b);
    const hit = sum32(-0.005, -0.1, 0.2);
    assertEquals(reds, [hit, hit, hit, hit, hit, sum32(-0.005, sum32(5, -0.1))]);
    assertEquals([...dead.terminated.subarray(0, 6)], [0, 0, 0, 0, 0, 0]); // blue_1 lives
  });
});

describe("Battle's deaths", () => {
  const duel: Situation = { red_0: { at: [8, 8], hp: 1 }, blue_0: { at: [9, 8], hp: 1 } };
  const strikes = { red_0: ATTACK.right, blue_0: ATTACK.left };
  const seeded = (seed: number, situation: Situation) => {
    const env = makeBattle({ map_size: 18 }, { autoReset: false, seeds: [seed] });
    arrange(env, situation);
    return env;
  };

  it("come in the order of the shuffled attacks: of two who would kill each other one does", () => {
    const survivors = new Set<string>();
    for (let seed = 1; seed < 12; seed++) {
      const env = seeded(seed, duel);
      act(env, strikes, STAY);
      const [killer, dead] = placeOf(env, "red_0") ? ["red_0", "blue_0"] : ["blue_0", "red_0"];
      survivors.add(killer);
      assertEquals(placeOf(env, dead), null);
      assertEquals(entryOf(env, env.rewards, killer), sum32(-0.005, sum32(5, -0.1)));
      assertEquals(entryOf(env, env.rewards, dead), Math.fround(-0.1));
      assertEquals([...env.terminated], Array(12).fill(1));
    }
    assertEquals(survivors.size, 2);
  });

  it("replace what was earned in the step, but a hit struck before still pays", () => {
    const situation: Situation = {
      red_0: { at: [8, 8], hp: 1 },
      red_1: { at: [2, 2] },
      blue_0: { at: [9, 8] },
      blue_1: { at: [7, 8] },
    };
    const rewards = new Set<number>();
    for (let seed = 1; seed < 12; seed++) {
      const env = seeded(seed, situation);
      act(env, { red_0: ATTACK.right, blue_1: ATTACK.right }, STAY);
      rewards.add(entryOf(env, env.rewards, "red_0"));
    }
    const [killedFirst, struckFirst] = [Math.fround(-0.1), sum32(-0.1, 0.2)];
    assertEquals([...rewards].sort(), [killedFirst, struckFirst].sort());
  });

  it("free the cell for those who move in the same step", () => {
    const env = battle({ ...duel, red_1: { at: [10, 8] }, blue_1: { at: [15, 15] } });
    act(env, { red_0: ATTACK.right, red_1: 5 }, STAY);
    assertEquals(placeOf(env, "red_1"), [9, 8]);
  });

  it("leave a last observation without the dead, and then nothing", () => {
    const env = battle({ ...duel, red_1: { at: [2, 2] }, blue_1: { at: [15, 15] } });
    act(env, { red_0: ATTACK.right }, STAY);
    const last = env.nextObs.slice(6 * env.O, 7 * env.O);
    const middle = (6 * 13 + 6) * 5;
    assertEquals([...last.subarray(middle, middle + 5)], [0, 0, 0, 0, 0]); // not itself
    assertEquals([...last.subarray(middle - 5, middle)], [0, 0, 0, 1, Math.fround(sum32(1, 0.1) / 10)]);
    assertEquals(entryOf(env, env.alive, "blue_0"), 0);
    const saved = env.save();
    for (const reload of [false, true]) {
      if (reload) env.load(saved);
      assertEquals(env.obs.slice(6 * env.O, 7 * env.O), last);
    }
    act(env, { blue_0: ATTACK.left }, STAY);
    assert(env.obs.subarray(6 * env.O, 7 * env.O).every((value) => value === 0));
    assert(env.nextObs.subarray(6 * env.O, 7 * env.O).every((value) => value === 0));
    const outcome = [env.rewards, env.terminated, env.truncated, env.alive];
    assertEquals(outcome.map((array) => entryOf(env, array, "blue_0")), [0, 1, 0, 0]);
    assertEquals(entryOf(env, env.healthPoints(0), "red_0"), sum32(sum32(1, 0.1), 0.1)); // the dead do not strike
  });

  it("end the episode for everybody when a team is gone, the time limit only for the living", () => {
    const over = battle({ ...duel, red_1: { at: [2, 2] } });
    act(over, { red_0: ATTACK.right }, STAY);
    assertEquals([...over.terminated], Array(12).fill(1));
    assertEquals(over.truncated.includes(1), false);
    const cut = battle({ ...duel, red_1: { at: [2, 2] }, blue_1: { at: [15, 15] } }, { max_cycles: 2 });
    act(cut, { red_0: ATTACK.right }, STAY);
    assertEquals([...cut.truncated], [1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
    assertEquals([...cut.terminated], [0, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1]);
  });
});

describe("Battle's recovery", () => {
  it("gives 0.1 a step in float32, up to 10", () => {
    const env = battle({ red_0: { at: [8, 8], hp: 9.85 }, ...FAR });
    let expected = Math.fround(9.85);
    for (let step = 0; step < 3; step++) {
      act(env, {}, STAY);
      expected = Math.min(10, sum32(expected, 0.1));
      assertEquals(entryOf(env, env.healthPoints(0), "red_0"), expected);
    }
    assertEquals(expected, 10);
  });
});

describe("the first step after a reset", () => {
  it("gives blue what red was told, as the original does, unless that is switched off", () => {
    const told = { red_0: 7, red_1: STAY, blue_0: 10, blue_1: 10 };
    const quirk = makeBattle({ map_size: 18 });
    const own = makeBattle({ map_size: 18, firstStepQuirk: false });
    for (const env of [quirk, own]) act(env, told, STAY);
    assertEquals([placeOf(quirk, "blue_0"), placeOf(quirk, "blue_1")], [[13, 6], [12, 8]]);
    assertEquals([placeOf(own, "blue_0"), placeOf(own, "blue_1")], [[12, 7], [12, 9]]);
    act(quirk, told, STAY);
    assertEquals([placeOf(quirk, "blue_0"), placeOf(quirk, "blue_1")], [[13, 7], [12, 9]]);
    quirk.reset();
    act(quirk, told, STAY);
    assertEquals(placeOf(quirk, "blue_0"), [13, 6]);
  });
});
