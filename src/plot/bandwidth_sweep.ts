import { BOOTSTRAP, bootstrapInterval, type Interval, oneTask } from "relay/stats/bootstrap.ts";
import { iqm } from "relay/stats/iqm.ts";
import { mean } from "relay/stats/mean.ts";
import { realisedBandwidth, runScore } from "relay/stats/run_series.ts";
import { baseLayout } from "relay/plot/base_layout.ts";
import type { ComparisonInput, PlotArm } from "relay/plot/comparison_input.ts";
import type { Figure, Trace } from "relay/plot/figure.ts";
import { logTicks } from "relay/plot/log_ticks.ts";
import { plotlyText } from "relay/plot/plotly_text.ts";

/** Final return and realised bandwidth of one arm's runs. */
interface Point {
  readonly arm: PlotArm;
  readonly seeds: readonly number[];
  readonly bandwidths: readonly number[];
  readonly scores: readonly number[];
  readonly interval: Interval;
}

/**
 * Final return against realised bandwidth, logarithmic, a point an arm with a target; the first arm, which shares nothing, as a line with
 * its band. A thin line from each point leads to the bandwidth that was asked for.
 * @param options `fromEnvSteps`: reports before it do not count for the realised bandwidth, while windows fill; 0 unless given
 */
export function bandwidthSweep(
  input: ComparisonInput,
  { fromEnvSteps = 0 }: { readonly fromEnvSteps?: number } = {},
): Figure {
  const { theme } = input;
  const points = input.arms.slice(1).filter(({ targetBandwidth }) => targetBandwidth !== null)
    .flatMap((arm) => pointOf(input, arm, fromEnvSteps))
    .toSorted((a, b) => mean(a.bandwidths) - mean(b.bandwidths));
  const all = points.flatMap(({ arm, bandwidths }) => [...bandwidths, arm.targetBandwidth!])
    .filter((bandwidth) => bandwidth > 0);
  const [low, high] = [Math.min(...all, 0.5) / 1.4, Math.max(...all, 0.5) * 1.4];
  const baseline = input.arms[0] && intervalOf(input, input.arms[0]);
  const layout = baseLayout(theme, {
    xTitle: "realised bandwidth (sent / collected)",
    yTitle: "final team return in evaluations",
    x: { type: "log", range: [Math.log10(low), Math.log10(high)], ...logTicks(low, high), showgrid: true },
    y: { hoverformat: ",.1f", zeroline: false },
  });
  return {
    data: [
      ...(baseline ? baselineTraces(input, baseline, [low, high]) : []),
      ...targetTraces(input, points),
      ...pointTraces(input, points),
    ],
    layout: { ...layout, hovermode: "closest" },
  };
}

function pointOf(input: ComparisonInput, arm: PlotArm, fromEnvSteps: number): Point[] {
  const runs = input.runs.filter((run) => run.arm === arm.name);
  const interval = intervalOf(input, arm);
  if (!interval) return [];
  return [{
    arm,
    seeds: runs.map(({ seed }) => seed),
    bandwidths: runs.map((run) => realisedBandwidth(run, fromEnvSteps)),
    scores: runs.map((run) => runScore(run, "final")),
    interval,
  }];
}

function intervalOf(input: ComparisonInput, arm: PlotArm): Interval | undefined {
  const scores = input.runs.filter((run) => run.arm === arm.name).map((run) => runScore(run, "final"));
  if (scores.length === 0) return undefined;
  const options = { ...BOOTSTRAP, stream: input.stream.fork(`sweep/${input.arms.indexOf(arm)}`) };
  return bootstrapInterval(oneTask(scores), iqm, options);
}

