import type { Series } from "relay/stats/area_under_curve.ts";
import { type BootstrapOptions, percentileInterval } from "relay/stats/bootstrap.ts";
import { atCommonSteps } from "relay/stats/common_steps.ts";

/** A curve over several runs with a pointwise interval; all arrays [K]. */
export interface CurveBand {
  readonly envSteps: number[];
  readonly estimate: number[];
  readonly low: number[];
  readonly high: number[];
  /** Number of runs at every point. */
  readonly runs: number;
}

/**
 * A statistic of several runs at each env step that *all* of them have reported, with a pointwise bootstrap interval
 * over runs. The band therefore ends where the shortest run ends; it never changes its number of runs on the way.
 *
 * @param series one a run, at least one
 * @param statistic of one number a run, such as `iqm`
 * @throws {RangeError} for a value that is not finite
 *
 * @example
 * ```ts
 * import { openStream } from "relay/rng/stream.ts";
 * import { BOOTSTRAP } from "relay/stats/bootstrap.ts";
 * import { curveBand } from "relay/stats/curve_band.ts";
 * import { mean } from "relay/stats/mean.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const runs = [
 *   { envSteps: [0, 1000, 2000], values: [1, 4, 5] },
 *   { envSteps: [0, 1000], values: [3, 4] },
 * ];
 * const band = curveBand(runs, mean, { ...BOOTSTRAP, stream: openStream(1) });
 * assertEquals(band, { envSteps: [0, 1000], estimate: [2, 4], low: [1, 4], high: [3, 4], runs: 2 });
 * ```
 */
export function curveBand(
  series: readonly Series[],
  statistic: (values: Float64Array) => number,
  options: BootstrapOptions,
): CurveBand {
  const { envSteps, values: valuesOfSteps } = atCommonSteps(series);
  const band: CurveBand = { envSteps, estimate: [], low: [], high: [], runs: series.length };
  const resample = new Float64Array(series.length);
  for (const values of valuesOfSteps) {
    const interval = percentileInterval(statistic(values), () => {
      for (let i = 0; i < resample.length; i++) resample[i] = values[options.stream.below(values.length)]!;
      return statistic(resample);
    }, options);
    band.estimate.push(interval.estimate);
    band.low.push(interval.low);
    band.high.push(interval.high);
  }
  return band;
}
