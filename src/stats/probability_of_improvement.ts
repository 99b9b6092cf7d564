import {
  type BootstrapOptions,
  drawStratified,
  flatten,
  type Interval,
  percentileInterval,
  type Scores,
} from "relay/stats/bootstrap.ts";

/**
 * The probability that a run of X scores higher than a run of Y, a tie counting one half: Mann and Whitney's U divided
 * by the number of pairs, averaged over tasks (Agarwal et al., NeurIPS 2021, section 4.3). It says how *often* X wins,
 * not by how much. The interval resamples the runs of X and of Y apart, within each task.
 *
 * When all runs of X lie above all of Y the interval is [1, 1] whatever their number, even 1 against 1: ask
 * `permutationPValue` too what chance alone would do.
 *
 * @param x scores [Rx, T]
 * @param y scores [Ry, T]; Ry may differ from Rx
 * @throws {RangeError} for empty or ragged scores, different numbers of tasks, or a score that is not finite
 *
 * @example Six pairs: five wins and one tie.
 * ```ts
 * import { openStream } from "relay/rng/stream.ts";
 * import { BOOTSTRAP, oneTask } from "relay/stats/bootstrap.ts";
 * import { probabilityOfImprovement } from "relay/stats/probability_of_improvement.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const options = { ...BOOTSTRAP, stream: openStream(1) };
 * const { estimate } = probabilityOfImprovement(oneTask([5, 7, 8]), oneTask([4, 5]), options);
 * assertEquals(estimate, 5.5 / 6);
 * ```
 */
export function probabilityOfImprovement(x: Scores, y: Scores, options: BootstrapOptions): Interval {
  const flatX = flatten(x, "compare runs");
  const flatY = flatten(y, "compare runs");
  const tasks = x[0]!.length;
  if (y[0]!.length !== tasks) {
    throw new RangeError(
      `Cannot compare runs: ${tasks} tasks against ${y[0]!.length}, expected the same tasks`,
    );
  }
  const drawnX = new Float64Array(flatX.length);
  const drawnY = new Float64Array(flatY.length);
  return percentileInterval(meanWinRate(flatX, flatY, tasks), () => {
    drawStratified(flatX, tasks, { into: drawnX, stream: options.stream });
    drawStratified(flatY, tasks, { into: drawnY, stream: options.stream });
    return meanWinRate(drawnX, drawnY, tasks);
  }, options);
}

/** Share of pairs of the same task that x wins, ties ½; x [Rx · T], y [Ry · T]. */
function meanWinRate(x: Float64Array, y: Float64Array, tasks: number): number {
  let wins = 0;
  for (let i = 0; i < x.length; i++) {
    for (let j = i % tasks; j < y.length; j += tasks) {
      if (x[i]! > y[j]!) wins += 1;
      else if (x[i]! === y[j]!) wins += 0.5;
    }
  }
  return wins * tasks / (x.length * y.length);
}
