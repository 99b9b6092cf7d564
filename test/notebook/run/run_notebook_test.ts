import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { joined, type Output, parseNotebook } from "relay/notebook/notebook_file.ts";
import { runNotebook } from "relay/notebook/run/run_notebook.ts";
import { differences, hardNotebook, savedOutcomes } from "../live/hard_notebook.ts";
import { brief, codeCells, runCells } from "./notebook_of.ts";

/** Displays text under an id. */
const show = (text: string, id: string, type = "display_data") =>
  `await Deno.jupyter.broadcast("${type}", { data: { "text/plain": "${text}" }, metadata: {}, transient: { display_id: "${id}" } });`;

describe("a run", () => {
  it("gives each cell its outputs, counts and times", async () => {
    const { outputs, notebook, failure } = await runCells([
      "let x = 2;\nx * 21",
      "",
      'console.log("a"); console.log("b"); console.error("c"); console.log("d"); void 0',
      "await new Promise((resolve) => setTimeout(resolve, 20)); x++; void 0",
    ]);
    assertEquals(failure, undefined);
    assertEquals(outputs.map(brief), [["42"], [], [
      "stdout: a\nb\n",
      "stderr: c\n",
      "stdout: d\n",
    ], []]);
    const cells = codeCells(notebook);
    assertEquals(cells.map((cell) => cell.execution_count), [1, null, 2, 3]);
    assert((cells[3]!.metadata as { relay: { ms: number } }).relay.ms >= 20);
    assertEquals((notebook.metadata as { relay: { status: string } }).relay.status, "complete");
  });

  it("updates displays in place, across cells, and clears outputs", async () => {
    const { outputs } = await runCells([
      show("1", "a") + show("other", "b"),
      show("2", "a") + show("3", "a", "update_display_data"),
      'console.log("gone"); await Deno.jupyter.broadcast("clear_output", { wait: false }); console.log("stays");',
      'console.log("shown"); await Deno.jupyter.broadcast("clear_output", { wait: true });',
      'console.log("gone"); await Deno.jupyter.broadcast("clear_output", { wait: true }); console.log("new");',
    ]);
    assertEquals(outputs.map(brief), [
      ["3", "other"],
      ["3"],
      ["stdout: stays\n"],
      ["stdout: shown\n"],
      ["stdout: new\n"],
    ]);
  });

  it("stops at the first cell that fails; later cells have no outputs, old ones neither", async () => {
    const seen: number[] = [];
    const { outputs, failure, notebook } = await runCells([
      'console.log("before");\nthrow new TypeError("wrong");',
      "1 + 1",
    ], { onCell: ({ number }) => seen.push(number) });
    assertEquals(failure, { cell: 1, line: 2, message: "TypeError: wrong", kind: "error" });
    assertEquals(brief(outputs[0]!), ["stdout: before\n", "TypeError: wrong (cell [1], line 2)"]);
    assertEquals([outputs[1], codeCells(notebook)[1]!.execution_count], [[], null]);
    assertEquals(seen, [1]);
  });

  it("runs with other parameters than the notebook's", async () => {
    const { outputs } = await runCells([{ code: "let n = 1;", tags: ["parameters"] }, "n + 1"], {
      parameters: { n: 41 },
    });
    assertEquals(outputs.map(brief), [[], [], ["42"]]);
  });
});

describe("the hard notebook", () => {
  it("has every output under its cell", async () => {
    const notebook = parseNotebook(hardNotebook(), "hard.ipynb");
    const result = await runNotebook(notebook, { path: import.meta.filename! });
    assertEquals(result.failure, undefined);
    assertEquals(differences(savedOutcomes(codeCells(result.notebook).map(({ outputs }) => outputs))), []);
  });
});

