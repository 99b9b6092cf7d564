import { atCommonSteps } from "relay/stats/common_steps.ts";
import { seriesOf } from "relay/stats/run_series.ts";
import type { ComparisonInput } from "relay/plot/comparison_input.ts";
import type { CurveOptions } from "relay/plot/curve_traces.ts";
import type { Trace } from "relay/plot/figure.ts";
import { finiteSeries } from "relay/plot/finite_series.ts";
import { armStyles } from "relay/plot/theme.ts";

/** Name of the recorded curves in legends, which switches all of them. */
const RECORDED = "recorded";

/**
 * The recorded runs of each arm as one thin dotted line in the arm's colour, to be drawn before everything else: what has been
 * trained now lies over them.
 */
export function recordedTraces(
  { arms, recorded = [], theme }: ComparisonInput,
  { metric, statistic }: Pick<CurveOptions, "metric" | "statistic">,
): Trace[] {
  const styles = armStyles(arms.map(({ name }) => name));
  const curves = arms.flatMap(({ name }) => {
    const runs = recorded.filter(({ arm }) => arm === name);
    const { envSteps, values } = atCommonSteps(runs.map(({ rows }) => finiteSeries(seriesOf(rows, metric))));
    return envSteps.length === 0 ? [] : [{ name, envSteps, values }];
  });
  return curves.map(({ name, envSteps, values }, i) => ({
    type: "scatter",
    mode: "lines",
    name: RECORDED,
    legendgroup: RECORDED,
    showlegend: i === 0,
    legendrank: 2000,
    meta: { arm: name, role: "recorded" },
    x: Int32Array.from(envSteps),
    y: Float64Array.from(values, statistic),
    line: { width: 1.5, color: theme.arms[styles.get(name)!.color]!.line, dash: "dot" },
    opacity: 0.7,
    hoverinfo: "skip",
  }));
}
