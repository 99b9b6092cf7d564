import { html, Markup } from "relay/notebook/html.ts";
import { type Cell, type CodeCell, hasTag, joined, type Notebook } from "relay/notebook/notebook_file.ts";
import { highlighted } from "relay/notebook/page/code_view.ts";
import { imageSource } from "relay/notebook/page/images.ts";
import { markdown } from "relay/notebook/page/markdown.ts";
import { mergedStreams } from "relay/notebook/page/merged_streams.ts";
import { outputView } from "relay/notebook/page/output_view.ts";
import type { PageParts } from "relay/notebook/page/page_parts.ts";
import { type Parameter, parametersOf, parametersTable } from "relay/notebook/page/parameters_view.ts";
import { cellId, cellNumber } from "relay/notebook/page/run_state.ts";

/** How cells are shown. */
export interface CellOptions {
  /** Where relative images start. */
  readonly path: string;
  readonly isCodeShown: boolean;
}

/** All cells in their order; tags of Jupyter Book say what is left out. */
export function cellViews({ cells }: Notebook, parts: PageParts, options: CellOptions): Markup[] {
  const injected = cells.find((cell): cell is CodeCell =>
    cell.cell_type === "code" && hasTag(cell, "injected-parameters")
  );
  const given = injected && parametersOf(injected);
  return cells.flatMap((cell, index) => {
    if (hasTag(cell, "remove-cell") || cell.cell_type === "raw") return [];
    if (cell.cell_type !== "code") return [textView(cell, parts, options)];
    if (given && cell === injected && cell.outputs.length === 0) return [];
    return [codeCellView(cell, { index, parts, given: given ?? [], isCodeShown: options.isCodeShown })];
  });
}

function textView(cell: Cell, { headings }: PageParts, { path }: CellOptions): Markup {
  return html`<div class="prose">${
    markdown(joined(cell.source), { headings, image: imageSource(cell, path) })
  }</div>`;
}

interface CodeCellOptions {
  readonly index: number;
  readonly parts: PageParts;
  /** What the run was told. */
  readonly given: readonly Parameter[];
  readonly isCodeShown: boolean;
}

function codeCellView(cell: CodeCell, { index, parts, given, isCodeShown }: CodeCellOptions): Markup {
  const outputs = hasTag(cell, "remove-output") ? [] : mergedStreams(cell.outputs);
  const views = outputs.flatMap((output) => outputView(output, cell, parts) ?? []);
  const declared = hasTag(cell, "parameters") && parametersOf(cell);
  return html`<div class="cell" id="${cellId(index)}">${declared ? parametersTable(declared, given) : null}${
    codeView(cell, isCodeShown)
  }${views.map((view) => html`<div class="output">${view}</div>`)}</div>`;
}

/** `data-code`: the page's switch folds and unfolds it. Code that failed is unfolded. */
function codeView(cell: CodeCell, isCodeShown: boolean): Markup | false {
  const source = joined(cell.source).replace(/\s+$/, "");
  if (hasTag(cell, "remove-input") || source === "") return false;
  const isFailed = cell.outputs.some(({ output_type: type }) => type === "error");
  const isOpen = isFailed || (isCodeShown && !hasTag(cell, "hide-input"));
  const isSwitched = !isFailed && !hasTag(cell, "hide-input");
  const wasRun = cell.execution_count !== null || isFailed;
  const attributes = new Markup(`${isSwitched ? " data-code" : ""}${isOpen ? " open" : ""}`);
  return html`
    <details class="code" ${attributes}>
      <summary>Code ${cellNumber(cell)}${wasRun ? null : " not run"}</summary>
      <pre tabindex="0"><code>${highlighted(source)}</code></pre>
    </details>
  `;
}
