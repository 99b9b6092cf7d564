/**
 * SUPER against shared-experience actor-critic on Pursuit (spec/seac.md). Run by `deno task reproduce super_seac`; the actor-critics alone
 * by `deno task train --algorithm`.
 * @module
 */
import type { Experiment } from "experiments/experiment.ts";
import { actorCriticPresets, seacExperiment, type SuperPresets } from "experiments/seac_experiment.ts";
import { PRESETS as SUPER } from "experiments/super_pursuit.ts";

/**
 * `quick`: minutes, with five budgets of super_pursuit's quick preset: the actor-critics need them to leave the random policy behind. Board
 * and SUPER's step size are that preset's.
 */
const superPresets: SuperPresets = {
  ...SUPER,
  quick: { ...SUPER.quick, totalEnvSteps: 100_000, evaluation: { everyEnvSteps: 5000, episodes: 10 } },
};

/** Presets of the actor-critics by name, of shared experience. */
export const PRESETS = actorCriticPresets(superPresets);

/** SUPER against shared-experience actor-critic. */
export const SUPER_SEAC: Experiment = seacExperiment({
  name: "super_seac",
  title: "SUPER and SEAC on Pursuit: relaying some experience, or learning from all of it",
  presets: superPresets,
  learners: "eight",
  // as in super_pursuit.ts: on the 10 × 10 board, and on the paper's
  randomReturns: { quick: -351.6, paper: -371.7 },
  quickNotes: [
    "The board is 10 × 10 with 12 evaders (the paper's: 16 × 16 with 30), a run lasts 100,000 joint steps (800,000), DDQN's step size is 5·10⁻⁴ (1.6·10⁻⁴).",
  ],
});
