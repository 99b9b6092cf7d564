/**
 * SUPER against shared-experience actor-critic on Pursuit (spec/seac.md): all experience shared on-policy, its two controls, and relaying
 * selected experience off-policy, on the same board for the same budget. Run by `deno task reproduce super_seac`; the actor-critics alone
 * by `deno task train --algorithm`.
 * @module
 */
import { endsAbove, exceeds } from "experiments/claims.ts";
import type { ActorCriticPreset, Arm, Experiment, Preset } from "experiments/experiment.ts";
import { PRESETS as SUPER } from "experiments/super_pursuit.ts";
import { SEAC_DEFAULTS, type SeacConfig } from "relay/algo/seac_config.ts";
import { SHARE } from "relay/share/share_config.ts";
import type { Claim } from "relay/stats/claim.ts";

/**
 * Minutes, with five budgets of super_pursuit's quick preset: the actor-critics need them to leave the random policy behind. Board and
 * SUPER's step size are that preset's; the actor-critics have their authors' settings.
 */
const quick: Preset = {
  ...SUPER.quick,
  totalEnvSteps: 100_000,
  evaluation: { everyEnvSteps: 5000, episodes: 10 },
};

const superPresets = { smoke: SUPER.smoke, quick, fc: SUPER.fc, paper: SUPER.paper };

/** The authors' actor-critic in the environment, for the budget and with the evaluations of a preset of SUPER's. */
function actorCritic(base: Preset): ActorCriticPreset {
  const { preset, env, totalEnvSteps, reportEveryEnvSteps, evaluation } = base;
  const run = { preset, env, totalEnvSteps, reportEveryEnvSteps, evaluation };
  return { ...run, algorithm: "seac", ...SEAC_DEFAULTS };
}

/** Presets of the actor-critics by name, of shared experience. */
export const PRESETS = Object.freeze({
  smoke: actorCritic(superPresets.smoke),
  quick: actorCritic(superPresets.quick),
  fc: actorCritic(superPresets.fc),
});

/** What an algorithm changes of a preset. */
export const ALGORITHMS: Readonly<Record<SeacConfig["algorithm"], Partial<SeacConfig>>> = Object.freeze({
  seac: { algorithm: "seac" },
  iac: { algorithm: "iac", sharingCoefficient: 0 },
  snac: { algorithm: "snac", sharingCoefficient: 0 },
});

/** The presets with the algorithm; preset paper changes DDQN's network only, so there the actor-critics' runs are those of fc. */
function learnerOf(algorithm: SeacConfig["algorithm"]): Readonly<Record<string, ActorCriticPreset>> {
  const learners = { ...PRESETS, paper: PRESETS.fc };
  return Object.fromEntries(
    Object.entries(learners).map(([name, preset]) => [name, { ...preset, ...ALGORITHMS[algorithm] }]),
  );
}

const ARMS: readonly Arm[] = [
  {
    name: "iac",
    label: "independent actor-critic",
    description: "eight actor-critics, each from its own experience",
    share: SHARE.none,
    learner: learnerOf("iac"),
  },
  {
    name: "seac",
    label: "shared experience",
    description: "SEAC: eight actor-critics, each from everybody's experience with importance weights",
    share: SHARE.all,
    learner: learnerOf("seac"),
  },
  {
    name: "snac",
    label: "shared network",
    description: "one actor-critic that acts and learns for all eight",
    share: SHARE.parameters,
    learner: learnerOf("snac"),
  },
  {
    name: "none",
    label: "DDQN, no sharing",
    description: "eight independent DDQN agents",
    share: SHARE.none,
  },
  {
    name: "quantile",
    label: "SUPER, quantile",
    description: "DDQN agents that relay |δ| above the (1 − β)-quantile of the window",
    share: SHARE.quantile,
  },
];

/** Mean return of the uniform random policy, as in super_pursuit.ts: on the 10 × 10 board, and on the paper's. */
const RANDOM_RETURN = { quickBoard: -351.6, paperBoard: -371.7 };

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
  "How the paper's authors adapted SEAC to Pursuit is not published: here is the learner of SEAC's own code, untuned, on flattened observations.";
const SAMPLED =
  "Actor-critics are evaluated as SEAC's authors do, with sampled actions; DDQN agents greedily.";
const TIME_LIMIT =
  "At the time limit SEAC's authors bootstrap, SUPER's do not; both are kept as they are, and each copy of a board counts its steps.";

/** SUPER against shared-experience actor-critic. */
export const SUPER_SEAC: Experiment = {
  name: "super_seac",
  title: "SUPER and SEAC on Pursuit: relaying some experience, or learning from all of it",
  presets: superPresets,
  seeds: { smoke: 2, quick: 3, fc: 3, paper: 3 },
  arms: ARMS,
  claims: {
    smoke: [],
    quick: claims(RANDOM_RETURN.quickBoard),
    fc: claims(RANDOM_RETURN.paperBoard),
    paper: claims(RANDOM_RETURN.paperBoard),
  },
  notes: {
    smoke: [
      "A run of 2,000 joint steps learns nothing: this page shows that everything works, and no result.",
    ],
    quick: [
      BEYOND_SOURCES,
      SAMPLED,
      TIME_LIMIT,
      "The board is 10 × 10 with 12 evaders (the paper's: 16 × 16 with 30), a run lasts 100,000 joint steps (800,000), DDQN's step size is 5·10⁻⁴ (1.6·10⁻⁴).",
      "Three seeds can show an order only when every run of one arm ends above every run of the other.",
    ],
    fc: [BEYOND_SOURCES, SAMPLED, TIME_LIMIT, "DDQN's network is the paper's fully connected one."],
    paper: [BEYOND_SOURCES, SAMPLED, TIME_LIMIT],
  },
};
