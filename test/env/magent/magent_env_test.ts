import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { checkParallelEnv } from "relay/env/check_parallel_env.ts";
import type { MagentEnv } from "relay/env/magent/magent_env.ts";
import { makeAdversarialPursuit, makeBattle } from "relay/env/magent/make_magent.ts";
import { nextMinstd, seedMinstd } from "relay/env/magent/minstd.ts";
import { makeEnv } from "relay/env/registry.ts";
import { act, arrange, randomActions } from "./arrange.ts";

const BATTLE = "magent/battle_v4";
const PURSUIT = "magent/adversarial_pursuit_v4";

/** Members of both armies within reach of each other, all with little health: many die. */
function melee(options: Record<string, unknown> = {}): MagentEnv {
  const env = makeBattle({ map_size: 18, ...options }, { autoReset: false });
  const places = Array.from({ length: 12 }, (_, i) => [7 + i % 4, 7 + Math.floor(i / 4)] as const);
  const names = env.describe().agents;
  arrange(
    env,
    Object.fromEntries(names.map((name, i) => [name, { at: places[(i * 5) % 12]!, hp: 1 + i / 3 }])),
  );
  return env;
}

describe("MagentEnv keeps the contract", () => {
  const cases: [string, Record<string, unknown>][] = [
    [BATTLE, { map_size: 18, max_cycles: 40 }],
    [BATTLE, { map_size: 13, max_cycles: 12, minimap_mode: true, extra_features: true }],
    [PURSUIT, { map_size: 18, max_cycles: 25 }],
    [PURSUIT, {
      map_size: 11,
      max_cycles: 12,
      minimap_mode: true,
      extra_features: true,
      paddedActions: "masked",
    }],
    [PURSUIT, { map_size: 7, max_cycles: 5 }],
  ];
  for (const [id, options] of cases) {
    it(`as ${id} with ${JSON.stringify(options)}`, () => {
      checkParallelEnv((copies) => makeEnv(id, options, copies), { seed: 3 });
    });
  }

  it("where agents die in battle", () => {
    // Snapshots of a melee, in an environment that many copies share.
    const start = melee({ max_cycles: 60 });
    const makeMelee = (copies: number) => {
      const env = makeBattle({ map_size: 18, max_cycles: 60 }, { copies });
      const one = start.save();
      const all = env.save();
      const [from, to] = [new Int32Array(one.buffer), new Int32Array(all.buffer)];
      // places, status, health: blocks 0, 1 and 6 of N words a copy, after frames and generators of one word a copy
      for (let e = 0; e < copies; e++) {
        for (let i = 0; i < 12; i++) {
          to[6 + e * 12 + i] = from[6 + i]!;
          to[6 + 3 * copies * 12 + 2 * copies + e * 12 + i] = from[6 + 36 + 2 + i]!;
        }
      }
      const restart = () => env.load(new Uint8Array(to.buffer));
      const reset = (seeds?: ArrayLike<number>) => {
        env.reset(seeds);
        const seeded = new Int32Array(env.save().buffer);
        to.set(seeded.subarray(6 + 36 * copies, 6 + 38 * copies), 6 + 36 * copies);
        restart();
      };
      reset(Array.from({ length: copies }, (_, e) => e));
      return new Proxy(env, {
        get: (target, name) => {
          if (name === "reset") return reset;
          const value = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    };
    let deaths = 0;
    const env = makeMelee(1);
    const draw = randomActions(env, 1);
    for (let step = 0; step < 50; step++) {
      env.step(draw());
      deaths = Math.max(deaths, env.alive.filter((flag) => flag === 0).length);
    }
    assert(deaths >= 2, `${deaths} died`);
    checkParallelEnv(makeMelee, { seed: 2, steps: 130 });
  });
});

describe("MagentEnv's generator", () => {
  it("draws what minstd_rand0 draws", () => {
    const draws = [16807, 282475249, 1622650073];
    let state = seedMinstd(1);
    for (const draw of draws) assertEquals(state = nextMinstd(state), draw);
    for (let k = 3; k < 10_000; k++) state = nextMinstd(state);
    assertEquals(state, 1043618065); // the C++ standard's value for the 10000th draw
    assertEquals(seedMinstd(0), 1);
    assertEquals(seedMinstd(2 ** 31 - 1), 1);
    assertEquals(seedMinstd(2 ** 32 + 7), 7);
    assertEquals(BigInt(seedMinstd(-5)), (2n ** 64n - 5n) % (2n ** 31n - 1n));
  });

  it("goes on over resets without seeds, and starts again with them", () => {
    const env = makeAdversarialPursuit({ map_size: 18 }, { seeds: [4] });
    const [first, walls] = [env.positions(0), env.walls(0)];
    env.reset();
    assertNotEquals(env.positions(0), first);
    assertNotEquals(env.walls(0), walls);
    env.reset([4]);
    assertEquals([env.positions(0), env.walls(0)], [first, walls]);
  });
});

describe("MagentEnv's dead", () => {
  it("never act, and their actions change nothing", () => {
    const [one, other] = [melee(), melee()];
    const draw = randomActions(one, 7);
    let dead = 0;
    for (let step = 0; step < 80; step++) {
      const actions = draw();
      const changed = actions.map((action, i) => one.alive[i] === 1 ? action : (action + 5) % 21);
      const before = one.positions(0);
      one.step(actions);
      other.step(changed);
      assertEquals(one.save(), other.save());
      one.positions(0).forEach((place, i) => {
        if (before[i] === null) assertEquals([place, one.rewards[i], one.terminated[i]], [null, 0, 1]);
      });
      dead = one.positions(0).filter((place) => place === null).length;
    }
    assert(dead >= 3, `${dead} are dead`);
  });

  it("have fallen below zero, the living are between 0 and 10", () => {
    for (let seed = 0; seed < 5; seed++) {
      const env = melee();
      const draw = randomActions(env, seed);
      for (let step = 0; step < 60; step++) {
        env.step(draw());
        env.healthPoints(0).forEach((hp, i) => {
          assertEquals(hp >= 0 && hp <= 10, env.alive[i] === 1, `${hp} of ${i}`);
        });
      }
    }
  });
});

describe("MagentEnv's copies", () => {
  it("give the same whatever their order", () => {
    for (const make of [makeBattle, makeAdversarialPursuit]) {
      const order = [2, 0, 3, 1];
      const [env, permuted] = [make({ map_size: 16 }, { copies: 4 }), make({ map_size: 16 }, { copies: 4 })];
      env.reset([5, 6, 7, 8]);
      permuted.reset(order.map((e) => 5 + e));
      const draw = randomActions(env, 3);
      const part = <T extends Int32Array | Float32Array | Float64Array>(array: T, e: number) =>
        array.slice(e * array.length / 4, (e + 1) * array.length / 4);
      for (let step = 0; step < 40; step++) {
        const actions = draw();
        env.step(actions);
        permuted.step(Int32Array.from(order.flatMap((e) => [...part(actions, e)])));
        for (const [to, from] of order.entries()) {
          assertEquals(part(permuted.obs, to), part(env.obs, from));
          assertEquals(part(permuted.rewards, to), part(env.rewards, from));
        }
      }
    }
  });
});

describe("MagentEnv's description", () => {
  it("names agents and actions", () => {
    const battle = makeBattle({ map_size: 18 }).describe();
    assertEquals([battle.agents[0], battle.agents[6], battle.agents.length], ["red_0", "blue_0", 12]);
    assertEquals([battle.actions[0], battle.actions[6], battle.actions[20]], [
      "move (0, -2)",
      "stay",
      "attack (1, 1)",
    ]);
    const pursuit = makeAdversarialPursuit({ map_size: 18 }).describe();
    assertEquals([pursuit.agents[3], pursuit.agents[4], pursuit.agents.length], ["predator_3", "prey_0", 12]);
    assertEquals(pursuit.actions[2], "predator: stay; prey: move (1, -1)");
    assertEquals(pursuit.actions[8], "predator: tag (2, 0); prey: move (1, 1)");
    assertEquals(pursuit.actions[12], "predator: tag (1, 2); prey: as action 0");
  });

  it("has zeros and ones, which fit in bytes, where nobody can be hurt", () => {
    const env = makeAdversarialPursuit({ map_size: 18 }, { copies: 2 });
    assertEquals(env.describe().obsDtype, "uint8");
    const seen = new Set<number>();
    for (let step = 0; step < 100; step++) {
      env.step(Int32Array.from({ length: env.E * env.N }, (_, i) => (5 * step + 3 * i) % env.A));
      for (const value of env.nextObs) seen.add(value);
    }
    assertEquals([...seen].sort(), [0, 1]);
    const others = [
      makeBattle({ map_size: 18 }),
      makeAdversarialPursuit({ map_size: 18, minimap_mode: true }),
      makeAdversarialPursuit({ map_size: 18, extra_features: true }),
    ];
    assertEquals(others.map((other) => other.describe().obsDtype), ["float32", "float32", "float32"]);
  });

  it("has the original's numbers of agents", () => {
    const sizes = [12, 18, 25, 45].map((map_size) =>
      makeBattle({ map_size }).teams.map(({ first, end }) => end - first)
    );
    assertEquals(sizes, [[2, 2], [6, 6], [20, 20], [81, 81]]);
    assertEquals(makeAdversarialPursuit().N, 25 + 50);
  });
});

describe("MagentEnv's errors", () => {
  it("name the unfit option and what it may be", () => {
    const cases: [() => unknown, string][] = [
      [() => makeBattle({ map_size: 11 }), "map_size is 11, expected an integer in [12, 1000]"],
      [() => makeAdversarialPursuit({ map_size: 6 }), "map_size is 6, expected an integer in [7, 1000]"],
      [() => makeAdversarialPursuit({ map_size: 8, minimap_mode: true }), "expected at least 9"],
      [() => makeBattle({ tag_penalty: 1 }), `unknown option "tag_penalty"`],
      [() => makeBattle({ step_reward: 1e39 }), "step_reward is 1e+39, expected a finite number"],
      [() => makeBattle({ minimap_mode: 1 }), "minimap_mode is 1, expected true or false"],
      [() => makeBattle({ render_mode: "human" }), `render_mode is "human", expected null or "rgb_array"`],
      [() => makeAdversarialPursuit({ paddedActions: "no" }), `expected "first" or "masked"`],
      [() => makeBattle({}, { copies: 0 }), "copies is 0"],
      [() => makeBattle().reset([1, 2]), "got 2 seeds, expected 1"],
      [() => makeBattle().positions(1), "copy 1"],
      [() => makeBattle().render(-1), "copy -1"],
    ];
    for (const [attempt, message] of cases) assertThrows(attempt, RangeError, message);
  });

  it("name the agent of an illegal action and leave the situation alone", () => {
    const env = makeBattle({ map_size: 18 }, { copies: 2 });
    const before = env.save();
    const actions = new Int32Array(24);
    actions[20] = 21;
    assertThrows(() => env.step(actions), RangeError, "action of copy 1, blue_2 is 21, expected 0 to 20");
    assertThrows(() => env.step(new Int32Array(12)), RangeError, "got 12 actions, expected 24");
    assertEquals(env.save(), before);
  });

  it("refuse a snapshot of another game, of another length or of an impossible situation", () => {
    const env = makeAdversarialPursuit({ map_size: 18 });
    const before = env.save();
    assertThrows(() => env.load(new Uint8Array(8)), RangeError, "got 8 bytes, expected");
    const altered = (word: number, value: number) => {
      const words = new Int32Array(env.save().buffer);
      words[word] = value;
      return () => env.load(new Uint8Array(words.buffer));
    };
    const [N, walls] = [12, 9];
    assertThrows(altered(2, 19), RangeError, "header is");
    assertThrows(altered(6, 0), RangeError, "is not a free cell");
    assertThrows(altered(6, -7), RangeError, "is not a free cell");
    assertThrows(altered(6, new Int32Array(before.buffer)[7]!), RangeError, "is not a free cell");
    assertThrows(altered(6 + N, 3), RangeError, "3 is no agent's status");
    assertThrows(altered(6 + 2 * N, 13), RangeError, "13 is no action");
    assertThrows(altered(6 + 3 * N, 0), RangeError, "0 is not a free cell");
    assertThrows(altered(6 + 3 * N + walls, -1), RangeError, "-1 is no number of steps");
    assertThrows(altered(6 + 3 * N + walls + 1, 0), RangeError, "0 is no state of the generator");
    assertThrows(altered(6 + 3 * N + walls + 2, 0x40000000), RangeError, "2 are no health points");
    assertEquals(env.save(), before);
  });
});

describe("MagentEnv's stopping copy", () => {
  it("stays where the episode ended", () => {
    const env = makeBattle({ map_size: 18, max_cycles: 2 }, { autoReset: false });
    for (let step = 0; step < 2; step++) act(env, {}, 10);
    assertEquals([...env.truncated], Array(12).fill(1));
    assertEquals(env.obs, env.nextObs);
    assertEquals(env.positions(0)[0], [2, 8]);
  });
});
