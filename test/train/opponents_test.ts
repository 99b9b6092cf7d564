import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { beforeAll, describe, it } from "@std/testing/bdd";
import { BATTLE, PRESETS } from "experiments/super_battle.ts";
import { ADVERSARIAL_PURSUIT } from "experiments/super_adversarial_pursuit.ts";
import { decodeSafetensors } from "relay/dataset/safetensors.ts";
import { makeEnv, makeStoppingEnv } from "relay/env/registry.ts";
import { openStream } from "relay/rng/stream.ts";
import { SHARE, type ShareConfig } from "relay/share/share_config.ts";
import { useSimd } from "relay/tensor/simd_backend.ts";
import { ConfigError, parseConfig, runIdOf, type TrainConfig } from "relay/train/config.ts";
import { evaluate } from "relay/train/evaluate.ts";
import { FrozenOpponents } from "relay/train/frozen_opponents.ts";
import { GpuRun } from "relay/train/gpu/gpu_run.ts";
import { learningEnv } from "relay/train/learning_env.ts";
import { pretrainConfig, storePolicies } from "relay/train/pretrain.ts";
import { recordEpisode } from "relay/train/record_episode.ts";
import type { Row } from "relay/train/row.ts";
import { Session } from "relay/train/session.ts";
import { readPolicies } from "relay/train/stored_policies.ts";
import { train } from "relay/train/train.ts";
import { greedyPolicy } from "relay/train/trained_networks.ts";
import { writeChasers } from "../support/chasers.ts";
import { reproducibleFiles } from "../support/small_run.ts";

const directory = Deno.makeTempDirSync({ prefix: "relay-opponents-" });
addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
const runsDir = `${directory}/runs`;

/** Seconds: two soldiers a team. */
const SMALL: TrainConfig = {
  ...PRESETS.smoke,
  preset: "small",
  seed: 3,
  env: { id: BATTLE.id, options: { map_size: 12, max_cycles: 60 } },
  network: { kind: "fc", hidden: [8], headHidden: null },
  totalEnvSteps: 600,
  reportEveryEnvSteps: 100,
  evaluation: { everyEnvSteps: 200, episodes: 2 },
  learningStartsEnvSteps: 100,
  targetUpdateEverySteps: 100,
  replay: { ...PRESETS.smoke.replay, capacity: 300 },
  share: { ...SHARE.stochastic, bandwidth: 0.3, team: "blue" },
};

/** Red soldiers of the small map who fight well. */
const policies = writeChasers(`${directory}/opponents/red`, { id: BATTLE.id, options: { map_size: 12 } });

const small = (share: ShareConfig, opponents: TrainConfig["opponents"] = { team: "red", policies }) =>
  parseConfig({ ...SMALL, share, opponents });

const valuesOf = (rows: readonly Row[], metric: string) =>
  rows.filter((row) => row.metric === metric).map(({ value }) => value);

const config = small(SMALL.share);

describe("storePolicies()", () => {
  it("keeps the trained team's networks without the value heads, and where they come from", async () => {
    const before = pretrainConfig({ ...SMALL, totalEnvSteps: 200 }, "blue");
    await Array.fromAsync(train(before, { runsDir }));
    const path = await storePolicies(before, { runsDir, into: `${directory}/stored/red` });
    const { manifest, tensors } = readPolicies(path);
    assertEquals(manifest.agents, ["red_0", "red_1"]);
    assertEquals((manifest.run as { config: TrainConfig }).config, before);
    const run = runIdOf(before);
    const whole = decodeSafetensors(Deno.readFileSync(`${runsDir}/${run}/networks.safetensors`)).tensors;
    for (const [name, { shape, data }] of Object.entries(tensors)) {
      const all = whole[`online/${name}`]!;
      assertEquals([...data], [...all.data.subarray(0, data.length)]);
      assertEquals([shape[0], all.shape[0]], [2, 4]);
    }
    assertEquals(Object.keys(tensors).length, 4);
    const session = await Session.start(small(SHARE.none, { team: "red", policies: path }));
    for (let k = 0; k < 40; k++) session.iterate();
    session.dispose();
  });
});

