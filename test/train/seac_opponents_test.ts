import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ALGORITHMS } from "experiments/seac_experiment.ts";
import { PRESETS } from "experiments/super_seac.ts";
import { openStream } from "relay/rng/stream.ts";
import { useSimd } from "relay/tensor/simd_backend.ts";
import { ConfigError, parseRunConfig, runIdOf, type SeacTrainConfig } from "relay/train/config.ts";
import { FrozenOpponents } from "relay/train/frozen_opponents.ts";
import type { Row } from "relay/train/row.ts";
import { SeacSession } from "relay/train/seac_session.ts";
import { readPolicies } from "relay/train/stored_policies.ts";
import { train } from "relay/train/train.ts";
import { writeChasers } from "../support/chasers.ts";
import { reproducibleFiles } from "../support/small_run.ts";

const directory = Deno.makeTempDirSync({ prefix: "relay-seac-opponents-" });
addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
const runsDir = `${directory}/runs`;

const BATTLE = { id: "magent/battle_v4", options: { map_size: 12, max_cycles: 60 } };
/** Red soldiers of the small map who fight well. */
const policies = writeChasers(`${directory}/opponents/red`, { id: BATTLE.id, options: { map_size: 12 } });
const EPSILON = { start: 0.5, end: 0.1, decayEnvSteps: 400 };
const STORED = { team: "red", policies, epsilon: EPSILON };

/** Two soldiers a team, three boards; a second. */
const small = (
  algorithm: SeacTrainConfig["algorithm"],
  opponents: NonNullable<SeacTrainConfig["opponents"]> = STORED,
  changes: Partial<SeacTrainConfig> = {},
) =>
  parseRunConfig({
    ...PRESETS.smoke,
    ...ALGORITHMS[algorithm],
    preset: "small",
    seed: 3,
    env: BATTLE,
    totalEnvSteps: 1260,
    reportEveryEnvSteps: 210,
    evaluation: { everyEnvSteps: 630, episodes: 3 },
    hidden: [16],
    envCopies: 3,
    rolloutSteps: 7,
    opponents,
    ...changes,
  }) as SeacTrainConfig;

const valuesOf = (rows: readonly Row[], metric: string) =>
  rows.filter((row) => row.metric === metric).map(({ value }) => value);

describe("actor-critics against stored opponents", () => {
  for (const algorithm of ["seac", "iac", "snac"] as const) {
    it(`${algorithm}: a run that is stopped and goes on, deaths included, ends on the same bytes`, async () => {
      const config = small(algorithm);
      const rows = await Array.fromAsync(train(config, { runsDir }));
      // games end by death, long before the 60 steps of the time limit
      const episodes = valuesOf(rows, "train/return").length;
      assert(episodes > 25, `${episodes} episodes in 1,260 steps`);
      const again = `${directory}/again`;
      let asked = 0;
      for (let sitting = 0; sitting < 4; sitting++) {
        const shouldStop = () => ++asked % 23 === 0;
        await Array.fromAsync(train(config, { runsDir: again, shouldStop }));
      }
      assertEquals(
        reproducibleFiles(`${again}/${runIdOf(config)}`),
        reproducibleFiles(`${runsDir}/${runIdOf(config)}`),
      );
    });
  }

  it("are the learning team alone, and count what its living share", async () => {
    const session = await SeacSession.start(small("seac"));
    const { env, team } = session;
    assertEquals([env.N, team.seats.P, team.learners], [2, 2, [0, 1]]);
    let living = 0;
    const step = env.step.bind(env);
    env.step = (actions) => {
      living += env.alive!.reduce((sum, alive) => sum + alive, 0);
      step(actions);
    };
    const bytes: number[] = [];
    while (!session.isDone) {
      session.iterate();
      bytes.push(
        ...session.report().filter(([metric]) => metric === "share/bytes").map(([, value]) => value),
      );
    }
    assert(living < 2 * 1260, "nobody died: the test would see nothing");
    // observations of 13 × 13 × 5 bytes or floats, an action, a return and a log-probability; one receiver
    const { O } = env;
    const obsBytes = env.describe().obsDtype === "uint8" ? O : 4 * O;
    assertEquals(bytes.at(-1), living * (obsBytes + 12));
    session.dispose();
  });

  it("meet opponents that explore on every board by the joint steps of all, and draw the same again", async () => {
    await useSimd();
    const stored = readPolicies(policies);
    const E = 4;
    const obs = Float32Array.from({ length: E * 2 * 845 }, (_, k) => k % 3 === 0 ? 1 : 0);
    const act = (opponents: FrozenOpponents) => {
      const actions = new Int32Array(E * 2);
      opponents.act(obs, actions);
      return [...actions];
    };
    const greedy = new FrozenOpponents(stored, E);
    const usual = act(greedy);
    const explorers = () =>
      new FrozenOpponents(stored, E, {
        epsilon: { start: 1, end: 0, decayEnvSteps: 1600 },
        stream: openStream(4),
      });
    const exploring = explorers();
    const explored = new Int32Array(E * 2);
    for (let k = 0; k < 400; k++) {
      act(exploring).forEach((action, at) => explored[at]! += action === usual[at] ? 0 : 1);
    }
    // ε falls from 1 to 0 within 400 steps of four boards: half of 400 actions are random, of which 1 / 21 are the greedy one
    for (const count of explored) assert(Math.abs(count - 200 * 20 / 21) < 50, `explored ${explored}`);
    assertEquals(act(exploring), usual);
    const [one, other] = [explorers(), explorers()];
    for (let k = 0; k < 10; k++) act(one);
    other.load(one.save());
    for (let k = 0; k < 10; k++) assertEquals(act(other), act(one));
    for (const opponents of [greedy, exploring, one, other]) opponents.dispose();
  });

  it("are evaluated against greedy ones: the schedule changes training alone", async () => {
    const first = async (epsilon: typeof EPSILON) => {
      const config = small("iac", { ...STORED, epsilon }, { totalEnvSteps: 210 });
      const rows = await Array.fromAsync(train(config, { runsDir }));
      return [valuesOf(rows, "eval/return")[0], valuesOf(rows, "train/return")[0]];
    };
    const [steady, wild] = [await first(EPSILON), await first({ ...EPSILON, start: 1, end: 1 })];
    assertEquals(steady[0], wild[0]);
    assertNotEquals(steady[1], wild[1]);
  });

  it("learn to fare better than before", async () => {
    const config = small("seac", STORED, {
      seed: 1,
      totalEnvSteps: 6300,
      evaluation: { everyEnvSteps: 1050, episodes: 20 },
      learningRate: 0.003,
      hidden: [32],
    });
    const rows = await Array.fromAsync(train(config, { runsDir, threads: 1 }));
    const [before, ...later] = valuesOf(rows, "eval/return");
    const mean = later.slice(-3).reduce((sum, value) => sum + value, 0) / 3;
    assert(mean > before! + 1.5, `from ${before} to ${later}`);
  });
});

