import type { Cell, CodeCell, Notebook, Output } from "relay/notebook/notebook_file.ts";
import { PLOTLY_MIME, RELAY_MIME } from "relay/notebook/relay_output.ts";

/** A cell that is not the usual one: tags, the number that the kernel gave it. */
export interface CellChange {
  readonly tags?: readonly string[];
  readonly count?: number | null;
}

/** A notebook of these cells. */
export function notebookOf(cells: readonly Cell[], metadata: Record<string, unknown> = {}): Notebook {
  return { nbformat: 4, nbformat_minor: 5, metadata, cells: [...cells] };
}

/** A cell with text. */
export function textCell(source: string, attachments?: Record<string, Record<string, string>>): Cell {
  return { cell_type: "markdown", metadata: {}, source, ...(attachments ? { attachments } : {}) };
}

/** A cell with code that has run as [1] unless said otherwise. */
export function codeCell(
  source: string,
  outputs: readonly Output[] = [],
  { tags = [], count = 1 }: CellChange = {},
): CodeCell {
  return { cell_type: "code", metadata: { tags }, source, execution_count: count, outputs: [...outputs] };
}

/** An output with a MIME bundle. */
export function shown(data: Record<string, unknown>): Output {
  return { output_type: "display_data", data, metadata: {} };
}

/** Printed text. */
export function printed(text: string, name = "stdout"): Output {
  return { output_type: "stream", name, text };
}

/** A cell's error. */
export function failed(ename: string, evalue: string, traceback: string[] = []): Output {
  return { output_type: "error", ename, evalue, traceback };
}

/** One pixel. */
export const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** A figure of two lines with a still. */
export function figure(title = "Two lines", layout: Record<string, unknown> = {}): Output {
  return shown({
    [PLOTLY_MIME]: {
      data: [0, 1].map((k) => ({
        type: "scatter",
        mode: "lines",
        name: `line ${k}`,
        x: [0, 1, 2],
        y: [k, k + 1, k + 3],
        line: { color: "#2f76e0" },
        meta: { arm: `line ${k}`, role: k === 0 ? "curve" : "run" },
      })),
      layout: { height: 300, paper_bgcolor: "#ffffff", plot_bgcolor: "#ffffff", showlegend: true, ...layout },
    },
    [RELAY_MIME]: { kind: "figure", title, caption: "What is drawn." },
    "text/html": "<div>Trust this notebook</div><script>1</script>",
    "image/png": PNG,
    "text/plain": `Figure: ${title}`,
  });
}

/** Verdicts: one of each. */
export function claims(): Output {
  const numbers = { estimate: 0.83, low: 0.5, high: 1, n: 3 };
  return shown({
    [RELAY_MIME]: {
      kind: "claims",
      claims: [
        { ...numbers, text: "sharing helps", holds: true, evidence: "Probability 0.83 [0.50, 1.00]." },
        { ...numbers, text: "sharing everything helps most", holds: false, evidence: "It does not." },
        {
          ...numbers,
          text: "it is fast",
          holds: "undecided",
          estimate: null,
          low: null,
          high: null,
          evidence: "?",
        },
      ],
    },
    "text/html": "<table><tr><td>not this</td></tr></table>",
    "text/plain": "claims",
  });
}

/** Text of a page as a reader gets it: tags removed, white space folded. */
export function readable(page: string): string {
  return page.replace(/<(script|style)[\s\S]*?<\/\1>/g, "").replace(/<[^>]*>/g, " ").replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'").replace(/\s+/g, " ");
}

/** The page without what its scripts hold. */
export function withoutScripts(page: string): string {
  return page.replace(/<script[\s\S]*?<\/script>/g, "");
}
