/** `deno task report`: runs a notebook from top to bottom and exports it as a page. */
import type { Args } from "@std/cli/parse-args";
import {
  choiceFlag,
  type Command,
  folderFlag,
  integerFlag,
  print,
  printLine,
  quoted,
  runCommand,
} from "relay/cli/command.ts";
import { onInterrupt } from "relay/cli/interrupt.ts";
import { makeReport, type Report, REPORT_FORMATS, type ReportFormat } from "relay/cli/make_report.ts";
import { readNotebook } from "relay/notebook/notebook_file.ts";
import { declaredParameters, type ParameterValues, parseParameters } from "relay/notebook/run/parameters.ts";
import type { NumberedCell } from "relay/notebook/run/run_notebook.ts";
import { ConfigError } from "relay/train/config.ts";

const HELP = `
Runs a notebook from top to bottom in a kernel of its own, without Jupyter or Python, and exports it as a page that stands for itself.
The notebook is not changed. It is a program: run only notebooks that you trust.

Usage: deno task report FILE.ipynb [-p NAME=VALUE …] [--to html,ipynb,md,pdf] [--out DIR] [--timeout SECONDS] [--no-run]

  FILE.ipynb             the notebook
  -p, --parameter NAME=VALUE
                         a value for a name of the cell tagged parameters, of its default's type; lists and objects as JSON
  --to FORMATS           any of html, ipynb, md, pdf (a Chromium must be there), with commas; html,ipynb unless given
  --out DIR              folder for the files; reports unless given
  --timeout SECONDS      longest time for each cell; none unless given
  --no-run               export the notebook with the outputs that it has

Ends with 0; with 1 when a cell fails (the page shows how far the notebook came); with 2 when it cannot begin; with 130 after Ctrl-C.

Examples:
  deno task report notebooks/super_pursuit.ipynb
  deno task report notebooks/super_pursuit.ipynb -p preset=smoke -p seeds=1
`;

/** First lines of cells are cut here, characters. */
const MAX_TITLE = 80;

const command: Command = {
  help: HELP,
  string: ["parameter", "to", "out", "timeout"],
  boolean: ["no-run"],
  collect: ["parameter"],
  alias: { parameter: "p" },
  run,
};

async function run(args: Args): Promise<number> {
  const notebookPath = notebookPathOf(args);
  const parameters = await parametersOf(notebookPath, args);
  const timeoutS = integerFlag(args, "timeout", 1);
  const stop = new AbortController();
  const listening = onInterrupt(() => stop.abort("Ctrl-C"));
  try {
    const report = await makeReport({
      notebookPath,
      parameters,
      formats: formatsOf(args),
      outDir: folderFlag(args, "out", "reports"),
      isRun: args["no-run"] !== true,
      command: `deno task report ${quoted(Deno.args)}`,
      signal: stop.signal,
      ...(timeoutS === undefined ? {} : { timeoutMs: 1000 * timeoutS }),
      onStart,
      onCell: (cell, { ms }) =>
        printLine(`${restart()}${label(cell)} ${(ms / 1000).toFixed(1)} s  ${title(cell)}`),
    });
    return tell(report);
  } finally {
    listening();
  }
}

function notebookPathOf({ _: [path, extra] }: Args): string {
  if (path === undefined) {
    throw new ConfigError(
      "Cannot make a report: no notebook is given, expected such as notebooks/start_here.ipynb",
    );
  }
  if (extra !== undefined) throw new ConfigError(`Cannot read the argument ${extra}: expected one notebook`);
  return path;
}

async function parametersOf(path: string, args: Args): Promise<ParameterValues> {
  const texts = args.parameter as string[];
  if (texts.length > 0 && args["no-run"] === true) {
    throw new ConfigError("Cannot set parameters: with --no-run no cell runs");
  }
  return parseParameters(declaredParameters(await readNotebook(path)), texts);
}

function formatsOf({ to = "html,ipynb" }: Args): ReportFormat[] {
  const choices = Object.fromEntries(REPORT_FORMATS.map((format) => [format, format]));
  return String(to).split(",").map((name) => choiceFlag("format", name.trim(), choices));
}

/** Tells where the files are, and how the run ended. */
function tell({ pages, failure, failedCell }: Report): number {
  const files = Object.values(pages).join(", ");
  if (!failedCell) {
    printLine(`Written: ${files}`);
    return 0;
  }
  printLine(`Not run to its end: ${failure}`);
  printLine(`As far as it came: ${files}`);
  return failedCell.kind === "stopped" ? 130 : 1;
}

/** A terminal shows the cell that runs; its line is written over when the cell has ended. */
function onStart(cell: NumberedCell): void {
  if (Deno.stdout.isTerminal()) print(`${label(cell)} …  ${title(cell)}`);
}

function restart(): string {
  return Deno.stdout.isTerminal() ? "\r\x1b[2K" : "";
}

function label({ number, count }: NumberedCell): string {
  return `[${number}/${count}]`;
}

/** The first line of code that is no comment. */
function title({ code }: NumberedCell): string {
  const lines = code.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const line = lines.find((line) => !line.startsWith("//")) ?? lines[0] ?? "";
  return line.length > MAX_TITLE ? `${line.slice(0, MAX_TITLE - 1)}…` : line;
}

if (import.meta.main) await runCommand(command);
