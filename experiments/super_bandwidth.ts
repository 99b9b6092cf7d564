/**
 * How much to share: the quantile rule at bandwidths from none to all on Pursuit (spec/super.md §9.2; the paper's own grid is not in the
 * authors' code). Presets are those of super_pursuit, so that runs that it has finished are not trained again.
 * @module
 */
import { endsAbove, sendsAbout } from "experiments/claims.ts";
import type { Arm, Experiment } from "experiments/experiment.ts";
import { PRESETS } from "experiments/super_pursuit.ts";
import { SHARE } from "relay/share/share_config.ts";
import type { Claim } from "relay/stats/claim.ts";

/** The quantile rule asked for a fraction of the transitions; for a β that is not in the grid, too. */
export function quantileArm(bandwidth: number): Arm {
  return {
    name: `quantile-${bandwidth}`,
    label: `β = ${bandwidth}`,
    description: `quantile, asked for ${bandwidth} of the transitions`,
    share: { ...SHARE.quantile, bandwidth },
  };
}

/** β = 0 is no sharing; at β = 1 share-all, for the rule itself would keep every error that equals the window's least. */
const ARMS: readonly Arm[] = [
  { name: "none", label: "β = 0", description: "no sharing", share: SHARE.none },
  ...[0.001, 0.01, 0.05, 0.1, 0.25, 0.5].map(quantileArm),
  { name: "all", label: "β = 1", description: "share-all: every transition", share: SHARE.all },
];

/** What minutes allow. */
const SHORT_ARMS = ["none", "quantile-0.001", "quantile-0.01", "quantile-0.1", "quantile-0.5", "all"];

const tenthAboveNone = endsAbove(
  "quantile-0.1",
  "none",
  "sharing a tenth of the transitions ends above sharing none",
);
const bandwidths: readonly Claim[] = [0.01, 0.1, 0.5].map((bandwidth) =>
  sendsAbout(`quantile-${bandwidth}`, bandwidth, {
    text: `asked for ${bandwidth} of the transitions, quantile sends about as many`,
  })
);
const longRunClaims: readonly Claim[] = [
  tenthAboveNone,
  endsAbove("quantile-0.01", "none", "a hundredth is enough to end above sharing none"),
  endsAbove("quantile-0.1", "all", "sharing a tenth ends above sharing everything"),
  endsAbove("quantile-0.1", "quantile-0.5", "sharing a tenth ends above sharing half"),
  ...bandwidths,
];

/** The sweep over β. */
export const SUPER_BANDWIDTH: Experiment = {
  name: "super_bandwidth",
  title: "How much to share: a sweep of the bandwidth β on Pursuit",
  presets: PRESETS,
  seeds: { smoke: 2, quick: 3, fc: 3, paper: 3 },
  arms: ARMS,
  defaultArms: { smoke: SHORT_ARMS, quick: SHORT_ARMS },
  claims: { smoke: [], quick: [tenthAboveNone, ...bandwidths], fc: longRunClaims, paper: longRunClaims },
  notes: {
    smoke: [
      "A run of 2,000 joint steps learns nothing: this page shows that everything works, and no result.",
    ],
    quick: [
      "The board is 10 × 10 with 12 evaders (the paper's: 16 × 16 with 30), a run lasts 20,000 joint steps (800,000), Adam's step size is 5·10⁻⁴ (1.6·10⁻⁴).",
      "At this budget early learning decides, and there every experience helps: share-all does as well as the selective rules.",
      "Of the grid 0, 0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1 the fractions 0.05 and 0.25 are left out; --arms names them.",
    ],
    fc: [
      "The network is the paper's fully connected one (its robustness check), not its convolutional one; all else is the paper's.",
      "Which bandwidths the paper tried is not in its authors' code; this grid is ours.",
    ],
    paper: ["Which bandwidths the paper tried is not in its authors' code; this grid is ours."],
  },
};
