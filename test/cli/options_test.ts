import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";
import { describe, it } from "@std/testing/bdd";
import { compare } from "experiments/compare.ts";
import type { Experiment } from "experiments/experiment.ts";
import { ADVERSARIAL_PURSUIT, SUPER_ADVERSARIAL_PURSUIT } from "experiments/super_adversarial_pursuit.ts";
import { BATTLE, SUPER_BATTLE } from "experiments/super_battle.ts";
import { PRESETS, SUPER_PURSUIT } from "experiments/super_pursuit.ts";
import {
  ORIGINAL_BOOLEAN_OPTIONS,
  ORIGINAL_STRING_OPTIONS,
  originalOverrides,
} from "relay/cli/original_options.ts";
import { type Json, withOverrides } from "relay/cli/overrides.ts";
import { duration, Progress } from "relay/cli/progress.ts";
import { ConfigError, parseConfig, type TrainConfig } from "relay/train/config.ts";
import { Session } from "relay/train/session.ts";

/** What `deno task train` with these arguments trains. */
function trained(line: string): TrainConfig {
  const args = parseArgs(line.split(/\s+/).filter(Boolean), {
    string: ORIGINAL_STRING_OPTIONS,
    boolean: ORIGINAL_BOOLEAN_OPTIONS,
  });
  const { preset, assignments } = originalOverrides(args);
  return parseConfig(withOverrides({ ...PRESETS[preset], seed: 1 } as unknown as Json, assignments));
}

/** The authors' list, line by line but for `--experiment_group` (spec/super.md §9.1). */
const SIX: readonly (readonly [string, Record<string, unknown>])[] = [
  ["--suPER=False --suPER_bandwidth=0.0", { kind: "none" }],
  ["--suPER=True --suPER_bandwidth=0.1 --suPER_mode=quantile", { kind: "quantile", bandwidth: 0.1 }],
  ["--suPER=True --suPER_bandwidth=0.1 --suPER_mode=gaussian", {
    kind: "gaussian",
    bandwidth: 0.1,
    spread: "variance",
  }],
  ["--suPER=True --suPER_bandwidth=0.1 --suPER_mode=stochastic", { kind: "stochastic", bandwidth: 0.1 }],
  ["--suPER=True --suPER_bandwidth=1.0", { kind: "all" }],
  ["--suPER=False --parameter_sharing=true", { kind: "parameters" }],
];
const GAMES: readonly {
  readonly env: string;
  readonly options: string;
  readonly team: string;
  /** B of one network when the team has one; 32 otherwise. */
  readonly oneNetworkBatch: number;
  readonly settings: Partial<TrainConfig>;
  readonly opponents?: TrainConfig["opponents"];
  readonly arms: Experiment;
}[] = [{
  env: "pursuit",
  arms: SUPER_PURSUIT,
  options: "",
  team: "",
  oneNetworkBatch: 256,
  settings: {
    env: { id: "sisl/pursuit_v4", options: { shared_reward: false } },
    totalEnvSteps: 800_000,
    rolloutEnvSteps: 4,
    learningRate: 0.00016,
    evaluation: { everyEnvSteps: 4000, episodes: 20 },
    replay: { ...PRESETS.paper.replay, capacity: 120_000, epsilon: 1e-6, insertPriority: "one" },
  },
}, {
  env: "battle",
  arms: SUPER_BATTLE,
  opponents: { team: "red", policies: BATTLE.policies },
  options: "--team_sharing=blue",
  team: "blue",
  oneNetworkBatch: 55,
  settings: {
    env: { id: "magent/battle_v4", options: { map_size: 18, max_cycles: 500 } },
    totalEnvSteps: 300_000,
    rolloutEnvSteps: 5,
    learningRate: 0.0001,
    targetUpdateEverySteps: 1200,
    evaluation: { everyEnvSteps: 1500, episodes: 20 },
    replay: {
      ...PRESETS.paper.replay,
      capacity: 90_000,
      epsilon: 1e-6,
      insertPriority: "sender",
      quirkFirstWeight: true,
    },
  },
}, {
  env: "adversarial_pursuit",
  arms: SUPER_ADVERSARIAL_PURSUIT,
  opponents: { team: "predator", policies: ADVERSARIAL_PURSUIT.policies },
  options: "--team_sharing=prey",
  team: "prey",
  oneNetworkBatch: 77,
  settings: {
    env: { id: "magent/adversarial_pursuit_v4", options: { map_size: 18, max_cycles: 500 } },
    totalEnvSteps: 600_000,
    rolloutEnvSteps: 5,
    learningRate: 0.0001,
    targetUpdateEverySteps: 1200,
    evaluation: { everyEnvSteps: 3000, episodes: 20 },
    replay: {
      ...PRESETS.paper.replay,
      capacity: 90_000,
      epsilon: 1e-5,
      insertPriority: "sender",
      quirkFirstWeight: true,
    },
  },
}];

