import type { Stream } from "relay/rng/stream.ts";
import type { ScoredRun } from "relay/stats/run_series.ts";
import type { Theme } from "relay/plot/theme.ts";

/** A run with the seed that tells it from the other runs of its arm. */
export interface SeededRun extends ScoredRun {
  readonly seed: number;
}

/** An arm as figures show it. */
export interface PlotArm {
  readonly name: string;
  readonly label: string;
  /** Fraction of transitions it should send; null when it shares nothing or has no target. */
  readonly targetBandwidth: number | null;
}

/** What every figure of a comparison is made from. */
export interface ComparisonInput {
  readonly runs: readonly SeededRun[];
  /** Runs of the same arms that were recorded before: learning curves lie over theirs. */
  readonly recorded?: readonly SeededRun[];
  /** In the order of legends and tables; the first is the baseline. */
  readonly arms: readonly PlotArm[];
  readonly theme: Theme;
  /** For bootstrap intervals. */
  readonly stream: Stream;
}
