import { flattenJson } from "relay/notebook/tables/flatten_json.ts";
import { html, type Markup } from "relay/notebook/html.ts";
import type { PageInput } from "relay/notebook/tables/page_input.ts";

/** What was compared and with which settings: the arms, the difference from the paper, the whole config. */
export function setupSection({ arms, config, paperConfig, preset }: PageInput): Markup {
  return html`<section id="setup" aria-labelledby="setup-title">
<h2 id="setup-title">What was run</h2>
<dl class="arms">${
    arms.map(({ label, description }) =>
      html`
        <dt>${label}</dt>
        <dd>${description}</dd>
      `
    )
  }</dl>
${paperConfig ? differences(config, paperConfig) : null}
<details><summary>Preset “${preset}” in full</summary><pre tabindex="0">${
    JSON.stringify(config, null, 2)
  }</pre></details>
</section>`;
}

function differences(config: unknown, paperConfig: unknown): Markup {
  const here = flattenJson(config);
  const paper = flattenJson(paperConfig);
  const paths = [...new Set([...paper.keys(), ...here.keys()])].filter((path) =>
    here.get(path) !== paper.get(path)
  );
  if (paths.length === 0) return html`<p>Every setting is the paper’s.</p>`;
  return html`
    <h3 id="differences-title">Settings that differ from the paper’s</h3>
    <div class="scroll" role="region" aria-labelledby="differences-title" tabindex="0">
      <table>
        <thead>
          <tr>
            <th scope="col">Setting</th>
            <th scope="col">Paper</th>
            <th scope="col">Here</th>
          </tr>
        </thead>
        <tbody>${paths.map((path) =>
          html`
            <tr>
              <th scope="row"><code>${path}</code></th>
              <td><code>${paper.get(path) ?? "–"}</code></td>
              <td><code>${here.get(path) ?? "–"}</code></td>
            </tr>
          `
        )}</tbody>
      </table>
    </div>
  `;
}