describe("a cell's error", () => {
  it("names a syntax error's line, before any cell has run", async () => {
    const { outputs, failure } = await runCells(['console.log("not run")', "let a = 1;\nlet b = (a;"]);
    assertEquals(failure?.cell, 2);
    assertEquals(failure?.line, 2);
    assertEquals(outputs[0], []);
    const [error] = outputs[1]! as [Extract<Output, { output_type: "error" }>];
    assertEquals([error.ename, error.evalue.replace(/^.*\(/, "(")], ["SyntaxError", "(cell [2], line 2)"]);
    assertEquals(error.traceback.slice(2), ["cell [2], line 2", "2 | let b = (a;", "              ^"]);
  });

  it("names exports that are not there, unless they are types", async () => {
    const missing = await runCells([
      'import {\n  FileRef,\n  writeAtomicaly,\n} from "relay/train/files.ts";',
      "const ref: FileRef | undefined = undefined;\nwriteAtomicaly;",
    ]);
    assertEquals(brief(missing.outputs[0]!), [
      'ImportError: "relay/train/files.ts" has no export "writeAtomicaly", did you mean "writeAtomically"? (cell [1], line 3)',
    ]);
    const member = await runCells([
      'import * as files from "relay/train/files.ts";',
      "files.readJson;\nfiles.readJsn;",
    ]);
    assertEquals(member.failure, {
      cell: 2,
      line: 2,
      kind: "error",
      message: 'ImportError: "relay/train/files.ts" has no export "readJsn", did you mean "readJson"?',
    });
  });

  it("tells of a module that is not there", async () => {
    const { failure } = await runCells(['\nimport { x } from "./nowhere.ts";\nx;']);
    assertEquals([failure?.cell, failure?.line], [1, 2]);
    assertIncludes(failure!.message, "nowhere.ts");
  });

  it("is what nobody caught: a rejection, a timer's error", async () => {
    const rejected = await runCells([
      'console.log("a");\nPromise.reject(new RangeError("unseen"));\nvoid 0',
      "1",
    ]);
    assertEquals(brief(rejected.outputs[0]!), [
      "stdout: a\n",
      "RangeError: unseen – a promise that nobody awaits failed (cell [1], line 2)",
    ]);
    assertEquals(rejected.outputs[1], []);
    const timer = await runCells([
      "setTimeout(() => {\n  null!.foo;\n}, 30);\nconst wait = () => new Promise((resolve) => setTimeout(resolve, 100));\nvoid 0;",
      "await wait();",
      "1",
    ]);
    assertEquals([timer.failure?.cell, timer.failure?.line], [1, 2]);
    assertIncludes(brief(timer.outputs[0]!)[0]!, "in a timer or listener");
    assertEquals(timer.outputs[2], []);
  });

  it("is what was thrown, Error or not", async () => {
    for (const thrown of ['"text"', "{ a: 1 }", "undefined"]) {
      const { failure } = await runCells([`throw ${thrown};`]);
      assertEquals(failure?.cell, 1, thrown);
    }
  });

  it("keeps the frames of other files", async () => {
    const { outputs } = await runCells([
      'import { readJson } from "relay/train/files.ts";\nreadJson("/proc/self/mem\\0");',
    ]);
    const [{ traceback }] = outputs[0]! as [Extract<Output, { output_type: "error" }>];
    assertIncludes(traceback.join("\n"), "at readJson (file:///");
    assertIncludes(traceback.join("\n"), "at cell [1]:2:1");
  });
});

describe("a run that is ended", () => {
  const loop = 'console.log("begun");\nawait new Promise((resolve) => setTimeout(resolve, 60_000));';
  const graceMs = 300;

  it("by the time limit says so under the cell", async () => {
    const { outputs, failure } = await runCells([loop, "1"], { timeoutMs: 300, graceMs });
    assertEquals(failure?.kind, "timeout");
    assertEquals(brief(outputs[0]!), [
      "stdout: begun\n",
      "TimeLimit: the cell took longer than its limit of 0.3 s (cell [1])",
    ]);
    assertEquals(outputs[1], []);
  });

  it("by a signal says so under the cell, and keeps what the cell had shown", async () => {
    const stop = new AbortController();
    const { outputs, failure, notebook } = await runCells(["1", 'console.log("begun");\nfor (;;);'], {
      signal: stop.signal,
      graceMs,
      onStart: ({ number }) => void (number === 2 && setTimeout(() => stop.abort("Ctrl-C"), 300)),
    });
    assertEquals(failure?.kind, "stopped");
    assertEquals(brief(outputs[1]!), ["stdout: begun\n", "Stopped: the run was stopped (Ctrl-C) (cell [2])"]);
    assertEquals((notebook.metadata as { relay: { status: string } }).relay.status, "stopped");
  });

  it("by a signal lets a cell that listens to Stop end by itself", async () => {
    const stop = new AbortController();
    const { outputs, failure } = await runCells([
      'import { stopSignal } from "relay/notebook/live/stop.ts";',
      'const stop = stopSignal();\nwhile (!stop.aborted) await new Promise((resolve) => setTimeout(resolve, 5));\nconsole.log("ended well");',
    ], {
      signal: stop.signal,
      onStart: ({ number }) => void (number === 2 && setTimeout(() => stop.abort("Ctrl-C"), 200)),
    });
    assertEquals(failure?.kind, "stopped");
    assertEquals(brief(outputs[1]!)[0], "stdout: ended well\n");
  });

  it("by the kernel's death tells how it died", async () => {
    const { outputs, failure } = await runCells([
      'console.log("begun");\nawait 0;\nDeno.kill(Deno.pid, "SIGKILL");\nfor (;;);',
      "1",
    ]);
    assertEquals(failure?.kind, "kernel");
    assertIncludes(brief(outputs[0]!).at(-1)!, "The kernel died: killed by SIGKILL");
    const exit = await runCells(["Deno.exit(3);"]);
    assertIncludes(exit.failure!.message, "exit code 3");
  });
});

describe("twelve cells of 300 lines and a figure each", () => {
  const runs = Number(Deno.env.get("RELAY_RUNS") ?? 3);
  const cell = (n: number) =>
    `for (let i = 0; i < 300; i++) console.log("cell ${n} line " + i);
await Deno.jupyter.broadcast("display_data", { data: { "text/plain": "figure ${n}", "application/json": Array.from({ length: 2000 }, (_, i) => i) }, metadata: {}, transient: {} });
"end ${n}"`;
  const text = (n: number) => Array.from({ length: 300 }, (_, i) => `cell ${n} line ${i}\n`).join("");

  it(`arrive whole, each under its cell, in ${runs} of ${runs} runs`, async () => {
    const expected = Array.from(
      { length: 12 },
      (_, n) => [`stdout: ${text(n)}`, `figure ${n}`, `"end ${n}"`],
    );
    for (let run = 0; run < runs; run++) {
      const { outputs } = await runCells(expected.map((_, n) => cell(n)));
      assertEquals(outputs.map(brief), expected);
      assertEquals(
        joined(outputs.flat().filter((output) => output.output_type === "stream").flatMap(({ text }) => text))
          .split("\n").length,
        3601,
      );
    }
  });
});

function assertIncludes(text: string, part: string): void {
  assert(text.includes(part), `${JSON.stringify(text)} has no ${JSON.stringify(part)}`);
}
