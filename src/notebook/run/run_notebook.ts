/**
 * Runs a notebook from top to bottom in a kernel of its own.
 * @module
 */
import { dirname, resolve } from "node:path";
import { Kernel } from "relay/notebook/kernel/kernel.ts";
import { type CodeCell, hasTag, joined, type Notebook } from "relay/notebook/notebook_file.ts";
import { type CellFailure, errorOutput } from "relay/notebook/run/cell_error.ts";
import { type Limits, runCell } from "relay/notebook/run/run_cell.ts";
import { findSyntaxError } from "relay/notebook/run/cell_source.ts";
import { Displays } from "relay/notebook/run/cell_outputs.ts";
import { ErrorLocator, type RunCell } from "relay/notebook/run/error_location.ts";
import { ImportCheck } from "relay/notebook/run/missing_exports.ts";
import { type ParameterValues, withParameters } from "relay/notebook/run/parameters.ts";

/** Jupyter's tag of cells whose errors do not end a run. */
const EXPECTED_ERROR_TAG = "raises-exception";

/** A code cell of a run. */
export interface NumberedCell extends RunCell {
  readonly cell: CodeCell;
  /** Code cells that run in all. */
  readonly count: number;
}

/** How to run a notebook. */
export interface RunOptions extends Limits {
  /** The notebook's path: its folder is what cells see as theirs. */
  readonly path: string;
  readonly parameters?: ParameterValues;
  /** Called before each cell. */
  readonly onStart?: (cell: NumberedCell) => void;
  /** Called after each cell with the notebook as it then stands; `ms` is how long the cell took. */
  readonly onCell?: (cell: NumberedCell, run: { readonly ms: number; readonly notebook: Notebook }) => void;
}

/** A notebook that has run, to its end unless there is a failure. */
export interface RunResult {
  readonly notebook: Notebook;
  readonly failure?: CellFailure;
}

/**
 * Runs a copy of the notebook until its end or the first cell that fails; that cell ends in an error output and later ones have none.
 * Cells with the tag `raises-exception` may fail.
 * Cells get `metadata.relay = { ms }`; the notebook's `metadata.relay` says when it ran, how long, with which parameters, and how it
 * ended (`status`: running, complete, failed or stopped).
 * @throws {NotebookError} when the parameters do not fit
 */
export async function runNotebook(source: Notebook, options: RunOptions): Promise<RunResult> {
  const notebook = withoutOutputs(withParameters(structuredClone(source), options.parameters ?? {}));
  const record = {
    ...relayOf(notebook),
    ranAt: new Date().toISOString(),
    parameters: options.parameters ?? {},
    deno: Deno.version.deno,
  };
  const startedAt = performance.now();
  const stand = (more: Record<string, unknown>) => {
    const ms = Math.round(performance.now() - startedAt);
    notebook.metadata = { ...notebook.metadata, relay: { ...record, ms, ...more } };
  };
  stand({ status: "running" });
  const failure = await runCells(notebook, {
    ...options,
    onCell: (cell, run) => {
      stand({ status: "running" });
      options.onCell?.(cell, run);
    },
  });
  stand(
    failure ? { status: failure.kind === "stopped" ? "stopped" : "failed", failure } : { status: "complete" },
  );
  return failure ? { notebook, failure } : { notebook };
}

/** What the notebook already says to Relay, such as whether its code is shown. */
function relayOf({ metadata: { relay } }: Notebook): object {
  return typeof relay === "object" && relay !== null ? relay : {};
}

async function runCells(notebook: Notebook, options: RunOptions): Promise<CellFailure | undefined> {
  const cells = numberedCells(notebook);
  // Nobody wants to hear of a missing bracket after an hour of training.
  for (const cell of cells) {
    const failure = checkSyntax(cell);
    if (failure) return failure;
  }
  const cwd = dirname(resolve(options.path));
  await using kernel = await Kernel.start({ cwd });
  const codes = cells.map(({ code }) => code);
  const context = {
    kernel,
    displays: new Displays(),
    locator: new ErrorLocator(),
    imports: new ImportCheck(codes, (specifier) => exportsOf(kernel, specifier)),
    cells,
  };
  for (const cell of cells) {
    options.onStart?.(cell);
    const startedAt = performance.now();
    const failure = await runCell(cell, context, options);
    const ms = Math.round(performance.now() - startedAt);
    cell.cell.metadata = { ...cell.cell.metadata, relay: { ms } };
    options.onCell?.(cell, { ms, notebook });
    const isExpected = failure?.kind === "error" && hasTag(cell.cell, EXPECTED_ERROR_TAG);
    if (failure && !isExpected) return failure;
  }
  return undefined;
}

/** Code cells that are not empty, counted from 1 as a fresh kernel counts them. */
export function numberedCells(notebook: Notebook): NumberedCell[] {
  const cells = notebook.cells.flatMap((cell) => {
    const code = joined(cell.source);
    return cell.cell_type === "code" && code.trim() !== "" ? [{ cell, code }] : [];
  });
  return cells.map((cell, i) => ({ ...cell, number: i + 1, count: cells.length }));
}

function withoutOutputs(notebook: Notebook): Notebook {
  for (const cell of notebook.cells) {
    if (cell.cell_type !== "code") continue;
    cell.outputs = [];
    cell.execution_count = null;
  }
  return notebook;
}

function checkSyntax(cell: NumberedCell): CellFailure | undefined {
  const error = findSyntaxError(cell.code);
  if (!error) return undefined;
  const { message, line } = error;
  cell.cell.outputs = [errorOutput({ name: "SyntaxError", message, cell, position: error })];
  return { cell: cell.number, line, message: `SyntaxError: ${message}`, kind: "error" };
}

async function exportsOf(kernel: Kernel, specifier: string): Promise<string[] | undefined> {
  const names = await kernel.ask(`Object.keys(await import(${JSON.stringify(specifier)}))`);
  return Array.isArray(names) ? names.map(String) : undefined;
}
