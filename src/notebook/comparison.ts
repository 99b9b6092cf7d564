/**
 * A comparison as notebooks hold it: which arms, which seeds, and what is claimed. Made by `compare` (experiments/compare.ts).
 * @module
 */
import type { Claim } from "relay/stats/claim.ts";
import type { RunConfig, TrainConfig } from "relay/train/config.ts";

/** One condition. */
export interface ComparisonArm {
  readonly name: string;
  readonly label: string;
  readonly description: string;
  readonly share: TrainConfig["share"];
}

/** One run: an arm with a seed. */
export interface ComparisonRun {
  readonly arm: string;
  readonly config: RunConfig;
}

/** Arms × seeds of one preset. */
export interface Comparison {
  /** Name of the experiment, by which its recorded runs are found; a comparison of one's own has none. */
  readonly experiment?: string;
  readonly title: string;
  readonly preset: string;
  /** In the order of tables and legends; the first is the baseline. */
  readonly arms: readonly ComparisonArm[];
  /** In the order in which they are trained: every arm's first seed before any second. */
  readonly runs: readonly ComparisonRun[];
  /** Those of the experiment whose arms are all here. */
  readonly claims: readonly Claim[];
  /** What the preset changes against the paper and cannot show. */
  readonly notes: readonly string[];
  /** The settings that all arms have in common, and the paper's. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly paperSettings: Readonly<Record<string, unknown>>;
}
