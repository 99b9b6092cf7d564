/**
 * Stratified bootstrap intervals (Agarwal et al., NeurIPS 2021, section 4.2 and appendix A.3).
 *
 * **What few runs cannot say.** A percentile interval is only as wide as the runs seen. With three runs of one task
 * there are ten different resamples, the lowest run alone is drawn with probability 1/27 > 2.5 %, and so the "95 %"
 * interval of the mean is the range from the lowest to the highest run. That range holds the median of the population
 * with probability 1 − 2·(1/2)³ = 75 %, not 95 %. One run gives an interval of width zero that says nothing. Intervals
 * become trustworthy from about ten runs; below, read them as "where the runs lie".
 * @module
 */
import type { Stream } from "relay/rng/stream.ts";
import { requireFinite } from "relay/stats/finite.ts";
import { quantileOfSorted } from "relay/stats/quantile_of_sorted.ts";

/** Scores [R, T] of R runs on T tasks: `scores[run][task]`. One task: see {@link oneTask}. */
export type Scores = readonly (readonly number[])[];

/** An estimate with a two-sided interval, in the unit of the scores. */
export interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

/** How resampling is done. */
export interface BootstrapOptions {
  /** Where the resamples come from; the same stream state gives the same interval. */
  readonly stream: Stream;
  /** Number of resamples. */
  readonly resamples: number;
  /** Nominal coverage of the interval, in (0, 1). */
  readonly confidence: number;
}

/** What reports use: 95 % intervals from 2000 resamples. */
export const BOOTSTRAP: Readonly<Omit<BootstrapOptions, "stream">> = Object.freeze({
  resamples: 2000,
  confidence: 0.95,
});

/** Scores [R, 1] of one number a run. */
export function oneTask(values: readonly number[]): Scores {
  return values.map((value) => [value]);
}

/**
 * Percentile interval of a statistic of runs × tasks. Every resample draws R runs with replacement, for each task
 * (stratum) apart, so that each task keeps its number of runs.
 *
 * @param scores [R, T], R ≥ 1, T ≥ 1
 * @param statistic of the flat scores [R · T], run after run, such as `iqm`
 * @throws {RangeError} for an empty or ragged matrix, a score that is not finite, or options out of range
 *
 * @example The interval of three runs is their range.
 * ```ts
 * import { openStream } from "relay/rng/stream.ts";
 * import { BOOTSTRAP, bootstrapInterval, oneTask } from "relay/stats/bootstrap.ts";
 * import { mean } from "relay/stats/mean.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const options = { ...BOOTSTRAP, stream: openStream(1) };
 * assertEquals(bootstrapInterval(oneTask([4, 5, 9]), mean, options), { estimate: 6, low: 4, high: 9 });
 * ```
 */
export function bootstrapInterval(
  scores: Scores,
  statistic: (flat: Float64Array) => number,
  options: BootstrapOptions,
): Interval {
  const flat = flatten(scores, "bootstrap");
  const resample = new Float64Array(flat.length);
  const tasks = scores[0]!.length;
  return percentileInterval(statistic(flat), () => {
    drawStratified(flat, tasks, { into: resample, stream: options.stream });
    return statistic(resample);
  }, options);
}

/**
 * The percentile interval around `estimate` of whatever `draw` computes on one resample.
 * @throws {RangeError} for options out of range
 */
export function percentileInterval(
  estimate: number,
  draw: () => number,
  options: Pick<BootstrapOptions, "resamples" | "confidence">,
): Interval {
  const { resamples, confidence } = options;
  if (!(Number.isInteger(resamples) && resamples >= 1)) {
    throw new RangeError(`Cannot bootstrap: resamples is ${resamples}, expected an integer of at least 1`);
  }
  if (!(confidence > 0 && confidence < 1)) {
    throw new RangeError(`Cannot bootstrap: confidence is ${confidence}, expected a number in (0, 1)`);
  }
  const sorted = Float64Array.from({ length: resamples }, draw).sort();
  const tail = (1 - confidence) / 2;
  return {
    estimate,
    low: quantileOfSorted(sorted, tail),
    high: quantileOfSorted(sorted, 1 - tail),
  };
}

/** Fills `into` [R · T] with one stratified resample of `flat` [R · T]. */
export function drawStratified(
  flat: Float64Array,
  tasks: number,
  { into, stream }: { into: Float64Array; stream: Stream },
): void {
  const runs = flat.length / tasks;
  for (let run = 0; run < runs; run++) {
    for (let task = 0; task < tasks; task++) {
      into[run * tasks + task] = flat[stream.below(runs) * tasks + task]!;
    }
  }
}

/**
 * Scores as one array [R · T], run after run.
 * @throws {RangeError} for an empty or ragged matrix or a score that is not finite
 */
export function flatten(scores: Scores, attempt: string): Float64Array {
  const tasks = scores[0]?.length ?? 0;
  scores.forEach((row, run) => {
    if (row.length === tasks) return;
    throw new RangeError(
      `Cannot ${attempt}: run ${run} has ${row.length} tasks, expected ${tasks} as in run 0`,
    );
  });
  const flat = Float64Array.from(scores.flat());
  requireFinite(flat, attempt);
  return flat;
}
