import { counted } from "relay/notebook/format.ts";
import { html, type Markup } from "relay/notebook/html.ts";
import {
  type Cell,
  type CodeCell,
  hasTag,
  joined,
  type Notebook,
  type Output,
} from "relay/notebook/notebook_file.ts";
import { plainLog } from "relay/notebook/page/ansi.ts";

/** Characters of an error that the banner repeats. */
const MESSAGE_CHARACTERS = 240;

/** Id of a cell's element, by its index in the notebook. */
export function cellId(index: number): string {
  return `cell-${index + 1}`;
}

/** "[4]": the number that the kernel gave the cell; of a cell that it did not run, nothing in the brackets. */
export function cellNumber({ execution_count: count }: CodeCell): string {
  return `[${count ?? " "}]`;
}

/** An output of type error. */
export type ErrorOutput = Extract<Output, { output_type: "error" }>;

/** An error in words. */
export interface ErrorText {
  /** Such as "cell [3], line 4", as far as it is known. */
  readonly place: string;
  readonly message: string;
}

/** What an error output says; the runner ends the message in the place, see notebook/run/cell_error.ts. */
export function errorText({ ename, evalue }: ErrorOutput, cell: CodeCell): ErrorText {
  const value = plainLog(evalue).trim();
  const place = / \((cell \[\d+\](?:, line \d+)?)\)$/.exec(value);
  const message = place ? value.slice(0, place.index) : value;
  return { place: place?.[1] ?? `cell ${cellNumber(cell)}`, message: `${ename}: ${message}` };
}

/** Says above everything else that cells failed or were not run; nothing when all ran well. */
export function troubleBanner({ cells }: Notebook): Markup | null {
  const runnable = [...cells.entries()].filter((entry): entry is [number, CodeCell] => isRunnable(entry[1]));
  const failed = runnable.filter(([, cell]) => isFailed(cell));
  const notRun = runnable.filter(([, cell]) => cell.execution_count === null && !isFailed(cell));
  const [first] = failed;
  const unrun = `${counted(notRun.length, "cell")} ${notRun.length === 1 ? "was" : "were"} not run.`;
  if (first && failed.length === 1 && notRun.every(([index]) => index > first[0])) {
    const rest = notRun.length > 0 && ` What follows was not run (${counted(notRun.length, "cell")}).`;
    return banner(
      html`<strong>This notebook stopped at ${linkTo(first)}.</strong> ${shortMessage(first[1])}${rest}`,
    );
  }
  if (first) {
    const links = failed.map((entry, i) => html`${i > 0 && ", "}${linkTo(entry)}`);
    return banner(
      html`<strong>This notebook failed in ${links}.</strong>${notRun.length > 0 && ` ${unrun}`}`,
    );
  }
  if (notRun.length === 0) return null;
  if (notRun.length < runnable.length) {
    return banner(html`<strong>This notebook was not run to its end.</strong> ${unrun}`);
  }
  return banner(html`<strong>This notebook was not run:</strong> it has no results.`);
}

function banner(content: Markup): Markup {
  return html`<p class="banner" role="alert">${content}</p>`;
}

function linkTo([index, cell]: readonly [number, CodeCell]): Markup {
  return html`<a href="#${cellId(index)}">${failureOf(cell)!.place}</a>`;
}

function shortMessage(cell: CodeCell): string {
  const [line = ""] = failureOf(cell)!.message.split("\n");
  if (line.length > MESSAGE_CHARACTERS) return `${line.slice(0, MESSAGE_CHARACTERS)}…`;
  return /[.!?…]$/.test(line) ? line : `${line}.`;
}

/** Cells without code have nothing to run. */
function isRunnable(cell: Cell): boolean {
  return cell.cell_type === "code" && joined(cell.source).trim() !== "";
}

function isFailed(cell: CodeCell): boolean {
  return !hasTag(cell, "raises-exception") && failureOf(cell) !== undefined;
}

function failureOf(cell: CodeCell): ErrorText | undefined {
  const error = cell.outputs.find((output) => output.output_type === "error");
  return error && errorText(error, cell);
}
