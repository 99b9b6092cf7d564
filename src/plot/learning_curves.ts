import { iqm } from "relay/stats/iqm.ts";
import { RETURN_METRIC } from "relay/stats/run_series.ts";
import { baseLayout, ENV_STEPS_AXIS } from "relay/plot/base_layout.ts";
import type { ComparisonInput } from "relay/plot/comparison_input.ts";
import { curveTraces } from "relay/plot/curve_traces.ts";
import type { Figure } from "relay/plot/figure.ts";
import { recordedTraces } from "relay/plot/recorded_traces.ts";

/**
 * Team return in evaluations over env steps: for each arm the interquartile mean over runs, its 95 % bootstrap band, and the
 * runs themselves as thin lines. A click in the legend takes an arm away with all three. Recorded runs of the same arms
 * lie underneath as dotted lines.
 */
export function learningCurves(input: ComparisonInput): Figure {
  const options = { metric: RETURN_METRIC, statistic: iqm, format: ",.1f" };
  return {
    data: [...recordedTraces(input, options), ...curveTraces(input, options)],
    layout: baseLayout(input.theme, {
      xTitle: "joint environment steps",
      yTitle: "team return in evaluations",
      x: ENV_STEPS_AXIS,
    }),
  };
}
