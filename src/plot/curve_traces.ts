import { BOOTSTRAP } from "relay/stats/bootstrap.ts";
import { curveBand } from "relay/stats/curve_band.ts";
import { seriesOf } from "relay/stats/run_series.ts";
import type { Trace } from "relay/plot/figure.ts";
import type { ComparisonInput, PlotArm, SeededRun } from "relay/plot/comparison_input.ts";
import { finiteSeries } from "relay/plot/finite_series.ts";
import { plotlyText } from "relay/plot/plotly_text.ts";
import { type ArmStyle, armStyles } from "relay/plot/theme.ts";

/** Which curves, and how a run's values become one. */
export interface CurveOptions {
  readonly metric: string;
  readonly statistic: (values: Float64Array) => number;
  /** d3 format of the hover box, such as ",.1f". */
  readonly format: string;
  /** Values below it become a gap in curves and the border of bands; for logarithmic axes. */
  readonly lowest?: number;
}

/** Pointwise bands need fewer resamples than a table's intervals: their edges are drawn one pixel wide. */
const BAND = Object.freeze({ ...BOOTSTRAP, resamples: 1000 });

/** Curves of more points are drawn without markers. */
const MOST_MARKERS = 25;

/**
 * For each arm with runs: a band (95 % bootstrap interval over runs, pointwise), the single runs as thin lines, and the
 * curve of the statistic on top. Values that are not finite are gaps in a run and end no band.
 */
export function curveTraces(input: ComparisonInput, options: CurveOptions): Trace[] {
  const styles = armStyles(input.arms.map(({ name }) => name));
  const layers: Trace[][] = [[], [], []];
  for (const arm of input.arms) {
    const runs = input.runs.filter((run) => run.arm === arm.name);
    const traces = armTraces(input, { arm, runs, style: styles.get(arm.name)! }, options);
    traces.forEach((some, layer) => layers[layer]!.push(...some));
  }
  return layers.flat();
}

interface ArmRuns {
  readonly arm: PlotArm;
  readonly runs: readonly SeededRun[];
  readonly style: ArmStyle;
}

/** The three layers of one arm, from back to front. */
function armTraces(input: ComparisonInput, { arm, runs, style }: ArmRuns, options: CurveOptions): Trace[][] {
  const series = runs.map((run) => finiteSeries(seriesOf(run.rows, options.metric)));
  if (!series.some(({ values }) => values.length > 0)) return [];
  const colors = input.theme.arms[style.color]!;
  const label = plotlyText(arm.label);
  const common = { type: "scatter", mode: "lines", name: label, legendgroup: arm.name } as const;
  const band = curveBand(series, options.statistic, {
    ...BAND,
    stream: input.stream.fork(`band/${input.arms.indexOf(arm)}`),
  });
  const lowest = options.lowest ?? -Infinity;
  const gapped = (values: readonly number[]) =>
    Float64Array.from(values, (value) => value < lowest ? NaN : value);
  const shown = band.envSteps.map((_, i) => i).filter((i) => band.estimate[i]! >= lowest);
  const bandTrace: Trace = {
    ...common,
    meta: { arm: arm.name, role: "band" },
    showlegend: false,
    x: Int32Array.from([...shown, ...shown.toReversed()], (i) => band.envSteps[i]!),
    y: Float64Array.from([
      ...shown.map((i) => band.high[i]!),
      ...shown.toReversed().map((i) => Math.max(band.low[i]!, lowest)),
    ]),
    line: { width: 0, color: colors.band },
    fill: "toself",
    fillcolor: colors.band,
    hoverinfo: "skip",
  };
  const runTraces = series.map(({ envSteps, values }): Trace => ({
    ...common,
    meta: { arm: arm.name, role: "run" },
    showlegend: false,
    x: Int32Array.from(envSteps),
    y: gapped(values),
    line: { width: 1, color: colors.line },
    opacity: 0.4,
    hoverinfo: "skip",
  }));
  const curve: Trace = {
    ...common,
    mode: band.envSteps.length > MOST_MARKERS ? "lines" : "lines+markers",
    meta: { arm: arm.name, role: "curve" },
    showlegend: true,
    x: Int32Array.from(band.envSteps),
    y: gapped(band.estimate),
    line: { width: 2.5, color: colors.line, dash: style.dash },
    marker: { color: colors.line, size: 6, symbol: style.symbol },
    customdata: band.low.map((low, i) => [low, band.high[i]!]),
    hovertemplate:
      `${label}  %{y:${options.format}}  [%{customdata[0]:${options.format}}, %{customdata[1]:${options.format}}]<extra></extra>`,
  };
  return [[bandTrace], runTraces, [curve]];
}
