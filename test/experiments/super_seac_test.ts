import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { compare } from "experiments/compare.ts";
import { PRESETS, SUPER_SEAC } from "experiments/super_seac.ts";
import { ConfigError, configHash } from "relay/train/config.ts";

describe("SUPER_SEAC", () => {
  it("gives all arms of a preset the same environment, budget and evaluations", () => {
    for (const preset of Object.keys(SUPER_SEAC.presets)) {
      const { runs, arms } = compare(SUPER_SEAC, { preset, seeds: 1 });
      assertEquals(runs.map(({ arm }) => arm), ["iac", "seac", "snac", "none", "quantile"]);
      const common = runs.map(({ config: { env, totalEnvSteps, reportEveryEnvSteps, evaluation } }) => ({
        env,
        totalEnvSteps,
        reportEveryEnvSteps,
        evaluation,
      }));
      for (const settings of common) assertEquals(settings, common[0]);
      assertEquals(new Set(runs.map(({ config }) => configHash(config))).size, arms.length);
    }
  });

  it("changes between the actor-critics only who learns from what", () => {
    const { runs } = compare(SUPER_SEAC, { preset: "fc", arms: "iac,seac,snac", seeds: 1 });
    const rest = runs.map(({ config }) => {
      assert("algorithm" in config);
      const { algorithm: _, sharingCoefficient: __, ...others } = config;
      return others;
    });
    for (const settings of rest) assertEquals(settings, rest[0]);
  });

  it("calls common only what learners of all kinds have in common", () => {
    const { settings, paperSettings } = compare(SUPER_SEAC, { preset: "quick" });
    const keys = ["env", "totalEnvSteps", "reportEveryEnvSteps", "evaluation", "gamma"];
    assertEquals(Object.keys(settings).sort(), keys.sort());
    assertEquals(Object.keys(paperSettings).sort(), keys);
  });

  it("has runs of its fully connected and convolutional DDQN agents that super_pursuit trains, too", () => {
    const { runs } = compare(SUPER_SEAC, { preset: "fc", arms: "none", seeds: 1 });
    assertEquals(configHash(runs[0]!.config).slice(0, 8), "1f846454");
  });
});

describe("compare()", () => {
  it("wants an arm's learner for the preset", () => {
    const [arm] = SUPER_SEAC.arms;
    const own = { ...arm!, name: "own", learner: { fc: PRESETS.fc } };
    assertThrows(
      () => compare(SUPER_SEAC, { preset: "smoke", arms: [own] }),
      ConfigError,
      'Cannot find the preset "smoke": expected one of fc',
    );
  });
});
