import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { compare } from "experiments/compare.ts";
import { EXPERIMENTS } from "experiments/registry.ts";
import { SUPER_PURSUIT } from "experiments/super_pursuit.ts";
import { ConfigError, parseConfig, runIdOf } from "relay/train/config.ts";

const configsOf = (arms: string) =>
  compare(SUPER_PURSUIT, { preset: "fc", arms, seeds: 1 }).runs.map(({ config }) => parseConfig(config));

describe("SUPER_PURSUIT", () => {
  it("trains the identities that earlier versions trained", () => {
    const ids = configsOf("none,quantile,gaussian,stochastic,all").map(runIdOf);
    assertEquals(ids, [
      "fc-1f846454-s1",
      "fc-b2b27caf-s1",
      "fc-3ae29d29-s1",
      "fc-a0662c23-s1",
      "fc-df8ad05f-s1",
    ]);
  });

  it("runs short presets without the one network, long ones with it, plain DQN when asked", () => {
    const names = (preset: string) => compare(SUPER_PURSUIT, { preset }).arms.map(({ name }) => name);
    const short = ["none", "quantile", "gaussian", "stochastic", "all", "random"];
    assertEquals([names("smoke"), names("quick")], [short, short]);
    assertEquals([names("fc"), names("paper")], [[...short, "parameters"], [...short, "parameters"]]);
  });

  it("trains one network with as many transitions an update as eight networks draw together", () => {
    const [eight, one] = configsOf("none,parameters");
    assertEquals([eight!.batchSize, one!.batchSize, one!.share.kind], [32, 256, "parameters"]);
  });

  it("has every arm for plain DQN, which differs by the learner alone", () => {
    const ddqn = configsOf("none,quantile,gaussian,stochastic,all,random,parameters");
    const dqn = configsOf(
      "dqn_none,dqn_quantile,dqn_gaussian,dqn_stochastic,dqn_all,dqn_random,dqn_parameters",
    );
    assertEquals(dqn, ddqn.map((config) => ({ ...config, dueling: false, double: false })));
  });
});

describe("compare()", () => {
  it("does not call common what an arm changes", () => {
    const { settings, paperSettings } = compare(SUPER_PURSUIT, { preset: "quick", arms: "none,dqn_none" });
    for (const common of [settings, paperSettings]) {
      assertEquals(["dueling", "double", "gamma"].map((key) => key in common), [false, false, true]);
    }
  });

  it("checks what an arm of one's own changes", () => {
    const arm = { name: "mine", label: "mine", description: "", share: () => [], settings: { gamma: 1.4 } };
    assertThrows(
      () => compare(SUPER_PURSUIT, { preset: "smoke", arms: [arm] }),
      ConfigError,
      "gamma is 1.4, expected a fraction",
    );
  });
});

describe("every experiment", () => {
  for (const experiment of Object.values(EXPERIMENTS)) {
    it(`${experiment.name} can be compared at each of its presets, and claims only what its arms can show`, () => {
      const names = experiment.arms.map(({ name }) => name);
      for (const preset of Object.keys(experiment.presets)) {
        const { runs } = compare(experiment, { preset, arms: names });
        assertEquals(runs.length, names.length * experiment.seeds[preset]!);
        const byDefault = compare(experiment, { preset }).arms.map(({ name }) => name);
        assertEquals(byDefault.filter((name) => !names.includes(name)), []);
        for (const claim of experiment.claims[preset] ?? []) {
          const all = "baseline" in claim ? [claim.arm, claim.baseline] : [claim.arm];
          assertEquals(all.filter((name) => !names.includes(name)), []);
        }
      }
    });
  }
});
