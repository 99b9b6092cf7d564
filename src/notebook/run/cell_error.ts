/**
 * Errors of cells as a reader wants them: which cell, which line, and that line itself.
 * @module
 */
import type { Output } from "relay/notebook/notebook_file.ts";
import type { SourcePosition } from "relay/notebook/run/cell_source.ts";
import type { RunCell } from "relay/notebook/run/error_location.ts";

/** An output of type error. */
export type ErrorOutput = Extract<Output, { output_type: "error" }>;

/** Why a run ended before its last cell. */
export interface CellFailure {
  /** As in "cell [3]": the third code cell that is not empty. */
  readonly cell: number;
  /** From 1; unknown for errors outside the notebook's own code. */
  readonly line?: number;
  /** What happened, without the place. */
  readonly message: string;
  readonly kind: "error" | "timeout" | "stopped" | "kernel";
}

/** What an error output is made of. */
export interface CellErrorParts {
  readonly name: string;
  readonly message: string;
  readonly cell: RunCell;
  readonly position?: SourcePosition;
  /** Lines below the source line. */
  readonly frames?: readonly string[];
}

/** The error as nbformat has it; its value ends in the place. */
export function errorOutput({ name, message, cell, position, frames = [] }: CellErrorParts): ErrorOutput {
  const place = placeOf(cell.number, position?.line);
  return {
    output_type: "error",
    ename: name,
    evalue: `${message} (${place})`,
    traceback: [`${name}: ${message}`, "", ...(position ? excerpt(cell, position) : [place]), ...frames],
  };
}

/** "cell [3], line 4" */
export function placeOf(cell: number, line?: number): string {
  return line === undefined ? `cell [${cell}]` : `cell [${cell}], line ${line}`;
}

/** The source line with a mark under the column. */
function excerpt({ number, code }: RunCell, { line, column }: SourcePosition): string[] {
  const margin = `${line} | `;
  const source = code.split("\n")[line - 1] ?? "";
  // Tabs stay tabs, so that the mark stands below its column.
  const before = source.slice(0, column - 1).replace(/[^\t]/g, " ");
  return [placeOf(number, line), `${margin}${source}`, `${" ".repeat(margin.length)}${before}^`];
}
