import { mean } from "relay/stats/mean.ts";
import { baseLayout, ENV_STEPS_AXIS } from "relay/plot/base_layout.ts";
import type { ComparisonInput } from "relay/plot/comparison_input.ts";
import { curveTraces } from "relay/plot/curve_traces.ts";
import type { Figure } from "relay/plot/figure.ts";

/** Mean absolute TD error of freshly collected transitions over env steps: what the selectors rank by. */
export function tdErrors(input: ComparisonInput): Figure {
  return {
    data: curveTraces(input, { metric: "td/meanAbs", statistic: mean, format: ".3f" }),
    layout: baseLayout(input.theme, {
      xTitle: "joint environment steps",
      yTitle: "mean |δ| of fresh transitions",
      x: ENV_STEPS_AXIS,
      y: { rangemode: "tozero" },
    }),
  };
}
