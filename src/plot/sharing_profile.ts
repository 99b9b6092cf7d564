import { baseLayout } from "relay/plot/base_layout.ts";
import type { Figure, Trace } from "relay/plot/figure.ts";
import { plotlyText } from "relay/plot/plotly_text.ts";
import { armStyles, type Theme } from "relay/plot/theme.ts";
import { pooledProfile, type ProfileBin } from "relay/stats/sharing_profile.ts";

/** The profiles of one way of sharing. */
export interface ProfiledArm {
  readonly name: string;
  readonly label: string;
  /** One a run, all with the same ranges. */
  readonly runs: readonly (readonly ProfileBin[])[];
}

/** What one figure of profiles is made from. */
export interface SharingProfileInput {
  readonly arms: readonly ProfiledArm[];
  /** Names of all arms of the comparison, so that each has its usual colour. */
  readonly allArms: readonly string[];
  /** The property that the ranges are of, with its unit. */
  readonly xTitle: string;
  readonly theme: Theme;
}

/**
 * Which fraction of the transitions of each range was sent: a line an arm over all of its runs, a point a run. A range without
 * transitions is a gap.
 */
export function sharingProfile({ arms, allArms, xTitle, theme }: SharingProfileInput): Figure {
  const styles = armStyles(allArms);
  const labels = arms[0]?.runs[0]?.map(({ label }) => label) ?? [];
  const data = arms.flatMap(({ name, label, runs }): Trace[] => {
    const style = styles.get(name)!;
    const color = theme.arms[style.color]!.line;
    const text = plotlyText(label);
    const pooled = pooledProfile(runs);
    const common = { type: "scatter", name: text, legendgroup: name } as const;
    return [{
      ...common,
      mode: "markers",
      meta: { arm: name, role: "run" },
      showlegend: false,
      x: Int32Array.from(runs.flatMap((bins) => [...bins.keys()])),
      y: Float64Array.from(runs.flatMap((bins) => bins.map(fractionSent))),
      marker: { color, size: 5, symbol: "circle", opacity: 0.5 },
      hoverinfo: "skip",
    }, {
      ...common,
      mode: "lines+markers",
      meta: { arm: name, role: "summary" },
      showlegend: true,
      x: Int32Array.from(pooled.keys()),
      y: Float64Array.from(pooled, fractionSent),
      line: { color, width: 2, dash: style.dash },
      marker: { color, size: 8, symbol: style.symbol },
      customdata: pooled.map(({ label, sent, collected }) => [plotlyText(label), sent, collected]),
      hovertemplate:
        `${text}, %{customdata[0]}: %{y:.1%} sent (%{customdata[1]:,d} of %{customdata[2]:,d})<extra></extra>`,
    }];
  });
  const layout = baseLayout(theme, {
    xTitle,
    yTitle: "fraction sent",
    x: { tickvals: [...labels.keys()], ticktext: labels.map(inTwoLines), range: [-0.5, labels.length - 0.5] },
    y: { rangemode: "tozero", tickformat: ".0%" },
  });
  return { data, layout: { ...layout, height: 300, hovermode: "closest" } };
}

function fractionSent({ sent, collected }: ProfileBin): number {
  return collected > 0 ? sent / collected : NaN;
}

/** Long ranges side by side would be turned askew. */
function inTwoLines(label: string): string {
  return plotlyText(label).replace(" to ", "<br>to ");
}