describe("the authors' list of experiments (spec/super.md §9.1)", () => {
  for (const { env, options, team, oneNetworkBatch, settings, opponents } of GAMES) {
    for (const isDdqn of [true, false]) {
      // their lists name the pre-trained opponents with double DQN only
      const game = `--env=${env}${isDdqn ? "" : "_plaindqn"} ${options} ${
        options && isDdqn ? "--battle_advpursuit_against_pretrained" : ""
      }`;
      for (const [sharing, share] of SIX) {
        it(`is understood: ${sharing} ${game}`, () => {
          const config = trained(`${sharing} ${game}`);
          assertEquals({ ...config, ...settings }, config);
          assertEquals(
            { ...config.share, ...share, ...("team" in config.share ? { team } : {}) },
            config.share,
          );
          assertEquals([config.double, config.dueling], [isDdqn, isDdqn]);
          assertEquals(config.batchSize, share.kind === "parameters" ? oneNetworkBatch : 32);
          const theirs = isDdqn ? opponents : opponents && { team: opponents.team };
          assertEquals(config.opponents, theirs);
        });
      }
    }
    for (const learner of ["maddpg", "qmix"]) {
      it(`has lines of ${learner} on ${env}, which say that it is not here yet`, () => {
        const line = `--suPER=False --env=${env}_${learner} ${options}`;
        assertThrows(() => trained(line), ConfigError, "MADDPG and QMIX are not here yet");
      });
    }
  }

  it("is the experiment's arms on Pursuit: the same runs", () => {
    const names = ["none", "quantile", "gaussian", "stochastic", "all", "parameters"];
    for (const [env, prefix] of [["pursuit", ""], ["pursuit_plaindqn", "dqn_"]]) {
      const arms = names.map((name) => prefix + name).join(",");
      const { runs } = compare(SUPER_PURSUIT, { preset: "paper", arms, seeds: 1 });
      assertEquals(
        SIX.map(([sharing]) => trained(`${sharing} --env=${env}`)),
        runs.map(({ config }) => config),
      );
    }
  });

  for (const { env, options, team, arms } of GAMES.filter(({ team }) => team)) {
    it(`is the experiment's arms on ${env} against its opponents: the same runs`, () => {
      const names = "none,quantile,gaussian,stochastic,all,parameters";
      const { runs } = compare(arms, { preset: "paper", arms: names, seeds: 1 });
      assertEquals(
        SIX.map(([sharing]) =>
          trained(`${sharing} --env=${env} ${options} --battle_advpursuit_against_pretrained`)
        ),
        runs.map(({ config }) => config),
      );
    });

    for (const isDdqn of [true, false]) {
      it(`trains on ${env} (${isDdqn ? "against its opponents" : "plain DQN, both teams learning"})`, async () => {
        for (const [sharing] of SIX) {
          const against = isDdqn ? "--battle_advpursuit_against_pretrained" : "";
          const name = isDdqn ? env : `${env}_plaindqn`;
          const config = trained(`${sharing} --env=${name} ${options} --fully_connected=True ${against}`);
          const session = await Session.start({ ...config, learningStartsEnvSteps: 10 });
          while (session.envSteps < 20) session.iterate();
          const { N } = session.env;
          assertEquals(session.updates, 2);
          assert(session.team.counted.every((i) => session.env.describe().agents[i]!.startsWith(team)));
          assertEquals(N, isDdqn ? session.team.counted.length : 12);
          session.dispose();
        }
      });
    }
  }

  it("bring the authors' command line defaults: gaussian, bandwidth 0.01", () => {
    const { share } = trained("--suPER=True");
    assertEquals(share.kind === "gaussian" && share.bandwidth, 0.01);
  });

  it("change what their other options say", () => {
    const config = trained(
      "--suPER=False --lr=0.0005 --num_timesteps=20000 --fully_connected=True --suPER_window=9",
    );
    assertEquals([config.learningRate, config.totalEnvSteps, config.network.kind], [0.0005, 20_000, "fc"]);
  });

  it("round the grids up to the fragment that they ask for", () => {
    const config = trained("--suPER=False --batch_size=64 --num_timesteps=10000");
    const { batchSize, rolloutEnvSteps, totalEnvSteps, evaluation } = config;
    // their batch is the eight agents' together
    assertEquals([batchSize, rolloutEnvSteps, totalEnvSteps, evaluation.everyEnvSteps], [
      8,
      64,
      10_048,
      4032,
    ]);
  });

  it("refuse what is neither true nor false", () => {
    assertThrows(() => trained("--suPER=1"), ConfigError, 'the suPER "1": expected one of true, false');
  });

  it("refuse an environment that is not theirs", () => {
    assertThrows(
      () => trained("--env=harvest"),
      ConfigError,
      "expected one of pursuit, pursuit_plaindqn, battle",
    );
  });

  it("change of another preset what they name and the authors' defaults of sharing, no more", () => {
    const { assignments } = originalOverrides({ _: [], lr: "0.001" });
    assertEquals(assignments, ["share.kind=gaussian", "share.bandwidth=0.01", "learningRate=0.001"]);
  });
});

