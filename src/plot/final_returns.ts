import { BOOTSTRAP, bootstrapInterval, type Interval, oneTask } from "relay/stats/bootstrap.ts";
import { iqm } from "relay/stats/iqm.ts";
import { runScore } from "relay/stats/run_series.ts";
import { baseLayout } from "relay/plot/base_layout.ts";
import type { ComparisonInput, PlotArm } from "relay/plot/comparison_input.ts";
import type { Figure, Trace } from "relay/plot/figure.ts";
import { plotlyText } from "relay/plot/plotly_text.ts";
import { armStyles } from "relay/plot/theme.ts";

/** How far below its arm's interval the line of single runs lies, in rows. */
const RUNS_BELOW = 0.3;

/**
 * Final return of every run as a point, one line an arm, and above them the interquartile mean with its 95 % bootstrap
 * interval. A dotted line marks the baseline's (the first arm's) interquartile mean.
 */
export function finalReturns(input: ComparisonInput): Figure {
  const styles = armStyles(input.arms.map(({ name }) => name));
  const rows = input.arms.map((arm, i) => ({ arm, y: -i, ...armScores(input, arm) }));
  const data = rows.filter(({ scores }) => scores.length > 0).flatMap(
    ({ arm, y, seeds, scores, interval }) => {
      const style = styles.get(arm.name)!;
      const color = input.theme.arms[style.color]!.line;
      const label = plotlyText(arm.label);
      const common = {
        type: "scatter",
        mode: "markers",
        name: label,
        legendgroup: arm.name,
        showlegend: false,
      } as const;
      const points: Trace = {
        ...common,
        meta: { arm: arm.name, role: "run" },
        x: Float64Array.from(scores),
        y: Float64Array.from(scores, () => y - RUNS_BELOW),
        marker: { color, size: 7, symbol: "circle", opacity: 0.65 },
        customdata: seeds.map((seed) => [seed]),
        hovertemplate: `${label}, seed %{customdata[0]}: %{x:,.1f}<extra></extra>`,
      };
      const summary: Trace = {
        ...common,
        meta: { arm: arm.name, role: "summary" },
        x: Float64Array.of(interval!.estimate),
        y: Float64Array.of(y),
        marker: { color, size: 12, symbol: style.symbol, line: { color: input.theme.paper, width: 1.5 } },
        error_x: {
          type: "data",
          symmetric: false,
          array: Float64Array.of(interval!.high - interval!.estimate),
          arrayminus: Float64Array.of(interval!.estimate - interval!.low),
          color,
          thickness: 2.5,
          width: 7,
        },
        customdata: [[interval!.low, interval!.high, scores.length]],
        hovertemplate:
          `${label}: %{x:,.1f}  [%{customdata[0]:,.1f}, %{customdata[1]:,.1f}], n = %{customdata[2]}<extra></extra>`,
      };
      return [points, summary];
    },
  );
  const layout = baseLayout(input.theme, {
    xTitle: "final team return in evaluations",
    yTitle: "",
    x: { showgrid: true, hoverformat: ",.1f" },
    y: {
      tickvals: rows.map(({ y }) => y),
      ticktext: rows.map(({ arm }) => plotlyText(arm.label)),
      tickfont: { size: 13, color: input.theme.ink },
      range: [-input.arms.length + 0.3, 0.55],
      showgrid: false,
      zeroline: false,
      fixedrange: true,
    },
  });
  const baseline = rows[0]?.interval?.estimate;
  return {
    data,
    layout: {
      ...layout,
      height: 70 + 66 * input.arms.length,
      showlegend: false,
      hovermode: "closest",
      shapes: baseline === undefined ? [] : [{
        type: "line",
        xref: "x",
        yref: "paper",
        x0: baseline,
        x1: baseline,
        y0: 0,
        y1: 1,
        layer: "below",
        line: { color: input.theme.reference, width: 1.5, dash: "dot" },
      }],
    },
  };
}

function armScores(
  input: ComparisonInput,
  arm: PlotArm,
): { seeds: number[]; scores: number[]; interval?: Interval } {
  const runs = input.runs.filter((run) => run.arm === arm.name);
  const scores = runs.map((run) => runScore(run, "final"));
  if (scores.length === 0) return { seeds: [], scores };
  const options = { ...BOOTSTRAP, stream: input.stream.fork(`final/${input.arms.indexOf(arm)}`) };
  return {
    seeds: runs.map(({ seed }) => seed),
    scores,
    interval: bootstrapInterval(oneTask(scores), iqm, options),
  };
}
