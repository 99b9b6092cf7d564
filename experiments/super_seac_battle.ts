/**
 * SUPER against shared-experience actor-critic on Battle, against the stored opponents of super_battle. Run by
 * `deno task reproduce super_seac_battle`.
 * @module
 */
import type { Experiment } from "experiments/experiment.ts";
import { actorCriticPresets, seacExperiment, seacTwoTeamPresets } from "experiments/seac_experiment.ts";
import { BATTLE, PRESETS as SUPER, RANDOM_RETURN } from "experiments/super_battle.ts";

const superPresets = seacTwoTeamPresets(SUPER);

/** Presets of the actor-critics by name, of shared experience. */
export const PRESETS = actorCriticPresets(superPresets);

/** SUPER against shared-experience actor-critic on Battle. */
export const SUPER_SEAC_BATTLE: Experiment = seacExperiment({
  name: "super_seac_battle",
  title: "SUPER and SEAC on Battle: relaying some experience, or learning from all of it",
  presets: superPresets,
  learners: "six",
  team: BATTLE.team,
  randomReturns: { quick: RANDOM_RETURN, paper: RANDOM_RETURN },
  quickNotes: [
    "A run lasts 40,000 joint steps (the paper's: 300,000), DDQN's step size is 2.5·10⁻⁴ (10⁻⁴), its replays keep 20,000 transitions (90,000).",
    "Six who stand still return −1.8 against these opponents (mean of 10 episodes, over after 91 joint steps): after so few steps the actor-critics have learnt to do about that, while double DQN still strikes at nothing for hundreds of steps. Who fights well needs the paper's budget to show (super_battle).",
  ],
  notebook: { name: "super_seac", parameters: { game: "battle" } },
});
