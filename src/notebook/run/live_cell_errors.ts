/**
 * Errors in a live session: what keeps a cell from running, and where in the cells an error arose.
 * @module
 */
import { type ErrorOutput, errorOutput } from "relay/notebook/run/cell_error.ts";
import { findSyntaxError, readCell, type SourcePosition } from "relay/notebook/run/cell_source.ts";
import { ErrorLocator, type RunCell } from "relay/notebook/run/error_location.ts";
import { type ExportsOf, ImportCheck } from "relay/notebook/run/missing_exports.ts";

/** So many cells are remembered for the places of errors in functions that they have defined. */
const REMEMBERED_CELLS = 200;

/** Follows the cells of a session; each is `check`ed before it runs and `remember`ed when it has. */
export class LiveCellErrors {
  readonly #exportsOf: ExportsOf;
  readonly #locator = new ErrorLocator();
  #cells: RunCell[] = [];

  constructor(exportsOf: ExportsOf) {
    this.#exportsOf = exportsOf;
  }

  /** @returns why the cell cannot run, if so */
  async check(cell: RunCell): Promise<ErrorOutput | undefined> {
    const refusal = findSyntaxError(cell.code) ?? await this.#missingExport(cell);
    if (!refusal) return undefined;
    const { message, line, column } = refusal;
    // A name of an earlier cell's import has its place there.
    const position: SourcePosition | undefined = line === undefined ? undefined : { line, column: column! };
    return errorOutput({ name: "SyntaxError", message, cell, ...(position && { position }) });
  }

  /** Which of the modules that an earlier cell has loaded this one imports, and so does not load again. */
  importsAgain({ code }: RunCell): string[] {
    const earlier = new Set(this.#cells.flatMap((cell) => specifiersOf(cell.code)));
    return specifiersOf(code).filter((specifier) => earlier.has(specifier));
  }

  remember(cell: RunCell): void {
    this.#cells = [...this.#cells.filter(({ code }) => code !== cell.code), cell].slice(-REMEMBERED_CELLS);
  }

  /** The kernel's error with the place where it arose. */
  describe(error: Readonly<Record<string, unknown>>, cell: RunCell): ErrorOutput {
    const traceback = Array.isArray(error.traceback) ? error.traceback.map(String) : [];
    const { frames, location } = this.#locator.locate(traceback, [...this.#cells, cell]);
    return errorOutput({
      name: String(error.ename),
      message: String(error.evalue),
      cell: location?.cell ?? cell,
      frames: frames.filter((frame) => /^\s+at /.test(frame)),
      ...(location && { position: location }),
    });
  }

  /** A stack as text, with places in the cells; `running` is the cell that has not ended yet. */
  locate(stack: string, running: RunCell | undefined): string {
    const cells = running ? [...this.#cells, running] : this.#cells;
    return this.#locator.locate([stack], cells).frames.join("\n");
  }

  /**
   * A name that this cell reads and whose module does not have it. What no cell reads may be a type, which is rightly not there at run
   * time, so that an earlier cell's import is looked at again when a later one reads the name.
   */
  async #missingExport(
    { code }: RunCell,
  ): Promise<({ readonly message: string } & Partial<SourcePosition>) | undefined> {
    const imports = new ImportCheck([code], this.#exportsOf);
    for (const earlier of this.#cells) {
      const [missing] = await imports.check(earlier.code);
      if (missing) return { message: missing.message };
    }
    const [missing] = await imports.check(code);
    return missing;
  }
}

function specifiersOf(code: string): string[] {
  return readCell(code).imports.map(({ specifier }) => specifier);
}