describe("withOverrides()", () => {
  const preset = { ...PRESETS.quick, seed: 1 } as unknown as Json;

  it("share.kind brings the kind's other settings along", () => {
    const config = parseConfig(withOverrides(preset, ["share.kind=gaussian", "share.bandwidth=0.2"]));
    assertEquals(config.share, {
      kind: "gaussian",
      bandwidth: 0.2,
      windowSize: 1500,
      strict: true,
      spread: "variance",
      team: "",
    });
  });

  it("does not change the preset, and leaves unknown keys to the validation", () => {
    const before = JSON.stringify(preset);
    const changed = withOverrides(preset, ["replay.capcity=5"]);
    assertEquals(JSON.stringify(preset), before);
    assertThrows(
      () => parseConfig(changed),
      ConfigError,
      "replay.capcity is not a known key, expected one of capacity",
    );
  });

  it("refuses what is no assignment", () => {
    assertThrows(() => withOverrides(preset, ["share.bandwidth"]), ConfigError, "expected key=value");
    assertThrows(() => withOverrides(preset, ["gamma.x=1"]), ConfigError, "gamma is not a group of settings");
  });
});

describe("parseArgs()", () => {
  it("reads --flag value and --flag=value alike, collects repeats, keeps positionals", () => {
    const options = { string: ["set", "out"], boolean: ["json"], collect: ["set"] };
    const args = parseArgs(["env", "--set", "a=1", "--set=b=2", "--json", "--out=x", "learner"], options);
    assertEquals(args, { _: ["env", "learner"], set: ["a=1", "b=2"], json: true, out: "x" });
  });

  it("hands undeclared flags to unknown()", () => {
    const seen: string[] = [];
    parseArgs(["--what=1"], { unknown: (flag) => seen.push(flag) });
    assertEquals(seen, ["--what"]);
  });
});

describe("Progress", () => {
  const config = parseConfig({ ...PRESETS.smoke, seed: 1 });
  const row = (envSteps: number, value: number) => ({
    runId: "r",
    envSteps,
    updates: 0,
    elapsedMs: envSteps,
    metric: "eval/return",
    value,
  });

  it("writes plain lines with bar, share and return when it is not a terminal", () => {
    const lines: string[] = [];
    const options = {
      isTerminal: false,
      columns: 200,
      write: (text: string) => void lines.push(text),
      label: () => "none seed 1",
    };
    const progress = new Progress(1, options);
    progress.update(config, [row(0, -300)]);
    progress.update(config, [row(1000, -200)]); // within ten seconds of the first: no line
    progress.update(config, [row(2000, -100.26)]);
    progress.finish(config);
    assertEquals(lines.length, 2);
    assertEquals(lines.join("").includes("\x1b"), false);
    assertEquals(/none seed 1 +█{20} +100 %.*return -100\.3 +2 s in all\n/.test(lines[1]!), true);
  });

  it("says durations as a person would", () => {
    assertEquals([45.4, 185, 7800].map(duration), ["45 s", "3 min 05 s", "2 h 10 min"]);
  });
});
