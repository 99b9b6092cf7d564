import type { Experiment } from "experiments/experiment.ts";
import { SUPER_ADVERSARIAL_PURSUIT } from "experiments/super_adversarial_pursuit.ts";
import { SUPER_BANDWIDTH } from "experiments/super_bandwidth.ts";
import { SUPER_BATTLE } from "experiments/super_battle.ts";
import { SUPER_PURSUIT } from "experiments/super_pursuit.ts";
import { SUPER_REPORT } from "experiments/super_report.ts";
import { SUPER_SEAC } from "experiments/super_seac.ts";
import { SUPER_SEAC_ADVERSARIAL_PURSUIT } from "experiments/super_seac_adversarial_pursuit.ts";
import { SUPER_SEAC_BATTLE } from "experiments/super_seac_battle.ts";
import { SUPER_VARIANTS } from "experiments/super_variants.ts";

/** Every experiment by name. */
export const EXPERIMENTS: Readonly<Record<string, Experiment>> = Object.freeze({
  super_pursuit: SUPER_PURSUIT,
  super_battle: SUPER_BATTLE,
  super_adversarial_pursuit: SUPER_ADVERSARIAL_PURSUIT,
  super_bandwidth: SUPER_BANDWIDTH,
  super_variants: SUPER_VARIANTS,
  super_seac: SUPER_SEAC,
  super_seac_battle: SUPER_SEAC_BATTLE,
  super_seac_adversarial_pursuit: SUPER_SEAC_ADVERSARIAL_PURSUIT,
  super_report_postmortem: SUPER_REPORT,
});
