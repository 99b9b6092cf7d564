/**
 * The paper's main comparison on Adversarial Pursuit (spec/super.md §8, §9.1): every number of every preset, the arms and the claims.
 * @module
 */
import type { Experiment } from "experiments/experiment.ts";
import { twoTeamExperiment, type TwoTeamGame, twoTeamPresets } from "experiments/two_teams.ts";

/** Eight prey learn to get away from four predators. */
export const ADVERSARIAL_PURSUIT: TwoTeamGame = Object.freeze({
  id: "magent/adversarial_pursuit_v4",
  team: "prey",
  learners: 8,
  opponents: "predator",
  policies: "experiments/opponents/adversarial_pursuit/predator_fc_117e5922",
  totalEnvSteps: 600_000,
  evaluationEveryEnvSteps: 3000,
  replayEpsilon: 1e-5,
  oneNetworkBatch: 77,
});

/** Presets by name. */
export const PRESETS = twoTeamPresets(ADVERSARIAL_PURSUIT);

/** Mean return of the uniform random policy against the stored opponents, greedy: −654 ± 283 (sd; 100 episodes of 500 steps, seeds 0–99). */
export const RANDOM_RETURN = -654;

/** The paper's main comparison on Adversarial Pursuit. */
export const SUPER_ADVERSARIAL_PURSUIT: Experiment = twoTeamExperiment(ADVERSARIAL_PURSUIT, {
  name: "super_adversarial_pursuit",
  title: "SUPER on Adversarial Pursuit: eight learn to flee from four who have learnt to hunt",
  presets: PRESETS,
  randomReturn: RANDOM_RETURN,
  replayGigabytes: 0.7,
  quickReturns:
    "After so few updates a team's greedy return still swings widely from one evaluation to the next.",
});
