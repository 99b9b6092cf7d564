/**
 * Shared-experience actor-critic and its controls on Pursuit (spec/seac.md): the presets. Run by `deno task train --algorithm`.
 * @module
 */
import { SEAC_DEFAULTS, type SeacConfig } from "relay/algo/seac_config.ts";
import type { SeacTrainConfig } from "relay/train/config.ts";

/** A preset is a whole config but for the seed. */
export type SeacPreset = Omit<SeacTrainConfig, "seed">;

/** The authors' learner on the paper's board; budget and evaluations as in super_pursuit.ts, the steps of all copies counted. */
const fc: SeacPreset = {
  preset: "fc",
  env: { id: "sisl/pursuit_v4", options: { shared_reward: false } },
  totalEnvSteps: 800_000,
  reportEveryEnvSteps: 4000,
  evaluation: { everyEnvSteps: 4000, episodes: 20 },
  algorithm: "seac",
  ...SEAC_DEFAULTS,
};

/** A run of minutes: the board of super_pursuit.ts's quick preset, five of its budgets, the authors' learner unchanged. */
const quick: SeacPreset = {
  ...fc,
  preset: "quick",
  env: { ...fc.env, options: { ...fc.env.options, x_size: 10, y_size: 10, n_evaders: 12 } },
  totalEnvSteps: 100_000,
  reportEveryEnvSteps: 1000,
  evaluation: { everyEnvSteps: 10_000, episodes: 10 },
};

/** Ends within seconds; shows that everything runs, and nothing else. */
const smoke: SeacPreset = {
  ...quick,
  preset: "smoke",
  totalEnvSteps: 2000,
  reportEveryEnvSteps: 500,
  evaluation: { everyEnvSteps: 1000, episodes: 2 },
};

/** Presets by name; those of super_pursuit.ts with the same name have the same environment. */
export const PRESETS = Object.freeze({ smoke, quick, fc });

/** What an algorithm changes of a preset. */
export const ALGORITHMS: Readonly<Record<SeacConfig["algorithm"], Partial<SeacConfig>>> = Object.freeze({
  seac: { algorithm: "seac" },
  iac: { algorithm: "iac", sharingCoefficient: 0 },
  snac: { algorithm: "snac", sharingCoefficient: 0 },
});
