import type { Series } from "relay/stats/area_under_curve.ts";

/** Several runs at the K env steps that all of them have reported. */
export interface CommonSteps {
  /** [K], rising. */
  readonly envSteps: number[];
  /** [K], each with one value a run. */
  readonly values: Float64Array[];
}

/**
 * The runs' values at each env step that *all* of them have reported.
 *
 * @param series one a run, by rising env steps
 *
 * @example
 * ```ts
 * import { atCommonSteps } from "relay/stats/common_steps.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const runs = [{ envSteps: [0, 1000, 2000], values: [1, 4, 5] }, { envSteps: [0, 1000], values: [3, 6] }];
 * const { envSteps, values } = atCommonSteps(runs);
 * assertEquals(envSteps, [0, 1000]);
 * assertEquals(values.map((some) => [...some]), [[1, 3], [4, 6]]);
 * ```
 */
export function atCommonSteps(series: readonly Series[]): CommonSteps {
  const columns = series.map(({ envSteps, values }) =>
    new Map(envSteps.map((step, i) => [step, values[i]!]))
  );
  const envSteps = (series[0]?.envSteps ?? []).filter((step) => columns.every((column) => column.has(step)));
  return {
    envSteps,
    values: envSteps.map((step) => Float64Array.from(columns, (column) => column.get(step)!)),
  };
}
