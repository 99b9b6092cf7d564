/** What a kernel says of a cell that failed. */
export interface CellFailure {
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
}

/** @returns why the cell cannot run, if so */
// deno-lint-ignore require-await
export async function checkCell(_code: string): Promise<CellFailure | undefined> {
  return undefined;
}
