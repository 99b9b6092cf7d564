import type { ArmSummary } from "relay/notebook/tables/arm_summary.ts";
import { brackets, bytes, fixed, fraction } from "relay/notebook/format.ts";
import { type Content, html, type Markup } from "relay/notebook/html.ts";

/** Every number of the comparison, one row an arm. */
export function statisticsSection(arms: readonly ArmSummary[]): Markup {
  const baseline = arms[0]?.arm.label ?? "";
  return html`
    <section id="statistics" aria-labelledby="statistics-title">
      <h2 id="statistics-title">Statistics</h2>
      <div class="scroll" role="region" aria-labelledby="statistics-title" tabindex="0">
        <table class="numbers">
          <thead>
            <tr>
              <th scope="col">Arm</th>
              <th scope="col">Seeds</th>
              <th scope="col">Final return, IQM</th>
              <th scope="col">Final, mean</th>
              <th scope="col">Mean over training</th>
              <th scope="col">P(better than ${baseline})</th>
              <th scope="col">p</th>
              <th scope="col">Sent</th>
              <th scope="col">Target</th>
              <th scope="col">Traffic</th>
            </tr>
          </thead>
          <tbody>${arms.map(row)}</tbody>
        </table>
      </div>
      <p
        class="caption">Brackets: 95 % percentile bootstrap over seeds. IQM: interquartile mean (with fewer than four seeds, the mean). Mean over training: area under the learning curve divided by its length. P: probability that a seed of the arm ends above a seed of ${baseline}, ties one half; p: one-sided, the share of all ways to relabel the seeds that do as well. Sent: transitions sent / collected over the whole run. Traffic: bytes sent in a run, over all senders and receivers.</p>
    </section>
  `;
}

function row(
  { arm, runs, finalIqm, finalMean, auc, improvement, bandwidth, bytes: sent }: ArmSummary,
): Markup {
  return html`<tr><th scope="row">${arm.label}</th>${[
    cell(runs.length),
    cell(finalIqm && [fixed(finalIqm.estimate, 1), range(brackets(finalIqm, 1))]),
    cell(finalMean && [fixed(finalMean.estimate, 1), range(brackets(finalMean, 1))]),
    cell(auc && [fixed(auc.estimate, 1), range(brackets(auc, 1))]),
    cell(improvement && [fixed(improvement.estimate, 2), range(brackets(improvement, 2))]),
    cell(improvement && fixed(improvement.p, 3)),
    cell(bandwidth !== null && fraction(bandwidth)),
    cell(arm.targetBandwidth !== null && String(arm.targetBandwidth)),
    cell(sent !== null && bytes(sent)),
  ]}</tr>`;
}

function range(text: string): Markup {
  return html`
    <span class="range">${text}</span>
  `;
}

function cell(content: Content): Markup {
  return html`<td>${content === null || content === false ? "–" : content}</td>`;
}
