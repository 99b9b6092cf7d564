/**
 * Runs a notebook and exports it.
 * @module
 */
import { basename, dirname } from "node:path";
import * as v from "valibot";
import { type Notebook, NotebookError, notebookJson, readNotebook } from "relay/notebook/notebook_file.ts";
import { type CellFailure, placeOf } from "relay/notebook/run/cell_error.ts";
import { declaredParameters, type ParameterValues } from "relay/notebook/run/parameters.ts";
import { runNotebook, type RunOptions, type RunResult } from "relay/notebook/run/run_notebook.ts";
import { writeAtomically } from "relay/train/files.ts";
import { commitOfCheckout } from "relay/train/manifest.ts";

/** What a report can be written as. */
export const REPORT_FORMATS = ["html", "ipynb", "md", "pdf"] as const;
/** See {@link REPORT_FORMATS}. */
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** What to run and what to write. */
export interface ReportOptions extends Omit<RunOptions, "path"> {
  readonly notebookPath: string;
  /** Folder for the files, made if it is not there. */
  readonly outDir: string;
  /** Name of the files without ending; the notebook's with its preset unless given. */
  readonly name?: string;
  /** html and ipynb unless given. */
  readonly formats?: readonly ReportFormat[];
  /** False exports the notebook with the outputs that it has. */
  readonly isRun?: boolean;
  /** What a reader types to have this report again; stands in the page. */
  readonly command?: string;
}

/** What was written. */
export interface Report {
  /** Path of each file by its format. */
  readonly pages: Readonly<Partial<Record<ReportFormat, string>>>;
  /** Why the run ended early, in one line; the files then show the notebook as far as it came. */
  readonly failure?: string;
  /** The same with its parts. */
  readonly failedCell?: CellFailure;
}

/** A notebook to be written. */
interface Page {
  readonly notebook: Notebook;
  readonly notebookPath: string;
  /** Path of the files without ending. */
  readonly stem: string;
  readonly formats: readonly ReportFormat[];
}

/**
 * Runs a notebook and writes it in all formats asked for. While it runs, the .ipynb is written after every cell.
 * @throws {NotebookError} for a notebook or parameters that cannot be run
 */
export async function makeReport(options: ReportOptions): Promise<Report> {
  const { notebookPath, outDir, formats = ["html", "ipynb"], command } = options;
  const source = await readNotebook(notebookPath);
  const stem = `${outDir.replace(/\/+$/, "")}/${options.name ?? reportName(source, options)}`;
  makeFolder(outDir);
  if (formats.includes("pdf")) await checkBrowser();
  const { notebook, failure }: RunResult = options.isRun === false
    ? { notebook: source }
    : await runNotebook(withOrigin(source, command), {
      ...options,
      path: notebookPath,
      onCell: (cell, run) => {
        if (formats.includes("ipynb")) writeAtomically(`${stem}.ipynb`, notebookJson(run.notebook));
        options.onCell?.(cell, run);
      },
    });
  const pages = await writePages({ notebook, notebookPath, stem, formats });
  return failure ? { pages, failure: inOneLine(failure), failedCell: failure } : { pages };
}

/** Before the run, not after an hour of it. */
async function checkBrowser(): Promise<void> {
  const { findBrowser } = await import("relay/notebook/page/export_pdf.ts");
  if (findBrowser() !== undefined) return;
  throw new NotebookError(
    "Cannot make a PDF: no Chromium, Chrome or Edge found; leave pdf out and print the page",
  );
}

function makeFolder(path: string): void {
  try {
    Deno.mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new NotebookError(`Cannot write into ${path}: ${(error as Error).message}`);
  }
}

/** "super_pursuit_smoke": the notebook's name, and its preset if it has that parameter. */
function reportName(notebook: Notebook, { notebookPath, parameters = {} }: ReportOptions): string {
  // An executed notebook says itself what it ran with.
  const ran = v.safeParse(
    v.object({ parameters: v.object({ preset: v.string() }) }),
    notebook.metadata.relay,
  );
  const earlier = ran.success ? ran.output.parameters : {};
  const values: ParameterValues = { ...declaredParameters(notebook), ...earlier, ...parameters };
  const preset = typeof values.preset === "string" ? values.preset.replace(/[^\w.-]+/g, "_") : "";
  const name = basename(notebookPath, ".ipynb");
  return preset === "" || name.endsWith(`_${preset}`) ? name : `${name}_${preset}`;
}

/** With what a reader needs to have the same page again. */
function withOrigin(notebook: Notebook, command: string | undefined): Notebook {
  const { relay } = notebook.metadata;
  const known = typeof relay === "object" && relay !== null ? relay : {};
  const commit = commitOfCheckout();
  const origin = { ...(command === undefined ? {} : { command }), ...(commit === null ? {} : { commit }) };
  return { ...notebook, metadata: { ...notebook.metadata, relay: { ...known, ...origin } } };
}

function inOneLine({ cell, line, message }: CellFailure): string {
  return `${placeOf(cell, line)}: ${message.replace(/\s*\n\s*/g, " ")}`;
}

/** Each exporter is loaded when its format is asked for. */
async function writePages(page: Page): Promise<Partial<Record<ReportFormat, string>>> {
  const { notebook, notebookPath: path, stem, formats } = page;
  const written: Partial<Record<ReportFormat, string>> = {};
  if (formats.includes("html") || formats.includes("pdf")) {
    const { exportHtml } = await import("relay/notebook/page/export_html.ts");
    const html = await exportHtml(notebook, { path });
    if (formats.includes("html")) writeAtomically(written.html = `${stem}.html`, html);
    if (formats.includes("pdf")) written.pdf = await writePdf(html, stem);
  }
  if (formats.includes("ipynb")) {
    const { exportIpynb } = await import("relay/notebook/page/export_ipynb.ts");
    writeAtomically(written.ipynb = `${stem}.ipynb`, exportIpynb(notebook));
  }
  if (formats.includes("md")) written.md = await writeMarkdown(page);
  return written;
}

async function writePdf(html: string, stem: string): Promise<string> {
  const { exportPdf } = await import("relay/notebook/page/export_pdf.ts");
  writeAtomically(`${stem}.pdf`, await exportPdf(html));
  return `${stem}.pdf`;
}

async function writeMarkdown({ notebook, notebookPath: path, stem }: Page): Promise<string> {
  const { exportMarkdown } = await import("relay/notebook/page/export_markdown.ts");
  const { text, files } = exportMarkdown(notebook, { path, name: basename(stem) });
  for (const [name, bytes] of files) {
    const file = `${dirname(stem)}/${name}`;
    Deno.mkdirSync(dirname(file), { recursive: true });
    writeAtomically(file, bytes);
  }
  writeAtomically(`${stem}.md`, text);
  return `${stem}.md`;
}
