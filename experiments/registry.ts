import type { Experiment } from "experiments/experiment.ts";
import { SUPER_PURSUIT } from "experiments/super_pursuit.ts";

/** Every experiment by name. */
export const EXPERIMENTS: Readonly<Record<string, Experiment>> = Object.freeze({
  super_pursuit: SUPER_PURSUIT,
});
