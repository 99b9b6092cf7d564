import { flattenJson } from "relay/notebook/tables/flatten_json.ts";
import { counted, duration, whole } from "relay/notebook/format.ts";
import { html, type Markup } from "relay/notebook/html.ts";
import { lastStep } from "relay/notebook/page/summary_section.ts";
import type { PageArm, PageInput, PageRun } from "relay/notebook/tables/page_input.ts";

/** Every run, and its manifest: first what all runs share, then what sets each apart. */
export function runsSection({ runs, arms }: PageInput): Markup {
  const leaves = runs.map(({ manifest }) => flattenJson(manifest));
  const paths = [...new Set(leaves.flatMap((manifest) => [...manifest.keys()]))];
  const shared = paths.filter((path) =>
    leaves.every((manifest) => manifest.get(path) === leaves[0]!.get(path))
  );
  const own = paths.filter((path) => !shared.includes(path) && path !== "runId");
  return html`<section id="runs" aria-labelledby="runs-title">
<h2 id="runs-title">Runs and versions</h2>
<details><summary>${counted(runs.length, "run")}</summary>
<div class="scroll" role="region" aria-label="Runs" tabindex="0"><table class="numbers">
<thead><tr><th scope="col">Run</th><th scope="col" class="word">Arm</th><th scope="col">Seed</th><th scope="col">Env steps</th><th scope="col">Updates</th><th scope="col">Working time</th></tr></thead>
<tbody>${runs.map((run) => runRow(run, arms))}</tbody></table></div></details>
<details><summary>Manifest shared by all runs: versions, hardware, settings</summary>
<div class="scroll" role="region" aria-label="Manifest shared by all runs" tabindex="0"><table>
<tbody>${
    shared.map((path) =>
      html`
        <tr>
          <th scope="row"><code>${path}</code></th>
          <td><code>${leaves[0]!.get(path)!}</code></td>
        </tr>
      `
    )
  }</tbody></table></div></details>
${
    own.length > 0 && html`
      <details>
        <summary>Manifest of each run: where they differ</summary>
        <div class="scroll" role="region" aria-label="Manifest of each run" tabindex="0">
          <table class="wide">
            <thead>
              <tr><th scope="col">Run</th>${own.map((path) =>
                html`<th scope="col"><code>${path}</code></th>`
              )}</tr>
            </thead>
            <tbody>${runs.map((run, i) =>
              html`<tr><th scope="row">${run.runId}</th>${
                own.map((path) => html`<td><code>${leaves[i]!.get(path) ?? "–"}</code></td>`)
              }</tr>`
            )}</tbody>
          </table>
        </div>
      </details>
    `
  }
</section>`;
}

function runRow(run: PageRun, arms: readonly PageArm[]): Markup {
  const last = (field: "updates" | "elapsedMs") =>
    run.rows.reduce((most, row) => Math.max(most, row[field]), 0);
  return html`
    <tr>
      <th scope="row">${run.runId}</th>
      <td class="word">${arms.find(({ name }) => name === run.arm)?.label ?? run.arm}</td>
      <td>${run.seed}</td>
      <td>${whole(lastStep(run))}</td>
      <td>${whole(last("updates"))}</td>
      <td>${duration(last("elapsedMs"))}</td>
    </tr>
  `;
}
