import { requireFinite } from "relay/stats/finite.ts";

/** One metric of one run over its length. */
export interface Series {
  /** Joint environment steps [n], ascending. */
  readonly envSteps: readonly number[];
  /** The metric there [n]. */
  readonly values: readonly number[];
}

/**
 * Area under a curve by the trapezoid rule on its own grid, divided by the grid's length: the time-average of the
 * metric, in the metric's unit. It rewards learning early as well as ending high. A single point has that value.
 *
 * @throws {RangeError} for no point, a value that is not finite, or env steps that do not rise
 *
 * @example
 * ```ts
 * import { areaUnderCurve } from "relay/stats/area_under_curve.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(areaUnderCurve({ envSteps: [0, 1000, 4000], values: [0, 8, 8] }), 7);
 * ```
 */
export function areaUnderCurve({ envSteps, values }: Series): number {
  requireFinite(values, "take the area under a curve");
  let area = 0;
  for (let i = 1; i < values.length; i++) {
    const width = envSteps[i]! - envSteps[i - 1]!;
    if (!(width > 0)) {
      throw new RangeError(
        `Cannot take the area under a curve: env steps ${envSteps[i - 1]} are followed by ${
          envSteps[i]
        }, expected them to rise`,
      );
    }
    area += width * (values[i]! + values[i - 1]!) / 2;
  }
  if (values.length === 1) return values[0]!;
  return area / (envSteps[values.length - 1]! - envSteps[0]!);
}
