/**
 * From a run's rows to curves and to one number a run.
 * @module
 */
import { areaUnderCurve, type Series } from "relay/stats/area_under_curve.ts";
import { mean } from "relay/stats/mean.ts";

/** What statistics read of a row; `Row` of train/ has this shape. */
export interface MetricRow {
  /** Joint environment steps done. */
  readonly envSteps: number;
  readonly metric: string;
  readonly value: number;
}

/** A run as far as statistics care. */
export interface ScoredRun {
  readonly runId: string;
  /** Name of the arm (the condition) that the run belongs to. */
  readonly arm: string;
  readonly rows: readonly MetricRow[];
}

/** One number a run, from its evaluations. */
export type ScoreName = "final" | "auc";

/** The metric of every score: team return in evaluations. */
export const RETURN_METRIC = "eval/return";
/** The fraction of transitions sent since the last report. */
export const BANDWIDTH_METRIC = "share/fraction";
/** "Final" is the last tenth of a run, so that it does not hang on a single evaluation. */
const FINAL_FRACTION = 0.1;

/** The rows of one metric as a curve, by rising env steps; of two rows at the same step the later one counts. */
export function seriesOf(rows: readonly MetricRow[], metric: string): Series {
  const byStep = new Map<number, number>();
  for (const row of rows) if (row.metric === metric) byStep.set(row.envSteps, row.value);
  const envSteps = [...byStep.keys()].sort((a, b) => a - b);
  return { envSteps, values: envSteps.map((step) => byStep.get(step)!) };
}

/**
 * One number for a run, in the unit of the return: `final` is the mean of the evaluations in the last tenth of the
 * run's env steps, `auc` the mean return over the whole run (area under its curve / length).
 * @throws {RangeError} when the run has no evaluation, or one that is not finite
 *
 * @example
 * ```ts
 * import { runScore } from "relay/stats/run_series.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const rows = [0, 1800, 1900, 2000].map((envSteps) => ({ envSteps, metric: "eval/return", value: envSteps / 100 }));
 * const run = { runId: "quick-s1", arm: "quantile", rows };
 * assertEquals(runScore(run, "final"), 19);
 * assertEquals(runScore(run, "auc"), 10);
 * ```
 */
export function runScore(run: ScoredRun, score: ScoreName): number {
  const series = seriesOf(run.rows, RETURN_METRIC);
  requireFiniteSeries(run, RETURN_METRIC, series);
  if (score === "auc") return areaUnderCurve(series);
  const from = series.envSteps.at(-1)! * (1 - FINAL_FRACTION);
  return mean(series.values.filter((_, i) => series.envSteps[i]! >= from));
}

/**
 * Realised bandwidth of a run: transitions sent / transitions collected after `fromEnvSteps`, each report weighted by
 * the env steps since the one before.
 * @throws {RangeError} when the run has no such report, or one that is not finite
 */
export function realisedBandwidth(run: ScoredRun, fromEnvSteps = 0): number {
  const series = seriesOf(run.rows, BANDWIDTH_METRIC);
  requireFiniteSeries(run, BANDWIDTH_METRIC, series);
  let sent = 0;
  let collected = 0;
  series.envSteps.forEach((step, i) => {
    if (step <= fromEnvSteps) return;
    const width = step - (series.envSteps[i - 1] ?? 0);
    sent += width * series.values[i]!;
    collected += width;
  });
  if (collected > 0) return sent / collected;
  throw new RangeError(
    `Cannot measure bandwidth of ${run.runId}: last "${BANDWIDTH_METRIC}" is at ${
      series.envSteps.at(-1)
    } env steps, expected one after ${fromEnvSteps}`,
  );
}

function requireFiniteSeries(run: ScoredRun, metric: string, { envSteps, values }: Series): void {
  if (values.length === 0) {
    throw new RangeError(`Cannot score ${run.runId}: it has no "${metric}" row, expected at least one`);
  }
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  throw new RangeError(
    `Cannot score ${run.runId}: "${metric}" at ${envSteps[bad]} env steps is ${
      values[bad]
    }, expected a finite number`,
  );
}