describe("stored opponents", () => {
  beforeAll(async () => void await useSimd());

  it("never change while the learners do", async () => {
    const files = [`${policies}.json`, `${policies}.safetensors`].map((path) => [...Deno.readFileSync(path)]);
    const session = await Session.start(config);
    const parametersOf = () => session.team.online.variables.map((variable) => [...variable.dataSync()]);
    const before = parametersOf();
    // the same observations before and after learning
    const opponents = () => {
      const { env } = learningEnv(makeEnv(BATTLE.id, SMALL.env.options), config);
      env.reset([9]);
      const seen: number[] = [];
      for (let step = 0; step < 20; step++) {
        env.step(new Int32Array(env.N).fill(7));
        seen.push(...env.obs);
      }
      return seen;
    };
    const playedBefore = opponents();
    while (!session.isDone) session.iterate();
    assertEquals(opponents(), playedBefore);
    assertNotEquals(parametersOf(), before);
    assertEquals([session.team.P, session.env.N], [2, 2]);
    session.dispose();
    assertEquals(
      [`${policies}.json`, `${policies}.safetensors`].map((path) => [...Deno.readFileSync(path)]),
      files,
    );
  });

  it("are greedy without a schedule, and explore by its ε with one", () => {
    const stored = readPolicies(policies);
    const A = stored.manifest.actions;
    const obs = Float32Array.from({ length: 2 * 845 }, (_, k) => k % 3 === 0 ? 1 : 0);
    const act = (opponents: FrozenOpponents) => {
      const actions = new Int32Array(2);
      opponents.act(obs, actions);
      return [...actions];
    };
    const greedy = new FrozenOpponents(stored, 1);
    const usual = act(greedy);
    for (let k = 0; k < 20; k++) assertEquals(act(greedy), usual);
    const exploring = new FrozenOpponents(stored, 1, {
      epsilon: { start: 1, end: 0, decayEnvSteps: 400 },
      stream: openStream(4),
    });
    let explored = 0;
    for (let k = 0; k < 400; k++) {
      explored += act(exploring).filter((action, m) => action !== usual[m]).length;
    }
    // ε falls from 1 to 0: half of 800 actions are random, of which 1/A are the greedy one
    const expected = 0.5 * 800 * (1 - 1 / A);
    assert(Math.abs(explored - expected) < 5 * Math.sqrt(expected), `${explored} of about ${expected}`);
    for (let k = 0; k < 20; k++) assertEquals(act(exploring), usual);
    greedy.dispose();
    exploring.dispose();
  });

  it("are refused where they do not fit, in words that name both", async () => {
    const other = { id: ADVERSARIAL_PURSUIT.id, options: { map_size: 18 } };
    const wrong = parseConfig({
      ...config,
      env: other,
      share: SHARE.none,
      opponents: { team: "predator", policies },
    });
    await assertRejects(
      () => Session.start(wrong),
      ConfigError,
      "it holds 2 red agents of magent/battle_v4 with observations [13,13,5] and 21 actions, expected 4 predator agents of " +
        "magent/adversarial_pursuit_v4 with observations [10,10,5] and 13 actions",
    );
    const gone = small(SHARE.none, { team: "red", policies: `${directory}/nobody_12345678` });
    await assertRejects(() => Session.start(gone), ConfigError, "nobody_12345678.safetensors is missing");
    const renamed = `${directory}/red_12345678`;
    for (const ending of [".json", ".safetensors"]) Deno.copyFileSync(policies + ending, renamed + ending);
    await assertRejects(
      () => Session.start(small(SHARE.none, { team: "red", policies: renamed })),
      ConfigError,
      "its parameters have the SHA-256",
    );
    const green = small(SHARE.none, { team: "green" });
    await assertRejects(
      () => Session.start(green),
      ConfigError,
      'opponents.team is "green", expected red or blue',
    );
    const alone = { ...config, env: { id: "sisl/pursuit_v4", options: {} }, share: SHARE.none };
    await assertRejects(() => Session.start(alone), ConfigError, "sisl/pursuit_v4 has one team, pursuer");
  });

  it("are not played against on the GPU, which says so", async () => {
    await assertRejects(
      () => GpuRun.start(config),
      ConfigError,
      "magent/battle_v4 has two teams or agents that die, which the CPU's learner alone can do",
    );
  });

  it("leave a run that is stopped and goes on, deaths included, bit for bit as it was", async () => {
    const undisturbed = await Array.fromAsync(train(config, { runsDir }));
    const again = `${directory}/again`;
    let asked = 0;
    for (let sitting = 0; sitting < 5; sitting++) {
      const shouldStop = () => ++asked % 37 === 0;
      await Array.fromAsync(train(config, { runsDir: again, shouldStop }));
    }
    assertEquals(
      reproducibleFiles(`${again}/${runIdOf(config)}`),
      reproducibleFiles(`${runsDir}/${runIdOf(config)}`),
    );
    // games end by death, long before the 60 steps of the time limit
    const episodes = valuesOf(undisturbed, "train/return").length;
    assert(episodes > 12, `${episodes} episodes in 600 steps`);
    const fractions = valuesOf(undisturbed, "share/fraction");
    assert(fractions.every((fraction) => Math.abs(fraction - 0.3) < 0.1), `realised ${fractions}`);
  });
});

