/**
 * The paper's main comparison on Battle (spec/super.md §8, §9.1): every number of every preset, the arms and the claims.
 * @module
 */
import type { Experiment } from "experiments/experiment.ts";
import { twoTeamExperiment, type TwoTeamGame, twoTeamPresets } from "experiments/two_teams.ts";

/** Six blue soldiers learn against six red ones. */
export const BATTLE: TwoTeamGame = Object.freeze({
  id: "magent/battle_v4",
  team: "blue",
  learners: 6,
  opponents: "red",
  policies: "experiments/opponents/battle/red_fc_7d61d2bc",
  totalEnvSteps: 300_000,
  evaluationEveryEnvSteps: 1500,
  replayEpsilon: 1e-6,
  oneNetworkBatch: 55,
});

/** Presets by name. */
export const PRESETS = twoTeamPresets(BATTLE);

/** Mean return of the uniform random policy against the stored opponents, greedy: −22.0 ± 7.7 (sd; 100 episodes of at most 500 steps, 190 in the mean, seeds 0–99). */
export const RANDOM_RETURN = -22;

/** The paper's main comparison on Battle. */
export const SUPER_BATTLE: Experiment = twoTeamExperiment(BATTLE, {
  name: "super_battle",
  title: "SUPER on Battle: six learners against six who have learnt before",
  presets: PRESETS,
  randomReturn: RANDOM_RETURN,
  replayGigabytes: 3.6,
  quickReturns:
    "After so few updates a team's greedy return still swings widely from one evaluation to the next, here between −150 and +12: these runs decide nothing between the arms. " +
    "The |δ| grow sixfold within these 20,000 joint steps while quantile's window looks back at the last 1,500, so that it sends half as much again as it is asked for.",
});