function baselineTraces(
  { arms, theme }: ComparisonInput,
  { estimate, low, high }: Interval,
  [from, to]: readonly [number, number],
): Trace[] {
  const arm = arms[0]!;
  const [grey] = theme.arms as [(typeof theme.arms)[number]];
  const common = {
    type: "scatter",
    mode: "lines",
    name: plotlyText(arm.label),
    legendgroup: arm.name,
  } as const;
  return [{
    ...common,
    meta: { arm: arm.name, role: "band" },
    showlegend: false,
    x: [from, to, to, from],
    y: [high, high, low, low],
    line: { width: 0, color: grey.band },
    fill: "toself",
    fillcolor: grey.band,
    hoverinfo: "skip",
  }, {
    ...common,
    meta: { arm: arm.name, role: "curve" },
    showlegend: true,
    x: [from, to],
    y: [estimate, estimate],
    line: { width: 2, color: grey.line, dash: "dash" },
    customdata: [[low, high], [low, high]],
    hovertemplate: `${
      plotlyText(arm.label)
    }: %{y:,.1f}  [%{customdata[0]:,.1f}, %{customdata[1]:,.1f}]<extra></extra>`,
  }];
}

/** From what was asked for to what was sent, at the height of the point. */
function targetTraces({ theme }: ComparisonInput, points: readonly Point[]): Trace[] {
  const common = { type: "scatter", meta: { arm: "target", role: "target" }, legendgroup: "target" } as const;
  return points.length === 0 ? [] : [{
    ...common,
    mode: "lines",
    name: "from target",
    showlegend: false,
    x: points.flatMap(({ arm, bandwidths }) => [arm.targetBandwidth!, mean(bandwidths), NaN]),
    y: points.flatMap(({ interval }) => [interval.estimate, interval.estimate, NaN]),
    line: { color: theme.reference, width: 1.5, dash: "dot" },
    hoverinfo: "skip",
  }, {
    ...common,
    mode: "markers",
    name: "target bandwidth",
    showlegend: true,
    x: points.map(({ arm }) => arm.targetBandwidth!),
    y: points.map(({ interval }) => interval.estimate),
    marker: {
      color: theme.reference,
      size: 13,
      symbol: "line-ns-open",
      line: { color: theme.reference, width: 2 },
    },
    hovertemplate: "target %{x:.3g}<extra></extra>",
  }];
}

function pointTraces({ theme }: ComparisonInput, points: readonly Point[]): Trace[] {
  const { line: color } = theme.arms[1]!;
  const common = { type: "scatter", legendgroup: "sweep" } as const;
  const seeds = points.flatMap(({ arm, seeds, bandwidths, scores }) =>
    scores.map((score, k) => ({ arm, seed: seeds[k]!, bandwidth: bandwidths[k]!, score }))
  );
  const shown = points.filter(({ bandwidths }) => mean(bandwidths) > 0);
  return [{
    ...common,
    mode: "markers",
    name: "single seeds",
    meta: { arm: "sweep", role: "run" },
    showlegend: true,
    x: Float64Array.from(seeds, ({ bandwidth }) => bandwidth),
    y: Float64Array.from(seeds, ({ score }) => score),
    marker: { color, size: 6, symbol: "circle", opacity: 0.5 },
    customdata: seeds.map(({ arm, seed }) => [plotlyText(arm.label), seed]),
    hovertemplate: "%{customdata[0]}, seed %{customdata[1]}: %{y:,.1f} at bandwidth %{x:.3g}<extra></extra>",
  }, {
    ...common,
    mode: "lines+markers",
    name: "interquartile mean, 95 % interval",
    meta: { arm: "sweep", role: "summary" },
    showlegend: true,
    x: Float64Array.from(shown, ({ bandwidths }) => mean(bandwidths)),
    y: Float64Array.from(shown, ({ interval }) => interval.estimate),
    line: { color, width: 2 },
    marker: { color, size: 10, symbol: "diamond", line: { color: theme.paper, width: 1.5 } },
    error_y: {
      type: "data",
      symmetric: false,
      array: Float64Array.from(shown, ({ interval }) => interval.high - interval.estimate),
      arrayminus: Float64Array.from(shown, ({ interval }) => interval.estimate - interval.low),
      color,
      thickness: 2,
      width: 6,
    },
    customdata: shown.map(({ arm, interval, scores }) => [
      plotlyText(arm.label),
      interval.low,
      interval.high,
      arm.targetBandwidth!,
      scores.length,
    ]),
    hovertemplate:
      "%{customdata[0]}: %{y:,.1f}  [%{customdata[1]:,.1f}, %{customdata[2]:,.1f}], n = %{customdata[4]}<br>" +
      "realised bandwidth %{x:.3g}, target %{customdata[3]:.3g}<extra></extra>",
  }];
}
