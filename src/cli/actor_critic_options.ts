/**
 * What `deno task train --algorithm` trains: an actor-critic in SUPER's place. Of the authors' option names those are understood that say
 * where it plays and for how long.
 * @module
 */
import type { Args } from "@std/cli/parse-args";
import { ALGORITHMS } from "experiments/seac_experiment.ts";
import { seacGame } from "experiments/seac_games.ts";
import { choiceFlag } from "relay/cli/command.ts";
import { ORIGINAL_STRING_OPTIONS } from "relay/cli/original_options.ts";
import { type Json, withOverrides } from "relay/cli/overrides.ts";
import { ConfigError, parseRunConfig, type RunConfig } from "relay/train/config.ts";

const UNDERSTOOD: readonly string[] = ["env", "num_timesteps", "experiment_group", "experiment_project"];

/**
 * The config of an actor-critic's run: a game's preset, with the algorithm and `--set` on top. In a game of two teams the other one learns,
 * too, unless `--battle_advpursuit_against_pretrained` asks for the stored policies.
 * @throws {ConfigError} for options that mean nothing here, and for what cannot be run
 */
export function actorCriticConfig(args: Args, seed: number): RunConfig {
  const strange = ORIGINAL_STRING_OPTIONS.find((name) =>
    args[name] !== undefined && !UNDERSTOOD.includes(name)
  );
  if (strange) {
    throw new ConfigError(
      `Cannot use --${strange} with --algorithm: of the authors' options expected only --env, --num_timesteps and ` +
        "--battle_advpursuit_against_pretrained; settings by --set",
    );
  }
  const algorithm = choiceFlag("algorithm", String(args.algorithm), ALGORITHMS);
  const { presets } = seacGame(typeof args.env === "string" ? args.env : "pursuit");
  const preset = choiceFlag("preset", typeof args.preset === "string" ? args.preset : "quick", presets);
  const opponents = preset.opponents && !args.battle_advpursuit_against_pretrained
    ? { opponents: { team: preset.opponents.team } }
    : {};
  const config = { ...preset, ...opponents, ...algorithm, seed };
  const budget = args.num_timesteps === undefined ? [] : [`totalEnvSteps=${args.num_timesteps}`];
  return parseRunConfig(withOverrides(config as unknown as Json, [...budget, ...args.set as string[]]));
}
