import { assertEquals, assertThrows } from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";
import { describe, it } from "@std/testing/bdd";
import { PRESETS } from "experiments/super_pursuit.ts";
import { ORIGINAL_STRING_OPTIONS, originalOverrides } from "relay/cli/original_options.ts";
import { type Json, withOverrides } from "relay/cli/overrides.ts";
import { duration, Progress } from "relay/cli/progress.ts";
import { ConfigError, parseConfig, type TrainConfig } from "relay/train/config.ts";

/** What `deno task train` with these arguments trains. */
function trained(line: string): TrainConfig {
  const args = parseArgs(line.split(/\s+/).filter(Boolean), { string: ORIGINAL_STRING_OPTIONS });
  const { preset, assignments } = originalOverrides(args);
  return parseConfig(withOverrides({ ...PRESETS[preset], seed: 1 } as unknown as Json, assignments));
}

describe("the Pursuit lines of the authors' list (spec/super.md §9.1)", () => {
  const expected: [string, Partial<TrainConfig["share"]>, boolean][] = [
    ["--suPER=False --suPER_bandwidth=0.0 --env=pursuit --experiment_group=ddqn", { kind: "none" }, true],
    ["--suPER=True --suPER_bandwidth=0.1 --suPER_mode=quantile --env=pursuit", {
      kind: "quantile",
      bandwidth: 0.1,
    }, true],
    ["--suPER=True --suPER_bandwidth=0.1 --suPER_mode=gaussian --env=pursuit", {
      kind: "gaussian",
      bandwidth: 0.1,
    }, true],
    ["--suPER=True --suPER_bandwidth=0.1 --suPER_mode=stochastic --env=pursuit", {
      kind: "stochastic",
      bandwidth: 0.1,
    }, true],
    [
      "--suPER=True --suPER_bandwidth=1.0 --env=pursuit --experiment_group=ddqn_shareall",
      { kind: "all" },
      true,
    ],
    ["--suPER=False --parameter_sharing=true --env=pursuit", { kind: "parameters" }, true],
    [
      "--suPER=True --suPER_bandwidth=0.1 --suPER_mode=quantile --env=pursuit_plaindqn",
      { kind: "quantile" },
      false,
    ],
  ];
  for (const [line, share, isDdqn] of expected) {
    it(`are understood: ${line}`, () => {
      const config = trained(line);
      assertEquals({ ...config.share, ...share }, config.share);
      assertEquals([config.double, config.dueling], [isDdqn, isDdqn]);
      assertEquals(config.totalEnvSteps, 800_000);
      assertEquals(config.batchSize, share.kind === "parameters" ? 256 : 32);
    });
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
    assertEquals([batchSize, rolloutEnvSteps, totalEnvSteps, evaluation.everyEnvSteps], [
      64,
      64,
      10_048,
      4032,
    ]);
  });

  it("refuse what is neither true nor false", () => {
    assertThrows(() => trained("--suPER=1"), ConfigError, 'the suPER "1": expected one of true, false');
  });

  it("say plainly what is not here", () => {
    assertThrows(
      () => trained("--suPER=False --env=pursuit_qmix"),
      ConfigError,
      "MADDPG and QMIX are not here yet",
    );
    assertThrows(() => trained("--env=battle"), ConfigError, "expected pursuit or pursuit_plaindqn");
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