describe("two teams of actor-critics that learn", () => {
  for (const [algorithm, P] of [["seac", 4], ["iac", 4], ["snac", 3]] as const) {
    it(`${algorithm}: are ${P} networks, and returns are the learning team's`, async () => {
      const session = await SeacSession.start(small(algorithm, { team: "red" }));
      const { team, env } = session;
      assertEquals([team.seats.P, env.N, team.learners], [P, 4, [2, 3]]);
      const own = new Float64Array(3);
      const returns: number[] = [];
      const step = env.step.bind(env);
      env.step = (actions) => {
        const actors = env.alive!.slice();
        step(actions);
        for (let e = 0; e < 3; e++) {
          for (const i of [2, 3]) if (actors[4 * e + i]) own[e]! += env.rewards[4 * e + i]!;
          const agents = [0, 1, 2, 3].map((i) => 4 * e + i);
          if (!agents.every((at) => !actors[at] || env.terminated[at] || env.truncated[at])) continue;
          returns.push(own[e]!);
          own[e] = 0;
        }
      };
      const reported: number[] = [];
      while (!session.isDone) {
        for (const [metric, value] of session.iterate()) if (metric === "train/return") reported.push(value);
      }
      assert(reported.length >= 1260 / 60 - 3, `${reported.length} episodes`);
      assertEquals(reported.length, returns.length);
      reported.forEach((value, k) => assertAlmostEquals(value, returns[k]!, 1e-9));
      const [[metric, value]] = session.evaluate() as [[string, number]];
      assertEquals(metric, "eval/return");
      assert(Number.isFinite(value));
      session.dispose();
    });
  }
});

describe("opponents of actor-critics", () => {
  it("are refused where they do not fit, in words", async () => {
    const start = (
      opponents: NonNullable<SeacTrainConfig["opponents"]>,
      env: SeacTrainConfig["env"] = BATTLE,
    ) => SeacSession.start(small("seac", opponents, { env }));
    await assertRejects(
      () => start({ team: "green" }),
      ConfigError,
      'opponents.team is "green", expected red or blue',
    );
    await assertRejects(
      () => start({ team: "red" }, { id: "sisl/pursuit_v4", options: {} }),
      ConfigError,
      "sisl/pursuit_v4 has one team, pursuer",
    );
    await assertRejects(
      () => start({ ...STORED, policies: `${directory}/nobody_12345678` }),
      ConfigError,
      "nobody_12345678.safetensors is missing",
    );
    assertThrows(
      () => small("seac", { team: "red", policies }),
      ConfigError,
      "opponents.epsilon is missing: stored opponents explore in training",
    );
    assertThrows(
      () => small("seac", { team: "red", epsilon: EPSILON }),
      ConfigError,
      "expected none: opponents that learn explore by their own policies",
    );
  });
});
