import { html, type Markup } from "relay/notebook/html.ts";
import type { MimeBundle } from "relay/notebook/live/display.ts";

/** A cell: text, or text with a second line of less weight, or code. */
export type TableCell = string | { readonly text: string; readonly detail: string } | {
  readonly code: string;
};

/** A table as data, for HTML and plain text alike; its first column names the rows. */
export interface TableView {
  readonly head: readonly string[];
  readonly rows: readonly (readonly TableCell[])[];
  /** Whether columns after the first hold numbers, which stand to the right. */
  readonly isNumeric: boolean;
  /** What the table says and how to read it. */
  readonly caption?: string;
}

/** HTML that looks right by itself in JupyterLab; the exporter's page goes by the classes. */
export function tableHtml({ head, rows, isNumeric, caption }: TableView): Markup {
  const align = (column: number) =>
    `text-align:${isNumeric && column > 0 ? "right" : "left"};vertical-align:top`;
  const wrap = isNumeric ? ";white-space:nowrap" : "";
  return html`
    <div class="scroll" style="overflow-x:auto">
      <table class="relay-table${isNumeric && " numbers"}"
        style="margin:0;border-collapse:collapse;table-layout:auto">${head.length > 0 && html`
          <thead>
            <tr>${head.map((text, i) => html`<th scope="col" style="${align(i)}">${text}</th>`)}</tr>
          </thead>
        `}<tbody>${rows.map(([first, ...others]) =>
          html`<tr><th scope="row" style="${align(0)}${wrap};font-weight:500">${cellHtml(first!)}</th>${
            others.map((cell, i) => html`<td style="${align(i + 1)}${wrap}">${cellHtml(cell)}</td>`)
          }</tr>`
        )}</tbody></table>
    </div>${caption !== undefined &&
      html`<p class="caption relay-caption" style="max-width:46rem">${caption}</p>`}
  `;
}

function cellHtml(cell: TableCell): Markup {
  if (typeof cell === "string") return html`${cell}`;
  if ("code" in cell) return html`<code>${cell.code}</code>`;
  return html`${cell.text}<br><span class="range" style="opacity:0.75">${cell.detail}</span>`;
}

/** Columns padded with spaces. */
export function tableText({ head, rows, isNumeric, caption }: TableView): string {
  const lines = [...(head.length > 0 ? [head] : []), ...rows.map((row) => row.map(cellText))];
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const text = lines.map((line) =>
    line.map((cell, i) => isNumeric && i > 0 ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)).join("  ")
      .trimEnd()
  ).join("\n");
  return caption === undefined ? text : `${text}\n${caption}`;
}

function cellText(cell: TableCell): string {
  if (typeof cell === "string") return cell;
  return "code" in cell ? cell.code : `${cell.text} ${cell.detail}`;
}

/** Folded away until the reader asks for it. */
export function foldedHtml(summary: string, content: Markup): Markup {
  return html`<details><summary style="cursor:pointer">${summary}</summary>${content}</details>`;
}

/** A static output: HTML, and words for where there is none. */
export function staticBundle(content: readonly Markup[], text: string): MimeBundle {
  return { "text/html": html`<div class="relay-static">${content}</div>`.toString(), "text/plain": text };
}
