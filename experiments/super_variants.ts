/**
 * How much hangs on the details: sharing with plain DQN, with the other network, with gaussian's spread as the text has it, with shorter and
 * longer windows (spec/super.md §9.3). Presets are those of super_pursuit, so that runs that it has finished are not trained again.
 * @module
 */
import { endsAbove, sendsAbout } from "experiments/claims.ts";
import type { Arm, ArmSettings, Experiment } from "experiments/experiment.ts";
import { PLAIN_DQN, PRESETS } from "experiments/super_pursuit.ts";
import { SHARE } from "relay/share/share_config.ts";
import type { Claim } from "relay/stats/claim.ts";

/** Sharing none and by quantile with a changed learner: what sharing adds there. */
function pair(name: string, { label, description, settings }: {
  readonly label: string;
  readonly description: string;
  readonly settings: ArmSettings;
}): Arm[] {
  return [
    {
      name: `${name}_none`,
      label: `no sharing, ${label}`,
      description: `${description}; nothing is sent`,
      share: SHARE.none,
      settings,
    },
    {
      name: `${name}_quantile`,
      label: `quantile, ${label}`,
      description: `${description}; quantile`,
      share: SHARE.quantile,
      settings,
    },
  ];
}

function windowArm(windowSize: number): Arm {
  return {
    name: `quantile_w${windowSize}`,
    label: `quantile, window ${windowSize}`,
    description: `quantile over an agent's last ${windowSize} errors instead of 1500`,
    share: { ...SHARE.quantile, windowSize },
  };
}

const ARMS: readonly Arm[] = [
  { name: "none", label: "no sharing", description: "eight agents, each on its own", share: SHARE.none },
  {
    name: "quantile",
    label: "quantile",
    description: "|δ| above the (1 − β)-quantile of the window of 1500",
    share: SHARE.quantile,
  },
  {
    name: "gaussian",
    label: "gaussian, σ²",
    description: "|δ| above μ + z·σ², as the authors' code has it",
    share: SHARE.gaussian,
  },
  {
    name: "gaussian_deviation",
    label: "gaussian, σ",
    description: "|δ| above μ + z·σ, the normal distribution's tail of size β",
    share: { ...SHARE.gaussian, spread: "deviation" },
  },
  windowArm(150),
  ...pair("dqn", {
    label: "plain DQN",
    description: "plain DQN: no dueling heads, the target network selects too",
    settings: PLAIN_DQN,
  }),
  windowArm(15_000),
  ...pair("fc", {
    label: "fully connected",
    description: "the paper's fully connected network",
    settings: { network: PRESETS.fc.network },
  }),
  ...pair("conv", {
    label: "convolutional",
    description: "the paper's convolutional network",
    settings: { network: PRESETS.paper.network },
  }),
];

const names = ARMS.map(({ name }) => name);
/** The convolutional network takes about ten times as long; in the other presets the fully connected one is everybody's. */
const FC_ARMS = names.filter((name) => !/^(fc|conv)_/.test(name));
const PAPER_ARMS = names.filter((name) => !name.startsWith("conv_"));

const claims: readonly Claim[] = [
  endsAbove("quantile", "none", "quantile ends above no sharing"),
  endsAbove("dqn_quantile", "dqn_none", "with plain DQN too, quantile ends above no sharing"),
  endsAbove("fc_quantile", "fc_none", "with the fully connected network too, quantile ends above no sharing"),
  endsAbove(
    "conv_quantile",
    "conv_none",
    "with the convolutional network too, quantile ends above no sharing",
  ),
  sendsAbout("gaussian_deviation", 0.1, {
    text: "with σ in the place of σ² gaussian sends about what it is asked for",
    tolerance: 0.35,
  }),
  endsAbove("quantile_w150", "none", "a tenth of the window is enough: quantile ends above no sharing"),
  endsAbove("quantile_w15000", "none", "with ten times the window too, quantile ends above no sharing"),
];

/** The variants on Pursuit. */
export const SUPER_VARIANTS: Experiment = {
  name: "super_variants",
  title: "SUPER's variants on Pursuit: base learner, network, spread, window",
  presets: PRESETS,
  seeds: { smoke: 2, quick: 3, fc: 3, paper: 3 },
  arms: ARMS,
  defaultArms: { smoke: FC_ARMS, quick: FC_ARMS, fc: FC_ARMS, paper: PAPER_ARMS },
  claims: { smoke: [], quick: claims, fc: claims, paper: claims },
  notes: {
    smoke: [
      "A run of 2,000 joint steps learns nothing: this page shows that everything works, and no result.",
    ],
    quick: [
      "The board is 10 × 10 with 12 evaders (the paper's: 16 × 16 with 30), a run lasts 20,000 joint steps (800,000), Adam's step size is 5·10⁻⁴ (1.6·10⁻⁴).",
      "In so short a run a window of 15,000 errors holds nearly everything since the beginning.",
      "The convolutional network is left out, for it takes about ten times as long: --arms conv_none,conv_quantile.",
      "Three seeds can show an order only when every run of one arm ends above every run of the other.",
    ],
    fc: [
      "The network is the paper's fully connected one; the convolutional one takes about ten times as long: --arms conv_none,conv_quantile.",
    ],
    paper: [],
  },
};
