import {
  type BootstrapOptions,
  drawStratified,
  flatten,
  type Interval,
  oneTask,
  percentileInterval,
} from "relay/stats/bootstrap.ts";
import { mean } from "relay/stats/mean.ts";

/**
 * How much higher X scores than Y: mean(X) − mean(Y), with the percentile interval of resamples of either apart. What bootstrap.ts says of
 * few runs holds here, too.
 *
 * @param x one score a run
 * @param y one score a run; as many as there are
 * @throws {RangeError} for no runs, or a score that is not finite
 *
 * @example
 * ```ts
 * import { openStream } from "relay/rng/stream.ts";
 * import { BOOTSTRAP } from "relay/stats/bootstrap.ts";
 * import { differenceOfMeans } from "relay/stats/difference_of_means.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const options = { ...BOOTSTRAP, stream: openStream(1) };
 * assertEquals(differenceOfMeans([7, 7, 7], [1, 2, 3], options), { estimate: 5, low: 4, high: 6 });
 * ```
 */
export function differenceOfMeans(
  x: readonly number[],
  y: readonly number[],
  options: BootstrapOptions,
): Interval {
  const [flatX, flatY] = [flatten(oneTask(x), "compare runs"), flatten(oneTask(y), "compare runs")];
  const [drawnX, drawnY] = [new Float64Array(flatX.length), new Float64Array(flatY.length)];
  return percentileInterval(mean(flatX) - mean(flatY), () => {
    drawStratified(flatX, 1, { into: drawnX, stream: options.stream });
    drawStratified(flatY, 1, { into: drawnY, stream: options.stream });
    return mean(drawnX) - mean(drawnY);
  }, options);
}
