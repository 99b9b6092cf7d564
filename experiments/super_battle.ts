/**
 * The paper's main comparison on Battle (spec/super.md §8, §9.1): every number of every preset, the arms and the claims.
 * @module
 */
import { endsAbove, exceeds, sendsAbout } from "experiments/claims.ts";
import type { Experiment, Preset } from "experiments/experiment.ts";
import { PRESETS as PURSUIT } from "experiments/super_pursuit.ts";
import {
  MAIN_ARMS,
  OPPONENT_NOTE,
  paperPreset,
  QUICK_ARMS,
  twoTeamArms,
  type TwoTeamGame,
} from "experiments/two_teams.ts";
import type { Claim } from "relay/stats/claim.ts";

/** Six blue soldiers learn against six red ones. */
export const BATTLE: TwoTeamGame = Object.freeze({
  id: "magent/battle_v4",
  team: "blue",
  learners: 6,
  opponents: "red",
  policies: "experiments/opponents/battle/red_fc_279070d3",
  totalEnvSteps: 300_000,
  evaluationEveryEnvSteps: 1500,
  replayEpsilon: 1e-6,
  oneNetworkBatch: 55,
});

const paper = paperPreset(BATTLE);

/** The same budget with the paper's fully connected network. */
const fc: Preset = { ...paper, preset: "fc", network: PURSUIT.fc.network };

/** Ends within minutes, with a step size of two and a half times the paper's. */
const quick: Preset = {
  ...fc,
  preset: "quick",
  learningRate: 0.00025,
  replay: { ...fc.replay, capacity: 20_000 },
  totalEnvSteps: 20_000,
  reportEveryEnvSteps: 1000,
  evaluation: { everyEnvSteps: 1000, episodes: 10 },
};

/** Ends within seconds; shows that everything runs, and nothing else. */
const smoke: Preset = {
  ...quick,
  preset: "smoke",
  env: { ...quick.env, options: { ...quick.env.options, max_cycles: 100 } },
  totalEnvSteps: 1000,
  reportEveryEnvSteps: 250,
  evaluation: { everyEnvSteps: 500, episodes: 2 },
  learningStartsEnvSteps: 400,
};

/** Presets by name. */
export const PRESETS = Object.freeze({ smoke, quick, fc, paper });

const quantileBandwidth = sendsAbout("quantile", 0.1, {
  text: "quantile sends about the tenth of the transitions that it was asked for",
});

/** Mean return of the uniform random policy against the stored opponents, greedy: −47.2 ± 16.1 (sd; 100 episodes of at most 500 steps, seeds 0–99). */
const RANDOM_RETURN = -47.2;

const LEARNS = "agents that share nothing learn: they end above the uniform random policy";

const quickClaims: readonly Claim[] = [
  exceeds("none", RANDOM_RETURN, LEARNS),
  endsAbove("quantile", "none", "sharing the largest TD errors (quantile) ends above no sharing"),
  quantileBandwidth,
];

const paperClaims: readonly Claim[] = [
  exceeds("none", RANDOM_RETURN, LEARNS),
  endsAbove("quantile", "none", "sharing the largest TD errors (quantile) ends above no sharing"),
  endsAbove("quantile", "random", "quantile ends above random sharing of as many transitions"),
  endsAbove("gaussian", "none", "gaussian selection ends above no sharing"),
  endsAbove("quantile", "all", "selecting (quantile) ends above sharing everything"),
  endsAbove("dqn_quantile", "dqn_none", "quantile ends above no sharing with plain DQN too"),
  quantileBandwidth,
];

/** The paper's main comparison on Battle. */
export const SUPER_BATTLE: Experiment = {
  name: "super_battle",
  title: "SUPER on Battle: six learners against six who have learnt before",
  presets: PRESETS,
  seeds: { smoke: 2, quick: 3, fc: 3, paper: 3 },
  arms: twoTeamArms(BATTLE),
  defaultArms: { smoke: QUICK_ARMS, quick: QUICK_ARMS, fc: MAIN_ARMS, paper: MAIN_ARMS },
  claims: { smoke: [], quick: quickClaims, fc: paperClaims, paper: paperClaims },
  notes: {
    smoke: [
      "A run of 1,000 joint steps learns nothing: this page shows that everything works, and no result.",
    ],
    quick: [
      "A run lasts 20,000 joint steps; the paper's 300,000. By then exploration has only fallen from ε = 0.1 to 0.08.",
      "Adam's step size is 2.5·10⁻⁴; the paper's is 10⁻⁴. Everything else of the learner is the paper's but for the replays.",
      "A replay keeps 20,000 transitions; the paper's 90,000. Where everything is shared it holds the last few thousand joint steps.",
      "The network is the paper's fully connected one (64-64 tanh, dueling heads of 256), not its convolutional one.",
      "Evaluations: every 1,000 joint steps, 10 greedy episodes; the paper's: every 1,500, 20 episodes.",
      OPPONENT_NOTE,
      "After so few updates a team's greedy return still swings widely from one evaluation to the next: six who stand still and strike at nothing " +
      "lose more than 300 in an episode. The ε-greedy returns in training (train/return) are steadier.",
      "Three seeds can show an order only when every run of one arm ends above every run of the other.",
    ],
    fc: [
      "Full replays of one run take 3.6 GB of memory: fewer runs at a time (--workers 1) where that is too much.",
      "The network is the paper's fully connected one (its robustness check), not its convolutional one; all else of the learner is the paper's.",
      OPPONENT_NOTE,
    ],
    paper: [OPPONENT_NOTE],
  },
};
