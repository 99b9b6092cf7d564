import { baseLayout } from "relay/plot/base_layout.ts";
import type { Figure, Trace } from "relay/plot/figure.ts";
import { logTicks } from "relay/plot/log_ticks.ts";
import type { Theme } from "relay/plot/theme.ts";
import type { Decisions } from "relay/share/decide.ts";

/** Which agent's decisions, and what they are called. */
export interface SelectionInput {
  readonly decisions: Decisions;
  /** Index of the agent; 0 unless given. */
  readonly agent?: number;
  readonly theme: Theme;
}

/** |δ| of one agent over time with what is sent marked, beside the threshold of the paper's quantile rule. */
export function selection({ decisions, agent = 0, theme }: SelectionInput): Figure {
  const own = decisions.agents[agent];
  if (!own) {
    throw new RangeError(
      `Cannot draw agent ${agent}: expected an index below ${decisions.agents.length}`,
    );
  }
  const { absTdErrors, sent, quantiles } = own;
  const { fragmentLength: F, quantileBandwidth } = decisions;
  const isSent = new Uint8Array(absTdErrors.length);
  for (const t of sent) isSent[t] = 1;
  const kept = Int32Array.from([...absTdErrors.keys()].filter((t) => !isSent[t]));
  const percent = absTdErrors.length > 0 ? 100 * sent.length / absTdErrors.length : 0;
  const marks = (which: Int32Array) => ({
    type: "scatter" as const,
    mode: "markers" as const,
    showlegend: true,
    x: which.map((t) => t + 1),
    y: Float32Array.from(which, (t) => absTdErrors[t]!),
  });
  const [grey, blue] = theme.arms as [Theme["arms"][number], Theme["arms"][number]];
  const data: Trace[] = [{
    ...marks(kept),
    name: "kept",
    meta: { arm: "kept", role: "run" },
    marker: { color: grey.line, size: 4, symbol: "circle", opacity: 0.45 },
    hovertemplate: "step %{x:,d}: |δ| %{y:.3g}, kept<extra></extra>",
  }, {
    ...marks(sent),
    name: `sent (${percent.toFixed(1)} %)`,
    meta: { arm: "sent", role: "summary" },
    marker: { color: blue.line, size: 7, symbol: "diamond", line: { color: theme.paper, width: 0.5 } },
    hovertemplate: "step %{x:,d}: |δ| %{y:.3g}, sent<extra></extra>",
  }, {
    type: "scatter",
    mode: "lines",
    name: `the paper's threshold at β = ${quantileBandwidth}`,
    meta: { arm: "quantile", role: "target" },
    showlegend: true,
    x: Int32Array.from(quantiles, (_, k) => k * F + 1),
    y: quantiles,
    line: { color: theme.ink, width: 1.5, shape: "hv" },
    hoverinfo: "skip",
  }];
  const [low, high] = rangeOf(absTdErrors);
  const layout = baseLayout(theme, {
    xTitle: "joint steps of the sample",
    yTitle: "|δ|, logarithmic",
    x: { tickformat: ",d", range: [0, absTdErrors.length + 1] },
    y: { type: "log", zeroline: false, range: [low, high], ...logTicks(10 ** low, 10 ** high) },
  });
  return { data, layout: { ...layout, height: 400, hovermode: "closest" } };
}

/** In exponents: from the lowest percent, so that a few tiny errors do not squeeze the rest, to above the largest. */
function rangeOf(absTdErrors: Float32Array): [number, number] {
  const sorted = absTdErrors.filter((value) => value > 0).toSorted();
  if (sorted.length === 0) return [-2, 0];
  const low = Math.log10(sorted[Math.floor(0.01 * sorted.length)]!);
  const high = Math.log10(sorted.at(-1)!);
  return [low, high + 0.06 * Math.max(high - low, 0.5)];
}