describe("a team against stored opponents", () => {
  it("learns to fare better than before", async () => {
    const rows = await Array.fromAsync(train({
      ...config,
      seed: 1,
      network: { kind: "fc", hidden: [32], headHidden: null },
      learningRate: 0.002,
      totalEnvSteps: 4000,
      evaluation: { everyEnvSteps: 500, episodes: 20 },
      replay: { ...config.replay, capacity: 4000 },
    }, { runsDir, threads: 1 }));
    const [first, ...later] = valuesOf(rows, "eval/return");
    const mean = later.reduce((sum, value) => sum + value, 0) / later.length;
    assert(mean > first! + 5, `from ${first} to ${later}`);
  });
});

describe("both teams learning", () => {
  for (
    const [share, P, S] of [[SHARE.none, 4, 1], [{ ...SHARE.parameters, team: "blue" }, 3, 2], [
      { ...SHARE.all, team: "blue" },
      4,
      1,
    ]] as const
  ) {
    it(`is by ${P} networks with share ${share.kind}, and returns are the learning team's`, async () => {
      const session = await Session.start(small(share, { team: "red" }));
      const { team, env } = session;
      assertEquals([team.P, team.seats.S, env.N], [P, S, 4]);
      assertEquals(team.counted, [2, 3]);
      const before = team.online.variables[0]!.dataSync().slice();
      let teamReturn = 0;
      const returns: number[] = [];
      const step = env.step.bind(env);
      env.step = (actions) => {
        const isEnd = step(actions);
        for (let i = 2; i < 4; i++) teamReturn += env.rewards[i]!;
        const over = [...env.terminated].every((flag, i) => flag === 1 || env.truncated[i] === 1);
        if (over) returns.push(teamReturn);
        if (over) teamReturn = 0;
        return isEnd;
      };
      const reported: number[] = [];
      while (!session.isDone) {
        reported.push(
          ...session.iterate().filter(([metric]) => metric === "train/return").map(([, value]) => value),
        );
      }
      assertEquals(reported, returns);
      assert(reported.length >= 600 / 60);
      const after = team.online.variables[0]!.dataSync();
      const size = after.length / P;
      for (let p = 0; p < P; p++) {
        const part = (values: ArrayLike<number>) => Array.from(values).slice(p * size, (p + 1) * size);
        assertNotEquals(part(after), part(before), `network ${p} has not learnt`);
      }
      // who shares receives more than its own; who does not, nothing
      const extra = team.replays.map(({ inserted }) => inserted > 600);
      if (share.kind === "all") assertEquals(extra, [false, false, true, true]);
      if (share.kind === "parameters") assertEquals(extra, [false, false, true]);
      session.dispose();
    });
  }
});

describe("one network for a team beside others", () => {
  it("acts in many episodes at once as in each alone, every agent by its own network", async () => {
    const session = await Session.start(small({ ...SHARE.parameters, team: "blue" }, { team: "red" }));
    while (!session.isDone) session.iterate();
    const { online, seats, counted } = session.team;
    const { id, options } = config.env;
    const { teamReturns, lengths } = evaluate(online, makeEnv(id, options, 3), {
      stream: openStream(9),
      seats,
      counted,
    });
    const seeds = openStream(9);
    const { policy, dispose } = greedyPolicy(online.clone(), makeEnv(id, options), seats);
    for (let e = 0; e < 3; e++) {
      const seed = seeds.below(2 ** 31);
      const { rewards, steps } = recordEpisode(makeStoppingEnv(id, options), policy, { seed });
      const own = rewards.reduce((sum, reward, k) => counted.includes(k % 4) ? sum + reward : sum, 0);
      assertAlmostEquals(teamReturns[e]!, own, 1e-9);
      assertEquals(lengths[e], steps);
    }
    dispose();
    session.dispose();
  });
});
