import type { ArmSummary } from "relay/notebook/tables/arm_summary.ts";
import { brackets, fixed, fraction } from "relay/notebook/format.ts";
import { html, type Markup } from "relay/notebook/html.ts";

/** Ids of the figures; the page's script draws the JSON of `data-<id>` into `plot-<id>`. */
export const FIGURE_IDS = Object.freeze(["learning", "final", "bandwidth", "td"] as const);

type FigureId = (typeof FIGURE_IDS)[number];

/** The four figures, each with a caption that says what is drawn and a description for readers who do not see it. */
export function figuresSection(arms: readonly ArmSummary[]): Markup {
  const finals = describe(
    arms,
    ({ finalIqm }) => finalIqm && `${fixed(finalIqm.estimate, 1)} ${brackets(finalIqm, 1)}`,
  );
  const sent = describe(arms, ({ bandwidth }) => bandwidth === null ? null : fraction(bandwidth));
  return html`<section id="learning" aria-labelledby="learning-title">
<h2 id="learning-title">Learning curves</h2>
<div class="controls" role="group" aria-label="Parts of the curves">
<label><input type="checkbox" data-role="band" checked> 95 % intervals</label>
<label><input type="checkbox" data-role="run" checked> single seeds</label>
</div>
${figure("learning", `Learning curves. Final interquartile means: ${finals}.`)}
<p class="caption">Undiscounted return of the team in greedy evaluation episodes. Line: interquartile mean over seeds; band: 95 % bootstrap interval at each step; thin lines: the seeds.</p>
</section>
<section id="final" aria-labelledby="final-title">
<h2 id="final-title">Final returns</h2>
${figure("final", `Final return of every seed. Interquartile means: ${finals}.`)}
<p class="caption">Mean of the evaluations in the last tenth of a run. Large marker: interquartile mean with its interval; small points: one seed each; dotted: the interquartile mean of “${
    arms[0]?.arm.label ?? ""
  }”.</p>
</section>
<section id="bandwidth" aria-labelledby="bandwidth-title">
<h2 id="bandwidth-title">Realised bandwidth</h2>
${figure("bandwidth", `Realised bandwidth over time, logarithmic. Means over the run: ${sent}.`)}
<p class="caption">Transitions sent / transitions collected since the last report, mean over agents and seeds, on a logarithmic axis. Dotted: targets. Reports below 0.001 are gaps.</p>
</section>
<section id="td" aria-labelledby="td-title">
<h2 id="td-title">TD errors</h2>
${figure("td", "Mean absolute TD error of fresh transitions over time, one curve an arm.")}
<p class="caption">Mean absolute TD error of freshly collected transitions, mean over agents and seeds: the quantity that selective sharing ranks by.</p>
</section>`;
}

function figure(id: FigureId, description: string): Markup {
  return html`<div class="plot ${id}" id="plot-${id}" role="img" aria-label="${description}"></div>`;
}

function describe(arms: readonly ArmSummary[], value: (arm: ArmSummary) => string | null): string {
  return arms.flatMap((arm) => {
    const text = value(arm);
    return text === null ? [] : [`${arm.arm.label} ${text}`];
  }).join("; ");
}
