/**
 * Notebooks on disk: nbformat 4, as far as Relay reads and writes it. Keys that it does not know are kept.
 * @module
 */
import * as v from "valibot";

/** nbformat stores long text as a list of lines. */
const text = v.union([v.string(), v.array(v.string())]);
const metadata = v.record(v.string(), v.unknown());
const count = v.optional(v.nullable(v.number()), null);

/** An output of a cell; see nbformat's "Code cell outputs". */
export const Output = v.variant("output_type", [
  v.looseObject({ output_type: v.literal("stream"), name: v.string(), text }),
  v.looseObject({
    output_type: v.picklist(["display_data", "execute_result"]),
    data: v.record(v.string(), v.unknown()),
    metadata: v.optional(metadata, {}),
  }),
  v.looseObject({
    output_type: v.literal("error"),
    ename: v.string(),
    evalue: v.string(),
    traceback: v.array(v.string()),
  }),
]);
/** See {@link Output}. */
export type Output = v.InferOutput<typeof Output>;

const Cell = v.variant("cell_type", [
  v.looseObject({
    cell_type: v.literal("code"),
    id: v.optional(v.string()),
    source: text,
    metadata: v.optional(metadata, {}),
    execution_count: count,
    outputs: v.optional(v.array(Output), []),
  }),
  v.looseObject({
    cell_type: v.picklist(["markdown", "raw"]),
    id: v.optional(v.string()),
    source: text,
    metadata: v.optional(metadata, {}),
    attachments: v.optional(v.record(v.string(), v.record(v.string(), text))),
  }),
]);
/** A cell of a notebook. */
export type Cell = v.InferOutput<typeof Cell>;
/** A cell with code. */
export type CodeCell = Extract<Cell, { cell_type: "code" }>;

const Notebook = v.looseObject({
  nbformat: v.literal(4),
  nbformat_minor: v.number(),
  metadata: v.optional(metadata, {}),
  cells: v.array(Cell),
});
/** A notebook. */
export type Notebook = v.InferOutput<typeof Notebook>;

/** A notebook that cannot be read or run as asked; the message is for the user. */
export class NotebookError extends Error {
  override name = "NotebookError";
}

/**
 * @param path named in errors
 * @throws {NotebookError} when the text is no notebook of format 4
 */
export function parseNotebook(json: string, path: string): Notebook {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new NotebookError(`Cannot read ${path}: it is not JSON (${(error as Error).message})`);
  }
  const result = v.safeParse(Notebook, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new NotebookError(
    `Cannot read ${path}: ${v.getDotPath(issue) ?? "it"} is ${issue.received}, expected ${
      issue.expected ?? "a notebook of format 4"
    }`,
  );
}

/** @throws {NotebookError} when there is no such file or it is no notebook */
export async function readNotebook(path: string): Promise<Notebook> {
  let json: string;
  try {
    json = await Deno.readTextFile(path);
  } catch (error) {
    throw new NotebookError(`Cannot read ${path}: ${(error as Error).message}`);
  }
  return parseNotebook(json, path);
}

/** JSON as Jupyter writes it: one space an indent, a newline at the end. */
export function notebookJson(notebook: Notebook): string {
  return JSON.stringify(notebook, null, 1) + "\n";
}

/** Text of a cell or output, joined. */
export function joined(source: string | readonly string[]): string {
  return typeof source === "string" ? source : source.join("");
}

/** Text as nbformat's list of lines, each with its line end. */
export function lines(source: string): string[] {
  return source.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** Whether the cell carries the tag (papermill: `parameters`, `injected-parameters`). */
export function hasTag({ metadata }: Cell, tag: string): boolean {
  const { tags } = metadata as { tags?: unknown };
  return Array.isArray(tags) && tags.includes(tag);
}
