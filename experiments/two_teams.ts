/**
 * What the two experiments of the grid world have in common (spec/super.md §6, §8, §9): one team learns, the other plays policies that were
 * trained before and never change.
 * @module
 */
import { endsAbove, exceeds, sendsAbout } from "experiments/claims.ts";
import type { Arm, Experiment, Preset } from "experiments/experiment.ts";
import { PLAIN_DQN, PRESETS as PURSUIT } from "experiments/super_pursuit.ts";
import { SHARE } from "relay/share/share_config.ts";
import type { Claim } from "relay/stats/claim.ts";

/** A game of two teams. */
export interface TwoTeamGame {
  /** Id of the environment. */
  readonly id: string;
  /** Name of the team that learns. */
  readonly team: string;
  /** Its agents. */
  readonly learners: number;
  /** Name of the other team. */
  readonly opponents: string;
  /** The other team's stored policies, made by `deno task pretrain`. */
  readonly policies: string;
  /** The paper's budget. */
  readonly totalEnvSteps: number;
  /** 200 evaluations a run. */
  readonly evaluationEveryEnvSteps: number;
  /** ε of the replay's priorities. */
  readonly replayEpsilon: number;
  /** B of the one network: ⌈384 / policies⌉, the opponents' own counted (§9.1). */
  readonly oneNetworkBatch: number;
}

/** The game as the authors ran it, with their convolutional network. */
function paperPreset(game: TwoTeamGame): Preset {
  return {
    ...PURSUIT.paper,
    env: { id: game.id, options: { map_size: 18, max_cycles: 500 } },
    totalEnvSteps: game.totalEnvSteps,
    reportEveryEnvSteps: game.evaluationEveryEnvSteps,
    evaluation: { everyEnvSteps: game.evaluationEveryEnvSteps, episodes: 20 },
    rolloutEnvSteps: 5,
    learningRate: 0.0001,
    targetUpdateEverySteps: 1200,
    replay: {
      ...PURSUIT.paper.replay,
      capacity: 90_000,
      epsilon: game.replayEpsilon,
      // new items come with the sender's |δ| + ε, of which RLlib repeats a batch's first (§3)
      insertPriority: "sender",
      quirkFirstWeight: true,
    },
    share: { ...SHARE.quantile, team: game.team },
    opponents: { team: game.opponents, policies: game.policies },
  };
}

/** Presets by name. */
export function twoTeamPresets(game: TwoTeamGame) {
  const paper = paperPreset(game);
  // the same budget with the paper's fully connected network
  const fc: Preset = { ...paper, preset: "fc", network: PURSUIT.fc.network };

  // ends within minutes, with a step size of two and a half times the paper's
  const quick: Preset = {
    ...fc,
    preset: "quick",
    learningRate: 0.00025,
    replay: { ...fc.replay, capacity: 20_000 },
    totalEnvSteps: 20_000,
    reportEveryEnvSteps: 1000,
    evaluation: { everyEnvSteps: 1000, episodes: 10 },
  };

  // ends within seconds; shows that everything runs, and nothing else
  const smoke: Preset = {
    ...quick,
    preset: "smoke",
    env: { ...quick.env, options: { ...quick.env.options, max_cycles: 100 } },
    totalEnvSteps: 1000,
    reportEveryEnvSteps: 250,
    evaluation: { everyEnvSteps: 500, episodes: 2 },
    learningStartsEnvSteps: 400,
  };
  return Object.freeze({ smoke, quick, fc, paper });
}

/** The six of the paper with double DQN, random sharing beside them, and all seven with plain DQN. */
function twoTeamArms({ team, learners, oneNetworkBatch }: TwoTeamGame): readonly Arm[] {
  const arms: readonly Arm[] = [
    {
      name: "none",
      label: "no sharing",
      description: `${learners} agents, each on its own`,
      share: SHARE.none,
    },
    {
      name: "quantile",
      label: "quantile",
      description: "|δ| above the (1 − β)-quantile of the window",
      share: { ...SHARE.quantile, team },
    },
    {
      name: "gaussian",
      label: "gaussian",
      description: "|δ| above μ + z·σ² of the window",
      share: { ...SHARE.gaussian, team },
    },
    {
      name: "stochastic",
      label: "stochastic",
      description: "a coin weighted by |δ| within the fragment",
      share: { ...SHARE.stochastic, team },
    },
    {
      name: "all",
      label: "share all",
      description: "every transition to every other agent",
      share: { ...SHARE.all, team },
    },
    {
      name: "random",
      label: "random",
      description: "as many transitions as quantile, picked blindly (not in the paper)",
      share: { ...SHARE.random, team },
    },
    {
      name: "parameters",
      label: "one network",
      description:
        `parameter sharing: one network for all ${learners}, batches of ${oneNetworkBatch}, nothing is sent`,
      share: { ...SHARE.parameters, team },
      settings: { batchSize: oneNetworkBatch },
    },
  ];
  return [
    ...arms,
    ...arms.map(({ settings, ...arm }) => ({
      ...arm,
      name: `dqn_${arm.name}`,
      label: `${arm.label}, plain DQN`,
      description: `plain DQN: ${arm.description}`,
      settings: { ...settings, ...PLAIN_DQN },
    })),
  ];
}

