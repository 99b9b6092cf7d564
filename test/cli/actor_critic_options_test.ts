import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";
import { describe, it } from "@std/testing/bdd";
import { compare } from "experiments/compare.ts";
import { SEAC_GAMES } from "experiments/seac_games.ts";
import { BATTLE } from "experiments/super_battle.ts";
import { actorCriticConfig } from "relay/cli/actor_critic_options.ts";
import { ORIGINAL_BOOLEAN_OPTIONS, ORIGINAL_STRING_OPTIONS } from "relay/cli/original_options.ts";
import { ConfigError, runIdOf, type SeacTrainConfig } from "relay/train/config.ts";

/** What `deno task train` with these arguments trains. */
function trained(line: string): SeacTrainConfig {
  const args = parseArgs(line.split(/\s+/), {
    string: ["algorithm", "preset", "set", ...ORIGINAL_STRING_OPTIONS],
    boolean: [...ORIGINAL_BOOLEAN_OPTIONS],
    collect: ["set"],
  });
  const config = actorCriticConfig(args, 1);
  assert("algorithm" in config);
  return config;
}

const PRETRAINED = "--battle_advpursuit_against_pretrained";

describe("deno task train --algorithm", () => {
  for (const [game, { experiment }] of Object.entries(SEAC_GAMES)) {
    it(`--env=${game} trains the runs of ${experiment.name}`, () => {
      for (const algorithm of ["seac", "iac", "snac"]) {
        const [run] = compare(experiment, { preset: "fc", arms: algorithm, seeds: 1 }).runs;
        const line = `--algorithm=${algorithm} --preset=fc --env=${game} ${PRETRAINED}`;
        assertEquals(runIdOf(trained(line)), runIdOf(run!.config));
      }
    });
  }

  it("plays Pursuit unless told otherwise, with the identity of before", () => {
    assertEquals(runIdOf(trained("--algorithm=seac --preset=smoke")), "smoke-3cdd1ce9-s1");
  });

  it("has both teams learn without the flag, as with SUPER's learner", () => {
    assertEquals(trained("--algorithm=snac --env=battle").opponents, { team: "red" });
    const { team, policies, epsilon } = trained(`--algorithm=snac --env=battle ${PRETRAINED}`).opponents!;
    assertEquals([team, policies, epsilon?.start], ["red", BATTLE.policies, 0.1]);
  });

  it("takes a budget and settings", () => {
    const { totalEnvSteps, gamma } = trained(
      "--algorithm=iac --env=battle --num_timesteps=6000 --set=gamma=0.9",
    );
    assertEquals([totalEnvSteps, gamma], [6000, 0.9]);
  });

  it("says which of the authors' options mean nothing here, and which games and presets there are", () => {
    const cases = [
      ["--algorithm=seac --lr=1e-3", "Cannot use --lr with --algorithm"],
      ["--algorithm=seac --env=battle_maddpg", "expected one of pursuit, battle, adversarial_pursuit"],
      ["--algorithm=seac --preset=paper", "expected one of smoke, quick, fc"],
      ["--algorithm=sac", "expected one of seac, iac, snac"],
    ] as const;
    for (const [line, message] of cases) assertThrows(() => trained(line), ConfigError, message);
  });
});
