import { mean } from "relay/stats/mean.ts";
import { BANDWIDTH_METRIC, seriesOf } from "relay/stats/run_series.ts";
import { baseLayout, ENV_STEPS_AXIS } from "relay/plot/base_layout.ts";
import type { ComparisonInput, PlotArm } from "relay/plot/comparison_input.ts";
import { curveTraces } from "relay/plot/curve_traces.ts";
import type { Axis, Figure, Layout } from "relay/plot/figure.ts";
import type { Theme } from "relay/plot/theme.ts";

/** Decades that a logarithmic axis shows: 0.001 to just above 1. */
const LOG_RANGE = [-3, 0.15] as const;

/**
 * Realised bandwidth over env steps, the mean over runs with a band, and each target as a dotted line. Arms that send
 * nothing are left out. On a logarithmic axis what lies below 0.001, a report without a single transition sent too, is
 * a gap.
 */
export function bandwidthOverTime(input: ComparisonInput, scale: "linear" | "log"): Figure {
  const arms = input.arms.filter((arm) => isSending(arm, input.runs));
  const lowest = scale === "log" ? 10 ** LOG_RANGE[0] : -Infinity;
  const logAxis: Axis = {
    type: "log",
    range: LOG_RANGE,
    tickvals: [0.001, 0.01, 0.1, 1],
    ticktext: ["0.001", "0.01", "0.1", "1"],
    zeroline: false,
  };
  const layout = baseLayout(input.theme, {
    xTitle: "joint environment steps",
    yTitle: "transitions sent / collected",
    x: ENV_STEPS_AXIS,
    y: scale === "log" ? logAxis : { rangemode: "tozero" },
  });
  const shown = new Set(arms.map(({ name }) => name));
  const data = curveTraces(input, { metric: BANDWIDTH_METRIC, statistic: mean, format: ".3f", lowest })
    .filter(({ meta }) => shown.has(meta.arm));
  const targets = [...new Set(arms.flatMap(({ targetBandwidth }) => targetBandwidth ?? []))];
  return { data, layout: { ...layout, ...targetLines(targets, input.theme, scale) } };
}

/** An arm with a target, or one of a user's own rule, which has none, that has sent something. */
function isSending({ name, targetBandwidth }: PlotArm, runs: ComparisonInput["runs"]): boolean {
  if (targetBandwidth !== null) return targetBandwidth > 0;
  return runs.some(({ arm, rows }) =>
    arm === name && seriesOf(rows, BANDWIDTH_METRIC).values.some((sent) => sent > 0)
  );
}

function targetLines(targets: readonly number[], theme: Theme, scale: "linear" | "log"): Partial<Layout> {
  return {
    shapes: targets.map((target) => ({
      type: "line",
      xref: "paper",
      yref: "y",
      x0: 0,
      x1: 1,
      y0: target,
      y1: target,
      layer: "below",
      line: { color: theme.reference, width: 1.5, dash: "dot" },
    })),
    annotations: targets.map((target) => ({
      text: `target ${target}`,
      xref: "paper",
      yref: "y",
      // below the line at the left, where selectors whose window is still short send more than they should
      x: 0.005,
      // Plotly takes annotation positions on a logarithmic axis as exponents, shapes as values.
      y: scale === "log" ? Math.log10(target) : target,
      xanchor: "left",
      yanchor: "top",
      showarrow: false,
      font: { size: 12, color: theme.muted },
    })),
  };
}
