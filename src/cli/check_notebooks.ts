/** Part of `deno task check`: types of the notebooks' cells, and that no notebook carries outputs. */
import type { Args } from "@std/cli/parse-args";
import { dirname, relative, resolve } from "node:path";
import { type Command, printLine, runCommand } from "relay/cli/command.ts";
import { type Notebook, readNotebook } from "relay/notebook/notebook_file.ts";
import { findSyntaxError, statementsOf } from "relay/notebook/run/cell_source.ts";
import { numberedCells } from "relay/notebook/run/run_notebook.ts";

const HELP = `
Checks notebooks: the cells of each, joined to one module, have right types; none is committed with outputs.

Usage: deno run … src/cli/check_notebooks.ts [FILE.ipynb …]

  FILE.ipynb   notebooks; all of notebooks/ unless given
`;

const command: Command = { help: HELP, run };

/** A line of a joined module. */
interface Origin {
  /** As in "cell [3]"; unknown for lines between cells. */
  readonly cell: number;
  /** Line in the cell, from 1. */
  readonly line: number;
}

/** A notebook's cells as one module. */
interface JoinedCells {
  readonly code: string;
  /** By line of the code, from 0. */
  readonly origins: readonly (Origin | undefined)[];
}

/** A joined module on disk, beside its notebook, so that imports mean the same. */
interface ModuleFile {
  readonly notebookPath: string;
  readonly path: string;
  readonly origins: JoinedCells["origins"];
}

async function run({ _: paths }: Args): Promise<number> {
  const notebooks = paths.length > 0 ? paths : committedNotebooks();
  const problems = await checkNotebooks(notebooks);
  for (const problem of problems) printLine(problem);
  printLine(problems.length === 0 ? `Checked ${notebooks.length} notebooks` : `Problems: ${problems.length}`);
  return problems.length === 0 ? 0 : 1;
}

/** Paths of the notebooks in notebooks/. */
export function committedNotebooks(): string[] {
  const folder = new URL("../../notebooks/", import.meta.url).pathname;
  return [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith(".ipynb"))
    .toSorted().map((name) => relative(Deno.cwd(), folder + name));
}

/**
 * Checks that notebooks have no outputs, no syntax errors and right types.
 * @returns a text for each problem, which names the notebook, the cell and the line
 * @throws {NotebookError} when a file is no notebook
 */
export async function checkNotebooks(paths: readonly string[]): Promise<string[]> {
  const problems: string[] = [];
  const modules: ModuleFile[] = [];
  try {
    for (const path of paths) {
      const notebook = await readNotebook(path);
      const found = [...outputProblems(notebook), ...syntaxProblems(notebook)];
      problems.push(...found.map((problem) => `${path} ${problem}`));
      modules.push(await writeModule(path, notebook));
    }
    return [...problems, ...await typeProblems(modules)];
  } finally {
    for (const { path } of modules) Deno.removeSync(path);
  }
}

function outputProblems(notebook: Notebook): string[] {
  const cells = numberedCells(notebook);
  return cells.filter(({ cell }) => cell.outputs.length > 0 || cell.execution_count !== null).map((
    { number },
  ) => `cell [${number}] carries outputs or a count: clear them, reports keep them`);
}

function syntaxProblems(notebook: Notebook): string[] {
  return numberedCells(notebook).flatMap(({ number, code }) => {
    const error = findSyntaxError(code);
    return error ? [`cell [${number}] line ${error.line}: ${error.message}`] : [];
  });
}

async function writeModule(notebookPath: string, notebook: Notebook): Promise<ModuleFile> {
  const { code, origins } = joinCells(notebook);
  const path = await Deno.makeTempFile({
    dir: dirname(resolve(notebookPath)),
    prefix: ".cells_",
    suffix: ".ts",
  });
  await Deno.writeTextFile(path, code);
  return { notebookPath, path, origins };
}

/** Cells that do not parse are left out; they are told of by themselves. */
function joinCells(notebook: Notebook): JoinedCells {
  const lines: string[] = [];
  const origins: (Origin | undefined)[] = [];
  for (const { number, code } of numberedCells(notebook)) {
    if (findSyntaxError(code)) continue;
    // The kernel shows an object literal where a module would have a block.
    const cellLines = (statementsOf(code) ? code : `(${code})`).split("\n");
    lines.push(...cellLines, ";");
    origins.push(...cellLines.map((_, i) => ({ cell: number, line: i + 1 })), undefined);
  }
  return { code: [...lines, "export {};"].join("\n"), origins };
}

/** What `deno check` finds, a text an error, with places in cells. */
async function typeProblems(modules: readonly ModuleFile[]): Promise<string[]> {
  const checked = modules.map(({ path }) => path);
  if (checked.length === 0) return [];
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--quiet", ...checked],
    env: { NO_COLOR: "1", RUST_BACKTRACE: "0" },
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return [];
  const text = modules.reduce(withCells, new TextDecoder().decode(stderr));
  const problems = text.split(/\n\n+/).filter((part) =>
    /^(TS\d+|error: (?!Type checking failed))/.test(part)
  );
  return problems.length > 0 ? problems.map((part) => part.trim()) : [text.trim()];
}

function withCells(text: string, { path, notebookPath, origins }: ModuleFile): string {
  return text.replaceAll(`file://${path}`, path).replace(
    new RegExp(`(?:at )?${escaped(path)}(?::(\\d+):(\\d+))?`, "g"),
    (_, line?: string) => {
      const origin = line === undefined ? undefined : origins[Number(line) - 1];
      return origin ? `${notebookPath} cell [${origin.cell}] line ${origin.line}` : notebookPath;
    },
  );
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

if (import.meta.main) await runCommand(command);
