/**
 * What the three comparisons with shared-experience actor-critic have in common (spec/seac.md): all experience shared on-policy, its two
 * controls, and relaying selected experience off-policy, in the same game for the same budget. The actor-critics have their authors' settings.
 * @module
 */
import { endsAbove, exceeds } from "experiments/claims.ts";
import type { ActorCriticPreset, Arm, Experiment, Preset } from "experiments/experiment.ts";
import { OPPONENT_NOTE } from "experiments/two_teams.ts";
import { SEAC_DEFAULTS, type SeacConfig } from "relay/algo/seac_config.ts";
import { SHARE } from "relay/share/share_config.ts";
import type { Claim } from "relay/stats/claim.ts";

/** Presets of SUPER's learner that the actor-critics are set beside. */
export interface SuperPresets {
  readonly smoke: Preset;
  readonly quick: Preset;
  readonly fc: Preset;
  readonly paper: Preset;
}

/** What an algorithm changes of a preset. */
export const ALGORITHMS: Readonly<Record<SeacConfig["algorithm"], Partial<SeacConfig>>> = Object.freeze({
  seac: { algorithm: "seac" },
  iac: { algorithm: "iac", sharingCoefficient: 0 },
  snac: { algorithm: "snac", sharingCoefficient: 0 },
});

/** Presets of shared experience, each in the environment and for the budget of one of SUPER's, with its evaluations and its opponents. */
export function actorCriticPresets({ smoke, quick, fc }: SuperPresets) {
  return Object.freeze({ smoke: actorCritic(smoke), quick: actorCritic(quick), fc: actorCritic(fc) });
}

/** Stored opponents explore as DDQN's do: actor-critics have no ε of their own to lend them. */
function actorCritic(base: Preset): ActorCriticPreset {
  const { preset, env, totalEnvSteps, reportEveryEnvSteps, evaluation, opponents, epsilon } = base;
  const run = { preset, env, totalEnvSteps, reportEveryEnvSteps, evaluation };
  const exploring = opponents?.policies !== undefined && { epsilon };
  return {
    ...run,
    algorithm: "seac",
    ...SEAC_DEFAULTS,
    ...(opponents && { opponents: { ...opponents, ...exploring } }),
  };
}

/**
 * Presets of a game of two teams as the actor-critics need them: on grids that their updates of 20 joint steps meet, and longer where minutes
 * count, for they learn from each step once.
 */
export function seacTwoTeamPresets(presets: SuperPresets): SuperPresets {
  return {
    ...presets,
    smoke: { ...presets.smoke, reportEveryEnvSteps: presets.smoke.evaluation.everyEnvSteps },
    quick: {
      ...presets.quick,
      totalEnvSteps: 40_000,
      evaluation: { ...presets.quick.evaluation, everyEnvSteps: 2000 },
    },
  };
}

/** What sets a game's comparison apart. */
export interface SeacAccount {
  readonly name: string;
  readonly title: string;
  readonly presets: SuperPresets;
  /** How many learn, in words. */
  readonly learners: string;
  /** Name of the team that learns, where there are two. */
  readonly team?: string;
  /** Mean return of the uniform random policy, at the short presets and at the long ones. */
  readonly randomReturns: { readonly quick: number; readonly paper: number };
  /** What preset quick changes against the paper. */
  readonly quickNotes: readonly string[];
  readonly notebook?: NonNullable<Experiment["notebook"]>;
}

/** The comparison on one game. */
export function seacExperiment(account: SeacAccount): Experiment {
  const { name, title, presets, team, randomReturns, quickNotes, notebook } = account;
  const common = [BEYOND_SOURCES, SAMPLED, TIME_LIMIT, ...(team === undefined ? [] : OPPONENT_NOTES)];
  return {
    name,
    title,
    presets: { ...presets },
    seeds: { smoke: 2, quick: 3, fc: 3, paper: 3 },
    arms: seacArms(account),
    claims: {
      smoke: [],
      quick: claims(randomReturns.quick),
      fc: claims(randomReturns.paper),
      paper: claims(randomReturns.paper),
    },
    notes: {
      smoke: [
        `A run of ${
          presets.smoke.totalEnvSteps.toLocaleString("en-US")
        } joint steps learns nothing: this page shows that everything works, and no result.`,
      ],
      quick: [
        ...common,
        ...quickNotes,
        "Three seeds can show an order only when every run of one arm ends above every run of the other.",
      ],
      fc: [...common, "DDQN's network is the paper's fully connected one."],
      paper: common,
    },
    ...(notebook && { notebook }),
  };
}

function seacArms({ presets, learners, team }: SeacAccount): readonly Arm[] {
  const ofTeam = team === undefined ? {} : { team };
  return [
    {
      name: "iac",
      label: "independent actor-critic",
      description: `${learners} actor-critics, each from its own experience`,
      share: SHARE.none,
      learner: learnerOf("iac", presets),
    },
    {
      name: "seac",
      label: "shared experience",
      description:
        `SEAC: ${learners} actor-critics, each from everybody's experience with importance weights`,
      share: { ...SHARE.all, ...ofTeam },
      learner: learnerOf("seac", presets),
    },
    {
      name: "snac",
      label: "shared network",
      description: `one actor-critic that acts and learns for all ${learners}`,
      share: { ...SHARE.parameters, ...ofTeam },
      learner: learnerOf("snac", presets),
    },
    {
      name: "none",
      label: "DDQN, no sharing",
      description: `${learners} independent DDQN agents`,
      share: SHARE.none,
    },
    {
      name: "quantile",
      label: "SUPER, quantile",
      description: "DDQN agents that relay |δ| above the (1 − β)-quantile of the window",
      share: { ...SHARE.quantile, ...ofTeam },
    },
  ];
}

/** The presets with the algorithm; preset paper changes DDQN's network only, so there the actor-critics' runs are those of fc. */
function learnerOf(
  algorithm: SeacConfig["algorithm"],
  presets: SuperPresets,
): Readonly<Record<string, ActorCriticPreset>> {
  const own = actorCriticPresets(presets);
  return Object.fromEntries(
    Object.entries({ ...own, paper: own.fc }).map((
      [name, preset],
    ) => [name, { ...preset, ...ALGORITHMS[algorithm] }]),
  );
}

function claims(randomReturn: number): readonly Claim[] {
  return [
    exceeds(
      "seac",
      randomReturn,
      "agents that share all experience learn: they end above the uniform random policy",
    ),
    endsAbove("seac", "iac", "shared experience ends above independent actor-critic"),
    endsAbove("seac", "snac", "shared experience ends above one network for all"),
    endsAbove("quantile", "seac", "SUPER (quantile) ends above shared experience"),
  ];
}

const BEYOND_SOURCES =
  "How the paper's authors adapted SEAC to their games is not published: here is the learner of SEAC's own code, untuned, on flattened observations.";
const SAMPLED =
  "Actor-critics are evaluated as SEAC's authors do, with sampled actions; DDQN agents greedily.";
const TIME_LIMIT =
  "At the time limit SEAC's authors bootstrap, SUPER's do not; both are kept as they are, and each copy of a board counts its steps.";
const OPPONENT_NOTES = [
  OPPONENT_NOTE,
  "Actor-critics have no ε: while they train, the stored opponents explore with DDQN's schedule, counted over the joint steps of all boards; in evaluations they are greedy.",
];
