/**
 * A notebook that is hard on a kernel which says `idle` before its outputs are out. Every line and output names its cell, so that one
 * that has gone astray is seen.
 * @module
 */
import { notebookOf, type SavedOutput, type ShownOutput } from "../../support/jupyter_lab.ts";

interface HardCell {
  readonly source: string;
  /** What it prints, whole. */
  readonly printed?: string;
  /** Text of each output that it displays, in order. */
  readonly displayed?: readonly string[];
  readonly error?: string;
}

/** What a cell left, as it can be compared. */
export interface CellOutcome {
  readonly printed: string;
  readonly displayed: readonly string[];
  readonly error: string;
}

const BUSY_1_S = `for (const end = performance.now() + 1000; performance.now() < end;);`;

const CELLS: readonly HardCell[] = [
  { source: `import { display } from "relay/notebook/mod.ts";`, displayed: ["*"] },
  awaitedLines("a", 200),
  {
    source: `for (let i = 0; i < 30; i++) display({ "text/plain": "display b " + i }); void 0`,
    displayed: count(30, (i) => `display b ${i}`),
  },
  bigFigure("c"),
  awaitedLines("d", 300),
  {
    source: `for (let i = 0; i < 10_000; i++) console.log("line e", i);`,
    printed: text(10_000, (i) => `line e ${i}`),
  },
  failing("f"),
  {
    source: `console.log("before g"); ${BUSY_1_S} console.log("after g");`,
    printed: "before g\nafter g\n",
  },
  failing("h"),
  failing("i"),
  bigFigure("j"),
  { source: `console.log("line k"); 6 * 7`, printed: "line k\n", displayed: ["42"] },
  awaitedLines("l", 200),
  { source: `console.log("line m");`, printed: "line m\n" },
];

/** The notebook as JSON; its failing cells carry the tag by which a front end does not stop at them. */
export function hardNotebook(): string {
  const notebook = JSON.parse(notebookOf(CELLS.map(({ source }) => source)));
  CELLS.forEach(({ error }, i) => {
    if (error) notebook.cells[i].metadata = { tags: ["raises-exception"] };
  });
  return JSON.stringify(notebook);
}

/** What each cell must have left. */
export function expectedOutcomes(): CellOutcome[] {
  return CELLS.map(({ printed = "", displayed = [], error = "" }) => ({ printed, displayed, error }));
}

/** What each cell shows on the screen. */
export function shownOutcomes(cells: readonly (readonly ShownOutput[])[]): CellOutcome[] {
  return withoutLoader(cells.map((outputs) => ({
    printed: outputs.filter(({ mime }) => mime === "application/vnd.jupyter.stdout").map(({ text }) => text)
      .join(""),
    displayed: outputs.filter(({ mime }) => mime.startsWith("text/")).map(({ text }) => text.trim()),
    error: firstMatch(
      outputs.find(({ mime }) => mime === "application/vnd.jupyter.stderr")?.text,
      /failed \w/,
    ),
  })));
}

/** What each cell has in the saved file. */
export function savedOutcomes(cells: readonly (readonly SavedOutput[])[]): CellOutcome[] {
  return withoutLoader(cells.map((outputs) => ({
    printed: outputs.filter(({ output_type }) => output_type === "stream").map(({ text }) => joined(text))
      .join(""),
    displayed: outputs.filter(({ data }) => data).map(({ data }) => withoutAnsi(joined(data!["text/plain"]))),
    error: firstMatch(outputs.find(({ output_type }) => output_type === "error")?.evalue, /failed \w/),
  })));
}

/** What differs, a line a cell, short enough to read. */
export function differences(actual: readonly CellOutcome[]): string[] {
  return expectedOutcomes().flatMap((expected, i) => {
    const seen = actual[i]!;
    const parts: string[] = [];
    if (seen.printed !== expected.printed) {
      parts.push(`printed ${seen.printed.length} characters, expected ${expected.printed.length}`);
    }
    if (seen.displayed.join("\n") !== expected.displayed.join("\n")) {
      parts.push(`displayed ${JSON.stringify(seen.displayed).slice(0, 200)}`);
    }
    if (seen.error !== expected.error) parts.push(`error ${seen.error || "none"}`);
    return parts.length > 0 ? [`cell ${i}: ${parts.join("; ")}`] : [];
  });
}

function awaitedLines(name: string, lines: number): HardCell {
  return {
    source: `for (let i = 0; i < ${lines}; i++) { console.log("line ${name}", i); await null; }`,
    printed: text(lines, (i) => `line ${name} ${i}`),
  };
}

/** 300,000 points, as data and in the HTML beside it. */
function bigFigure(name: string): HardCell {
  return {
    source: `{
  const axis = { dtype: "f4", bdata: new Uint8Array(4 * 300_000).toBase64() };
  const figure = { data: [{ x: axis, y: axis }], layout: {} };
  console.log("before ${name}");
  await display({
    "text/plain": "figure ${name}",
    "text/html": "<b>figure ${name}</b><!--" + JSON.stringify(figure) + "-->",
    "application/vnd.plotly.v1+json": figure,
  });
  for (let i = 0; i < 50; i++) console.log("line ${name}", i);
}`,
    printed: `before ${name}\n` + text(50, (i) => `line ${name} ${i}`),
    displayed: [`figure ${name}`],
  };
}

function failing(name: string): HardCell {
  return {
    source: `for (let i = 0; i < 20; i++) console.log("line ${name}", i); throw new Error("failed ${name}");`,
    printed: text(20, (i) => `line ${name} ${i}`),
    error: `failed ${name}`,
  };
}

/** The first cell shows Plotly's loader, whose text is its own affair. */
function withoutLoader([first, ...others]: CellOutcome[]): CellOutcome[] {
  return [{ ...first!, displayed: first!.displayed.map(() => "*") }, ...others];
}

function text(lines: number, line: (i: number) => string): string {
  return count(lines, (i) => `${line(i)}\n`).join("");
}

function count<T>(length: number, item: (i: number) => T): T[] {
  return Array.from({ length }, (_, i) => item(i));
}

function joined(source: unknown): string {
  return Array.isArray(source) ? source.join("") : String(source ?? "");
}

function withoutAnsi(colored: string): string {
  // deno-lint-ignore no-control-regex
  return colored.replaceAll(/\u001b\[\d+m/g, "");
}

function firstMatch(text: string | undefined, pattern: RegExp): string {
  return pattern.exec(text ?? "")?.[0] ?? "";
}