/** The authors' six, and random sharing beside them; where minutes count, the four that tell selecting from sharing at all. */
const MAIN_ARMS = Object.freeze([
  "none",
  "quantile",
  "gaussian",
  "stochastic",
  "all",
  "random",
  "parameters",
]);
const QUICK_ARMS = Object.freeze(["none", "quantile", "all", "random"]);

/** The authors' opponents are not published; what ours are stands in their manifest. */
export const OPPONENT_NOTE =
  "The authors' pre-trained opponents are not published. Ours were trained for 300,000 (Battle, the paper's budget) and 200,000 (Adversarial Pursuit, a third of it) joint steps, both teams at once, by independent " +
  "double DQN with the fully connected network and the paper's settings (experiments/opponents): returns cannot be set beside the paper's.";

const quantileBandwidth = sendsAbout("quantile", 0.1, {
  text: "quantile sends about the tenth of the transitions that it was asked for",
});

const LEARNS = "agents that share nothing learn: they end above the uniform random policy";

/** What sets a game's experiment apart. */
export interface TwoTeamAccount {
  readonly name: string;
  readonly title: string;
  readonly presets: ReturnType<typeof twoTeamPresets>;
  /** Mean return of the uniform random policy against the stored opponents. */
  readonly randomReturn: number;
  /** Full replays of one run, GB. */
  readonly replayGigabytes: number;
  /** What a reader of preset quick has to know of the game's returns. */
  readonly quickReturns: string;
}

/** The paper's main comparison on the game. */
export function twoTeamExperiment(game: TwoTeamGame, account: TwoTeamAccount): Experiment {
  const { name, title, presets, randomReturn, replayGigabytes, quickReturns } = account;
  const quickClaims: readonly Claim[] = [
    exceeds("none", randomReturn, LEARNS),
    endsAbove("quantile", "none", "sharing the largest TD errors (quantile) ends above no sharing"),
    endsAbove("quantile", "random", "quantile ends above random sharing of as many transitions"),
    quantileBandwidth,
  ];

  const paperClaims: readonly Claim[] = [
    exceeds("none", randomReturn, LEARNS),
    endsAbove("quantile", "none", "sharing the largest TD errors (quantile) ends above no sharing"),
    endsAbove("quantile", "random", "quantile ends above random sharing of as many transitions"),
    endsAbove("gaussian", "none", "gaussian selection ends above no sharing"),
    endsAbove("quantile", "all", "selecting (quantile) ends above sharing everything"),
    endsAbove("dqn_quantile", "dqn_none", "quantile ends above no sharing with plain DQN too"),
    quantileBandwidth,
  ];
  const budget = game.totalEnvSteps.toLocaleString("en-US");
  const evaluationEvery = game.evaluationEveryEnvSteps.toLocaleString("en-US");
  return {
    name,
    title,
    presets,
    seeds: { smoke: 2, quick: 3, fc: 3, paper: 3 },
    arms: twoTeamArms(game),
    defaultArms: { smoke: QUICK_ARMS, quick: QUICK_ARMS, fc: MAIN_ARMS, paper: MAIN_ARMS },
    claims: { smoke: [], quick: quickClaims, fc: paperClaims, paper: paperClaims },
    notes: {
      smoke: [
        "A run of 1,000 joint steps learns nothing: this page shows that everything works, and no result.",
      ],
      quick: [
        `A run lasts 20,000 joint steps; the paper's ${budget}. By then exploration has only fallen from ε = 0.1 to 0.08.`,
        "Adam's step size is 2.5·10⁻⁴; the paper's is 10⁻⁴. Everything else of the learner is the paper's but for the replays.",
        "A replay keeps 20,000 transitions; the paper's 90,000. Where everything is shared it holds the last few thousand joint steps.",
        "The network is the paper's fully connected one (64-64 tanh, dueling heads of 256), not its convolutional one.",
        `Evaluations: every 1,000 joint steps, 10 greedy episodes; the paper's: every ${evaluationEvery}, 20 episodes.`,
        OPPONENT_NOTE,
        quickReturns,
        "Three seeds can show an order only when every run of one arm ends above every run of the other.",
      ],
      fc: [
        `Full replays of one run take ${replayGigabytes} GB of memory: fewer runs at a time (--workers 1) where that is too much.`,
        "The network is the paper's fully connected one (its robustness check), not its convolutional one; all else of the learner is the paper's.",
        OPPONENT_NOTE,
      ],
      paper: [OPPONENT_NOTE],
    },
  };
}
