/**
 * The failed reproduction of SUPER put right (spec/super.md §12): what each of its faults costs when it alone is switched on in our own
 * learner, and its own set-up, two pursuers that see pictures, with the faults gone.
 * @module
 */
import { endsAbove, exceeds } from "experiments/claims.ts";
import type { Arm, Experiment, Preset } from "experiments/experiment.ts";
import { PRESETS } from "experiments/super_pursuit.ts";
import { DEFECT_NAMES, type DefectName, DEFECTS } from "relay/algo/defects/catalogue.ts";
import { SHARE, type ShareConfig } from "relay/share/share_config.ts";
import type { Claim } from "relay/stats/claim.ts";

/** Faults of another way of sharing than quantile. */
const SHARE_OF: Partial<Record<DefectName, ShareConfig>> = {
  stochasticWithoutCount: SHARE.stochastic,
  gaussianCancellation: SHARE.gaussian,
};

/** The healthy learners that faults are held against; the first one is most faults' own. */
const HEALTHY: readonly Arm[] = [
  { name: "quantile", label: "healthy", description: "quantile, no fault", share: SHARE.quantile },
  {
    name: "stochastic",
    label: "healthy, stochastic",
    description: "stochastic, no fault",
    share: SHARE.stochastic,
  },
  { name: "gaussian", label: "healthy, gaussian", description: "gaussian, no fault", share: SHARE.gaussian },
  { name: "none", label: "no sharing", description: "nothing is sent, no fault", share: SHARE.none },
];

/** One fault alone; the arm has the fault's name. */
function faulty(name: DefectName): Arm {
  const { number, what } = DEFECTS.find((defect) => defect.name === name)!;
  return {
    name,
    label: `${number} ${name}`,
    description: what,
    share: SHARE_OF[name] ?? SHARE.quantile,
    settings: { defects: [name] },
  };
}

/** What the report had at once, of faults that do not exclude each other; its ways of measuring left out, so that returns compare. */
const TOGETHER: readonly DefectName[] = [
  "quantileGateNeverOpens",
  "doubleIsNot",
  "emptyAgentList",
  "targetOwnStart",
  "endsIgnored",
  "frameSkipLosesRewards",
  "uniformReplay",
  "noDuelingHeads",
  "observationDestroyed",
  "sharedReward",
  "otherHyperparameters",
  "burnInByFirstAgent",
];

const TOGETHER_ARM: Arm = {
  name: "together",
  label: "twelve at once",
  description: `faults that the report had together: ${TOGETHER.join(", ")}`,
  share: SHARE.quantile,
  settings: { defects: [...TOGETHER] },
};

/** Arms by what part of the learner they are about, the healthy one first. */
export const PARTS = Object.freeze({
  sharing: [
    "quantile",
    "quantileWrongTail",
    "quantileIndexWraps",
    "quantileGateNeverOpens",
    "wholeReplayRescanned",
    "staleErrors",
    "senderReceivesOwn",
    "foreignErrorsInWindow",
    "selectionByOtherError",
  ],
  otherSharing: ["stochastic", "stochasticWithoutCount", "gaussian", "gaussianCancellation"],
  learning: [
    "quantile",
    "doubleIsNot",
    "emptyAgentList",
    "targetOwnStart",
    "endsIgnored",
    "uniformReplay",
    "noDuelingHeads",
    "otherHyperparameters",
    "burnInByFirstAgent",
  ],
  around: [
    "quantile",
    "frameSkipLosesRewards",
    "observationDestroyed",
    "sharedReward",
    "returnCountedTwice",
    "exploringTests",
    "none",
    "together",
  ],
});

const ARMS: readonly Arm[] = [...HEALTHY, ...DEFECT_NAMES.map(faulty), TOGETHER_ARM];

/** A few of each kind, so that everything is passed through within seconds. */
const SMOKE_ARMS = [
  "quantile",
  "quantileWrongTail",
  "wholeReplayRescanned",
  "senderReceivesOwn",
  "doubleIsNot",
  "emptyAgentList",
  "frameSkipLosesRewards",
  "stochastic",
  "stochasticWithoutCount",
  "together",
];

const defectClaims: readonly Claim[] = [
  endsAbove("quantile", "together", "without its faults the learner ends above the one with twelve at once"),
  endsAbove("quantile", "emptyAgentList", "target networks that are never copied to, and no sharing, cost"),
];

/**
 * Two dozen arms in minutes: super_pursuit's small board and step size, four fifths of its budget, a network a quarter as costly (no hidden
 * layer in the heads).
 */
const faultsQuick: Preset = {
  ...PRESETS.quick,
  network: { kind: "fc", hidden: [64, 64], headHidden: null },
  totalEnvSteps: 16_000,
  evaluation: { everyEnvSteps: 1600, episodes: 10 },
};

const faultsSmoke: Preset = { ...PRESETS.smoke, network: faultsQuick.network };

