import { basename } from "node:path";
import { html, type Markup } from "relay/notebook/html.ts";
import type { Notebook } from "relay/notebook/notebook_file.ts";
import { cellViews } from "relay/notebook/page/cell_view.ts";
import { claimsSummary } from "relay/notebook/page/claims_view.ts";
import { contentsList } from "relay/notebook/page/contents_list.ts";
import { documentShell } from "relay/notebook/page/document_shell.ts";
import { PageParts } from "relay/notebook/page/page_parts.ts";
import { pageControls } from "relay/notebook/page/page_controls.ts";
import { splitTitle } from "relay/notebook/page/page_title.ts";
import { factParts, type RunFacts, runFacts } from "relay/notebook/page/run_facts.ts";
import { troubleBanner } from "relay/notebook/page/run_state.ts";

/** Where a notebook comes from. */
export interface ExportOptions {
  /** Path of the notebook: images stand relative to it. */
  readonly path: string;
}

/**
 * A notebook as one self-contained page: claims at the top, contents, text, code folded away, outputs drawn from their data. Nothing
 * of the notebook runs in it, whatever it holds.
 * @returns HTML text, about 1 MB with figures, 0.1 MB without
 */
export async function exportHtml(notebook: Notebook, { path }: ExportOptions): Promise<string> {
  const facts = runFacts(notebook);
  const { title, rest } = splitTitle(notebook, basename(path, ".ipynb"));
  const parts = new PageParts();
  const isCodeShown = facts.code === "shown";
  const cells = cellViews(rest, parts, { path, isCodeShown });
  const contents = contentsList(parts.headings.list, parts.claims.length > 0);
  const body = html`<a class="skip" href="#content">Skip to the content</a>
<div class="page">
<header>
<div class="eyebrow"><span>Relay · ${basename(path)}</span>${pageControls(parts, isCodeShown)}</div>
<h1>${title}</h1>
${factsLine(facts)}
</header>
${contents}
<main id="content">
${troubleBanner(rest)}
${parts.claims.length > 0 && claimsSummary(parts.claims)}
<p class="warning" id="plot-error" role="alert" hidden></p>
${cells}
${commandSection(facts)}
</main>
</div>`;
  return await documentShell({ title, body, blocks: parts.blocks, hasFigures: parts.hasFigures });
}

function factsLine(facts: RunFacts): Markup | null {
  const parameters = Object.entries(facts.parameters).map(([name, value]) => {
    const text = JSON.stringify(value) ?? "";
    return html`<span><code>${name} = ${text.slice(0, 80)}</code></span>`;
  });
  const words = factParts(facts).map((part) => html`<span>${part}</span>`);
  if (parameters.length + words.length === 0) return null;
  return html`<p class="facts">${[...words, ...parameters]}</p>`;
}

function commandSection({ command }: RunFacts): Markup | null {
  if (command === undefined) return null;
  return html`
    <section class="reproduce">
      <h2>How to run this again</h2>
      <pre tabindex="0">${command}</pre>
    </section>
  `;
}
