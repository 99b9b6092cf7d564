/**
 * SUPER against shared-experience actor-critic on Adversarial Pursuit, against the stored opponents of super_adversarial_pursuit. Run by
 * `deno task reproduce super_seac_adversarial_pursuit`.
 * @module
 */
import type { Experiment } from "experiments/experiment.ts";
import { actorCriticPresets, seacExperiment, seacTwoTeamPresets } from "experiments/seac_experiment.ts";
import {
  ADVERSARIAL_PURSUIT,
  PRESETS as SUPER,
  RANDOM_RETURN,
} from "experiments/super_adversarial_pursuit.ts";

const superPresets = seacTwoTeamPresets(SUPER);

/** Presets of the actor-critics by name, of shared experience. */
export const PRESETS = actorCriticPresets(superPresets);

/** SUPER against shared-experience actor-critic on Adversarial Pursuit. */
export const SUPER_SEAC_ADVERSARIAL_PURSUIT: Experiment = seacExperiment({
  name: "super_seac_adversarial_pursuit",
  title: "SUPER and SEAC on Adversarial Pursuit: relaying some experience, or learning from all of it",
  presets: superPresets,
  learners: "eight",
  team: ADVERSARIAL_PURSUIT.team,
  randomReturns: { quick: RANDOM_RETURN, paper: RANDOM_RETURN },
  quickNotes: [
    "A run lasts 40,000 joint steps (the paper's: 600,000), DDQN's step size is 2.5·10⁻⁴ (10⁻⁴), its replays keep 20,000 transitions (90,000).",
  ],
  notebook: { name: "super_seac", parameters: { game: "adversarial_pursuit" } },
});
