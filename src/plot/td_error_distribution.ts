import { baseLayout } from "relay/plot/base_layout.ts";
import type { Figure, Trace } from "relay/plot/figure.ts";
import { logTicks } from "relay/plot/log_ticks.ts";
import type { Theme } from "relay/plot/theme.ts";
import { quantileOfSorted } from "relay/stats/quantile_of_sorted.ts";

/** What the distribution is made from. */
export interface TdErrorDistributionInput {
  /** |δ| of every transition collected. */
  readonly collected: Float32Array;
  /** |δ| of those sent. */
  readonly sent: Float32Array;
  /** What |δ| is compared with, one an agent; empty where there is no such number. */
  readonly thresholds: readonly number[];
  /** What the thresholds are called. */
  readonly thresholdLabel?: string;
  readonly theme: Theme;
}

const BINS = 44;
/** The lowest of this fraction all count in the first bin: on a logarithmic axis they would fill half of it. */
const LOWEST = 0.005;

/** How |δ| is distributed, of what was collected and of what was sent, in equal steps of its logarithm. */
export function tdErrorDistribution(input: TdErrorDistributionInput): Figure {
  const { collected, sent, theme } = input;
  const edges = edgesOf(collected, sent);
  const all = countsOf(collected, edges);
  const chosen = countsOf(sent, edges);
  const outline = (counts: readonly number[]) => [0, ...counts, 0];
  const text = [...all.keys()].map((k) =>
    `${k === 0 ? "up to " : `${short(edges[k]!)}–`}${short(edges[k + 1]!)}`
  );
  const common = {
    type: "scatter",
    mode: "lines",
    showlegend: true,
    x: Float64Array.from([edges[0]!, ...edges]),
    customdata: ["", ...text, ""].map((range) => [range]),
    fill: "toself",
  } as const;
  const [grey, blue] = theme.arms as [Theme["arms"][number], Theme["arms"][number]];
  const data: Trace[] = [{
    ...common,
    name: "collected",
    meta: { arm: "collected", role: "summary" },
    y: Float64Array.from(outline(all)),
    line: { color: grey.line, width: 1.5, shape: "hv" },
    fillcolor: grey.band,
    hovertemplate: "|δ| %{customdata[0]}: %{y:,d} collected<extra></extra>",
  }, {
    ...common,
    name: "sent",
    meta: { arm: "sent", role: "summary" },
    y: Float64Array.from(outline(chosen)),
    line: { color: blue.line, width: 2, shape: "hv" },
    fillcolor: blue.band,
    hovertemplate: "|δ| %{customdata[0]}: %{y:,d} sent<extra></extra>",
  }, ...thresholdTraces(input, 1.05 * Math.max(...all, ...chosen, 1))];
  const layout = baseLayout(theme, {
    xTitle: "|δ|, logarithmic",
    yTitle: "transitions",
    x: {
      type: "log",
      ...logTicks(edges[0]!, edges.at(-1)!),
      range: [Math.log10(edges[0]!), Math.log10(edges.at(-1)!)],
    },
    y: { rangemode: "tozero", hoverformat: ",d", tickformat: ",d" },
  });
  return { data, layout: { ...layout, height: 360, hovermode: "closest" } };
}

/** A dotted line from bottom to top for each threshold. */
function thresholdTraces(
  { thresholds, thresholdLabel, theme }: TdErrorDistributionInput,
  top: number,
): Trace[] {
  const known = thresholds.filter((threshold) => threshold > 0).toSorted((a, b) => a - b);
  if (known.length === 0) return [];
  const [low, high] = [short(known[0]!), short(known.at(-1)!)];
  return [{
    type: "scatter",
    mode: "lines",
    name: `${thresholdLabel ?? "threshold"}: ${low === high ? low : `${low}–${high}`}`,
    meta: { arm: "threshold", role: "target" },
    showlegend: true,
    x: Float64Array.from(known.flatMap((threshold) => [threshold, threshold, NaN])),
    y: Float64Array.from(known.flatMap(() => [0, top, NaN])),
    line: { color: theme.reference, width: 1.2, dash: "dot" },
    hoverinfo: "skip",
  }];
}

function edgesOf(collected: Float32Array, sent: Float32Array): number[] {
  const sorted = Float64Array.from([...collected, ...sent].filter((value) => value > 0)).sort();
  if (sorted.length === 0) return Array.from({ length: BINS + 1 }, (_, k) => 0.01 * 10 ** (2 * k / BINS));
  const low = Math.log10(quantileOfSorted(sorted, LOWEST));
  const high = Math.max(Math.log10(sorted.at(-1)!), low + 0.1);
  return Array.from({ length: BINS + 1 }, (_, k) => 10 ** (low + (high - low) * k / BINS));
}

function countsOf(values: Float32Array, edges: readonly number[]): number[] {
  const counts = new Array<number>(edges.length - 1).fill(0);
  const low = Math.log10(edges[0]!);
  const step = (Math.log10(edges.at(-1)!) - low) / counts.length;
  for (const value of values) {
    const bin = Math.floor((Math.log10(value) - low) / step);
    counts[Math.min(Math.max(bin, 0), counts.length - 1)]!++;
  }
  return counts;
}

function short(value: number): string {
  return String(Number(value.toPrecision(2)));
}
