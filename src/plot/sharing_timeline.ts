import { baseLayout, ENV_STEPS_AXIS } from "relay/plot/base_layout.ts";
import type { Figure, Trace } from "relay/plot/figure.ts";
import { plotlyText } from "relay/plot/plotly_text.ts";
import type { Theme } from "relay/plot/theme.ts";
import type { SharingBin } from "relay/share/sharing_bins.ts";

/** What the timeline is made from. */
export interface SharingTimelineInput {
  /** Names of the N agents. */
  readonly agents: readonly string[];
  /** Agent after agent, in order of time. */
  readonly bins: readonly SharingBin[];
  /** Indices of the agents that send and receive. */
  readonly team: readonly number[];
  readonly theme: Theme;
}

const ROW_PIXELS = 34;
/** The tallest bar and the least that is still seen, in rows. */
const TALLEST = 0.82;
const LEAST = 0.06;

/**
 * From blue over magenta to orange, with rising lightness; every colour has a contrast of at least 3 : 1 with white and with the dark
 * paper, which a test computes.
 */
export const ERROR_COLORS: readonly (readonly [number, string])[] = Object.freeze([
  [0, "#3367d6"],
  [0.35, "#8a4fc4"],
  [0.65, "#d0437f"],
  [1, "#e2711d"],
]);

/**
 * Who sent how much when: a row an agent, a bar a stretch of time, its height the transitions sent, its colour their mean |δ|.
 * Bars, as their width follows the page's: marks of so many pixels would overlap on a telephone.
 */
export function sharingTimeline({ agents, bins, team, theme }: SharingTimelineInput): Figure {
  const marked = bins.filter(({ sent }) => sent > 0);
  const most = Math.max(1, ...marked.map(({ sent }) => sent));
  const errors = marked.map(({ meanAbsTdError }) => meanAbsTdError);
  const [least, largest] = errors.length > 0 ? [Math.min(...errors), Math.max(...errors)] : [0, 1];
  const range: readonly [number, number] = [least, largest > least ? largest : least + 1];
  const bars = team.map((agent): Trace => {
    const own = marked.filter((bin) => bin.agent === agent);
    const name = plotlyText(agents[agent]!);
    return {
      type: "bar",
      name,
      meta: { arm: agents[agent]!, role: "summary" },
      showlegend: false,
      x: Float64Array.from(own, ({ firstEnvStep, lastEnvStep }) => (firstEnvStep - 1 + lastEnvStep) / 2),
      y: Float64Array.from(own, ({ sent }) => -Math.max(LEAST, TALLEST * sent / most)),
      base: new Float64Array(own.length).fill(team.indexOf(agent)),
      width: Float64Array.from(own, ({ collected }) => collected),
      marker: {
        // not by the colour axis: Plotly 3 warns of every bar whose colour is a number
        color: own.map(({ meanAbsTdError }) => errorColor(meanAbsTdError, range)),
        line: { color: theme.paper, width: 0.5 },
      },
      customdata: own.map(({ firstEnvStep, lastEnvStep, sent, collected, meanReward, meanAbsTdError }) => [
        firstEnvStep,
        lastEnvStep,
        sent,
        collected,
        sent / collected,
        meanReward,
        Number(meanAbsTdError.toPrecision(4)),
      ]),
      hovertemplate:
        `<b>${name}</b>, steps %{customdata[0]:,d}–%{customdata[1]:,d}<br>sent %{customdata[2]:,d} of %{customdata[3]:,d} ` +
        `(%{customdata[4]:.1%}) to ${
          receiversOf(agent, team)
        }<br>mean |δ| %{customdata[6]:.3g}, mean reward ` +
        `%{customdata[5]:.2f}<extra></extra>`,
    };
  });
  const lastEnvStep = Math.max(1, ...bins.map((bin) => bin.lastEnvStep));
  const layout = baseLayout(theme, {
    xTitle: "joint environment steps",
    yTitle: "",
    x: { ...ENV_STEPS_AXIS, range: [-0.01 * lastEnvStep, 1.01 * lastEnvStep] },
    y: {
      tickvals: team.map((_, row) => row),
      ticktext: team.map((agent) => plotlyText(agents[agent]!)),
      // from the bars' foot to their middle
      ticklabelshift: Math.round(ROW_PIXELS * TALLEST / 2),
      range: [team.length - 0.75, -1],
      showgrid: true,
      zeroline: false,
      fixedrange: true,
    },
  });
  return {
    data: [...bars, colorBar(range)],
    layout: {
      ...layout,
      height: 108 + ROW_PIXELS * Math.max(team.length, 2),
      showlegend: false,
      barmode: "overlay",
      hovermode: "closest",
      coloraxis: {
        cmin: range[0],
        cmax: range[1],
        colorscale: ERROR_COLORS,
        colorbar: {
          title: { text: "mean |δ| sent", side: "top", font: { size: 12, color: theme.muted } },
          orientation: "h",
          thickness: 10,
          outlinewidth: 0,
          tickfont: { size: 12, color: theme.muted },
          ticks: "",
          nticks: 4,
          tickangle: 0,
          x: 1,
          xanchor: "right",
          y: 1.02,
          yanchor: "bottom",
          ypad: 2,
          len: 0.45,
        },
      },
    },
  };
}

/** Draws nothing but the colour axis' bar. */
function colorBar([least]: readonly [number, number]): Trace {
  return {
    type: "scatter",
    mode: "markers",
    name: "",
    meta: { arm: "mean |δ| sent", role: "summary" },
    showlegend: false,
    hoverinfo: "skip",
    x: Float64Array.of(NaN),
    y: Float64Array.of(NaN),
    marker: { color: [least], coloraxis: "coloraxis" },
  };
}

/** The colour of the colour axis at a value. */
function errorColor(value: number, [least, largest]: readonly [number, number]): string {
  const at = (value - least) / (largest - least);
  const upper = Math.max(1, ERROR_COLORS.findIndex(([fraction]) => fraction >= at));
  const [[from, low], [to, high]] = [ERROR_COLORS[upper - 1]!, ERROR_COLORS[upper]!];
  const part = (at - from) / (to - from);
  const channels = [1, 3, 5].map((digit) => {
    const [a, b] = [low, high].map((color) => parseInt(color.slice(digit, digit + 2), 16));
    return Math.round(a! + (b! - a!) * part).toString(16).padStart(2, "0");
  });
  return `#${channels.join("")}`;
}

/** "agents 0–2, 4–7": the team but the sender. */
function receiversOf(sender: number, team: readonly number[]): string {
  const others = team.filter((agent) => agent !== sender);
  const runs: [number, number][] = [];
  for (const agent of others) {
    const last = runs.at(-1);
    if (last && last[1] === agent - 1) last[1] = agent;
    else runs.push([agent, agent]);
  }
  const texts = runs.map(([first, last]) => first === last ? String(first) : `${first}–${last}`);
  return `${others.length === 1 ? "agent" : "agents"} ${texts.join(", ")}`;
}