/** Each fault alone against the healthy learner, on super_pursuit's boards. */
export const SUPER_REPORT: Experiment = {
  name: "super_report_postmortem",
  title: "A failed reproduction of SUPER, fault by fault",
  presets: { ...PRESETS, smoke: faultsSmoke, quick: faultsQuick },
  seeds: { smoke: 1, quick: 3, fc: 3, paper: 3 },
  arms: ARMS,
  defaultArms: { smoke: SMOKE_ARMS },
  claims: { smoke: [], quick: defectClaims, fc: defectClaims, paper: defectClaims },
  notes: {
    smoke: [
      "A run of 2,000 joint steps learns nothing, and not all faults are run: this page shows that everything works, and no result.",
    ],
    quick: [
      "The board is 10 × 10 with 12 evaders (the paper's: 16 × 16 with 30), a run lasts 16,000 joint steps (800,000), Adam's step size is 5·10⁻⁴ (1.6·10⁻⁴), the " +
      "network is 64-64 tanh with linear dueling heads.",
      "A fault without measurable cost here may cost in a longer run: 16,000 joint steps are the first fiftieth of the paper's.",
      "Faults are switched on one at a time in a learner that is healthy otherwise. In the report they met, and some only matter together: targets that " +
      "begin elsewhere are copied over after the first update, unless nobody ever copies.",
      "Three seeds an arm and two dozen arms: one comparison in twenty will look decided by chance.",
    ],
    fc: [],
    paper: [],
  },
};

/** The report's pictures: grey, 64 × 64, three at a time. Its environment's numbers are floats, which the first wrapper says. */
const PICTURES = [
  { kind: "dtype", to: "float32" },
  { kind: "color_reduction", mode: "full" },
  { kind: "resize", width: 64, height: 64, method: "bilinear" },
  { kind: "frame_stack", size: 3, start: "zeros" },
] as const;

/** Two pursuers with the report's pictures and network on the paper's board; the learner is the paper's, its memory holds what fits. */
const paper: Preset = {
  ...PRESETS.paper,
  env: withPictures({}, PICTURES),
  network: { kind: "conv_pool", channels: [8], hidden: 32 },
  totalEnvSteps: 200_000,
  replay: { ...PRESETS.paper.replay, capacity: 10_000 }, // 98 kB a transition
};

/** A board on which two pursuers meet, for minutes. */
const BOARD = { x_size: 5, y_size: 5, n_evaders: 3, max_cycles: 100 } as const;

const quick: Preset = {
  ...paper,
  preset: "quick",
  env: withPictures(BOARD, PICTURES),
  learningRate: 0.001,
  epsilon: { start: 0.5, end: 0.05, decayEnvSteps: 4000 },
  learningStartsEnvSteps: 400,
  targetUpdateEverySteps: 200,
  totalEnvSteps: 12_000,
  reportEveryEnvSteps: 1200,
  evaluation: { everyEnvSteps: 1200, episodes: 10 },
  replay: { ...paper.replay, capacity: 4000 },
};

const smoke: Preset = {
  ...quick,
  preset: "smoke",
  totalEnvSteps: 480,
  reportEveryEnvSteps: 240,
  evaluation: { everyEnvSteps: 480, episodes: 1 },
  replay: { ...paper.replay, capacity: 400 },
};

const SETUP_PRESETS = Object.freeze({ smoke, quick, fc: { ...paper, preset: "fc" }, paper });

function withPictures(
  options: Preset["env"]["options"],
  wrappers: readonly Readonly<Record<string, string | number>>[],
) {
  const own = { shared_reward: false, n_pursuers: 2, ...options };
  return {
    id: "sisl/pursuit_v4",
    options: { ...own, wrappers: wrappers.map((wrapper) => ({ ...wrapper })) },
  };
}

const SETUP_ARMS: readonly Arm[] = [
  {
    name: "none",
    label: "no sharing",
    description: "two pursuers with the report's pictures and network; nothing is sent",
    share: SHARE.none,
  },
  {
    name: "quantile",
    label: "quantile",
    description: "the same two, |δ| above the (1 − β)-quantile of the window",
    share: SHARE.quantile,
  },
];

/** Mean return of the uniform random policy for two pursuers on the small board (200 episodes, seeds 0–199). */
const RANDOM_QUICK = -16.2;

const setupClaims: readonly Claim[] = [
  exceeds(
    "quantile",
    RANDOM_QUICK,
    "with the faults gone the report's set-up learns: it ends above the uniform random policy",
  ),
];

const PAPER_NOTES = [
  "The board is the paper's, with two pursuers: only evaders in corners and beside the building can be surrounded by two.",
];

/** The report's own set-up, running as it should. */
export const SUPER_REPORT_SETUP: Experiment = {
  name: "super_report_setup",
  title: "The report's own set-up: two pursuers that see pictures",
  presets: SETUP_PRESETS,
  seeds: { smoke: 1, quick: 3, fc: 3, paper: 3 },
  arms: SETUP_ARMS,
  claims: { smoke: [], quick: setupClaims, fc: [], paper: [] },
  notes: {
    smoke: ["A run of 480 joint steps learns nothing: this part shows that everything works, and no result."],
    quick: [
      "The board is 5 × 5 with 3 evaders and episodes of 100 joint steps (the report's: 16 × 16, 30 and 500), a run lasts 12,000 joint steps, targets are copied every 200.",
      "Adam's step size is 10⁻³; exploration falls from ε = 0.5, where the report began, to 0.05 within 4,000 joint steps.",
      "The report says 8,192 numbers before its dense layer, not how many convolutions make them: here one, of 8 channels, and one max-pool.",
      "Rewards are each pursuer's own, heads are dueling, replay is prioritized and holds 4,000 transitions: what was wrong is right, what was only unusual is the report's.",
    ],
    fc: PAPER_NOTES,
    paper: PAPER_NOTES,
  },
};
