import type { Axis, Layout } from "relay/plot/figure.ts";
import { FONT_FAMILY, type Theme } from "relay/plot/theme.ts";

/** Axis titles (unit included) and what differs from the plain axes. */
export interface AxisOptions {
  readonly xTitle: string;
  readonly yTitle: string;
  readonly x?: Axis;
  readonly y?: Axis;
}

/** The layout that all figures share: quiet horizontal grid, legend above, one hover box for all curves. */
export function baseLayout(theme: Theme, { xTitle, yTitle, x, y }: AxisOptions): Layout {
  const axis: Axis = {
    automargin: true,
    linecolor: theme.axis,
    tickcolor: theme.axis,
    gridcolor: theme.grid,
    zeroline: false,
    ticks: "outside",
    tickfont: { size: 12, color: theme.muted },
  };
  const title = (text: string) => ({ text, standoff: 12, font: { size: 13, color: theme.muted } });
  return {
    font: { family: FONT_FAMILY, size: 13, color: theme.ink },
    paper_bgcolor: theme.paper,
    plot_bgcolor: theme.paper,
    colorway: theme.arms.map(({ line }) => line),
    height: 420,
    margin: { l: 56, r: 16, t: 16, b: 48 },
    xaxis: { ...axis, title: title(xTitle), showgrid: false, showline: true, ...x },
    yaxis: { ...axis, title: title(yTitle), ticks: "", zeroline: true, zerolinecolor: theme.axis, ...y },
    showlegend: true,
    legend: {
      orientation: "h",
      x: 0,
      y: 1.02,
      xanchor: "left",
      yanchor: "bottom",
      font: { size: 13, color: theme.ink },
      groupclick: "togglegroup",
      tracegroupgap: 0,
    },
    hovermode: "x unified",
    hoverlabel: { bgcolor: theme.paper, bordercolor: theme.axis, font: { size: 12, color: theme.ink } },
    separators: ".,",
  };
}

/** The axis of joint environment steps: 10k, 20k, … */
export const ENV_STEPS_AXIS: Axis = Object.freeze({
  tickformat: "~s",
  hoverformat: ",d",
  rangemode: "tozero",
  nticks: 7,
});
