import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { compare } from "experiments/compare.ts";
import { ALGORITHMS } from "experiments/seac_experiment.ts";
import { SEAC_GAMES, seacGame } from "experiments/seac_games.ts";
import { PRESETS, SUPER_SEAC } from "experiments/super_seac.ts";
import { ConfigError, configHash, parseRunConfig, runIdOf } from "relay/train/config.ts";

for (const [game, { experiment, presets }] of Object.entries(SEAC_GAMES)) {
  describe(`SEAC and SUPER on ${game}`, () => {
    it("gives all arms of a preset the same environment, budget, evaluations and opponents", () => {
      for (const preset of Object.keys(experiment.presets)) {
        const { runs, arms } = compare(experiment, { preset, seeds: 1 });
        assertEquals(runs.map(({ arm }) => arm), ["iac", "seac", "snac", "none", "quantile"]);
        const common = runs.map(({ config }) => {
          const { env, totalEnvSteps, reportEveryEnvSteps, evaluation, opponents } = config;
          const { team, policies } = opponents ?? {};
          return { env, totalEnvSteps, reportEveryEnvSteps, evaluation, team, policies };
        });
        for (const settings of common) assertEquals(settings, common[0]);
        assertEquals(common[0]!.policies !== undefined, game !== "pursuit");
        assertEquals(new Set(runs.map(({ config }) => configHash(config))).size, arms.length);
      }
    });

    it("has stored opponents explore as DDQN's do", () => {
      const { runs } = compare(experiment, { preset: "fc", seeds: 1 });
      const schedules = runs.map(({ config }) =>
        "algorithm" in config ? config.opponents?.epsilon : config.opponents && config.epsilon
      );
      for (const schedule of schedules) assertEquals(schedule, schedules.at(-1));
    });

    it("changes between the actor-critics only who learns from what", () => {
      const { runs } = compare(experiment, { preset: "fc", arms: "iac,seac,snac", seeds: 1 });
      const rest = runs.map(({ config }) => {
        assert("algorithm" in config);
        const { algorithm: _, sharingCoefficient: __, ...others } = config;
        return others;
      });
      for (const settings of rest) assertEquals(settings, rest[0]);
    });

    it("can be trained with every algorithm at every preset, each a run of its own", () => {
      const configs = Object.values(presets).flatMap((preset) =>
        Object.values(ALGORITHMS).map((changes) => parseRunConfig({ ...preset, ...changes, seed: 1 }))
      );
      assertEquals(new Set(configs.map(configHash)).size, configs.length);
    });
  });
}

describe("SUPER_SEAC", () => {
  it("trains the identities that earlier versions trained", () => {
    const ids = (preset: string) =>
      compare(SUPER_SEAC, { preset, arms: "iac,seac,snac", seeds: 1 }).runs.map(({ config }) =>
        runIdOf(config)
      );
    assertEquals(ids("smoke"), ["smoke-47ad2265-s1", "smoke-3cdd1ce9-s1", "smoke-621398ee-s1"]);
    assertEquals(ids("quick"), ["quick-2dc46732-s1", "quick-b81c5530-s1", "quick-5ea47cd6-s1"]);
    assertEquals(ids("fc"), ["fc-7c2d03c8-s1", "fc-c1ff9a40-s1", "fc-e0e9e19d-s1"]);
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

describe("seacGame()", () => {
  it("names the games", () => {
    assertThrows(
      () => seacGame("chess"),
      ConfigError,
      "expected one of pursuit, battle, adversarial_pursuit",
    );
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
