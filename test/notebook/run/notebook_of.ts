import { stripVTControlCharacters as stripAnsiCode } from "node:util";
import type { CodeCell, Notebook, Output } from "relay/notebook/notebook_file.ts";
import { joined } from "relay/notebook/notebook_file.ts";
import type { RunOptions, RunResult } from "relay/notebook/run/run_notebook.ts";
import { runNotebook } from "relay/notebook/run/run_notebook.ts";

/** A cell's code, or code with tags. */
export type CellText = string | { readonly code: string; readonly tags: readonly string[] };

/** A notebook of code cells. */
export function notebookOf(...cells: readonly CellText[]): Notebook {
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {},
    cells: cells.map((cell, i) => ({
      cell_type: "code",
      id: `cell-${i}`,
      metadata: typeof cell === "string" ? {} : { tags: cell.tags },
      source: typeof cell === "string" ? cell : cell.code,
      execution_count: null,
      outputs: [],
    })),
  };
}

/** Runs cells as a notebook that lies in test/notebook/run. */
export async function runCells(
  cells: readonly CellText[],
  options: Partial<RunOptions> = {},
): Promise<RunResult & { readonly outputs: readonly Output[][] }> {
  const result = await runNotebook(notebookOf(...cells), { path: import.meta.filename!, ...options });
  return { ...result, outputs: codeCells(result.notebook).map(({ outputs }) => outputs) };
}

/** The code cells of a notebook. */
export function codeCells({ cells }: Notebook): CodeCell[] {
  return cells.filter((cell) => cell.cell_type === "code");
}

/** Outputs as short texts: `stdout: …`, `error: …`, the plain text of displays. */
export function brief(outputs: readonly Output[]): string[] {
  return outputs.map((output) => {
    switch (output.output_type) {
      case "stream":
        return `${output.name}: ${joined(output.text)}`;
      case "error":
        return `${output.ename}: ${output.evalue}`;
      default:
        return stripAnsiCode(String(output.data["text/plain"]));
    }
  });
}
