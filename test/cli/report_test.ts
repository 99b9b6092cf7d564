import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type Notebook, notebookJson, parseNotebook } from "relay/notebook/notebook_file.ts";
import { brief, type CellText, codeCells, notebookOf } from "../notebook/run/notebook_of.ts";

const root = new URL("../../", import.meta.url).pathname;
const directory = Deno.makeTempDirSync({ prefix: "relay-report-" });
addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
const { tasks } = JSON.parse(Deno.readTextFileSync(`${root}/deno.json`)) as {
  tasks: Record<string, { command: string }>;
};

const PARAMETERS = { code: 'let preset = "quick";\nlet n = 1;', tags: ["parameters"] };

describe("deno task report", () => {
  it("runs a notebook and writes the formats asked for", async () => {
    const path = write("sums", [PARAMETERS, 'console.log("n is " + n);\n`<b>${preset}</b>`']);
    const { code, out, err } = await report(
      path,
      "-p",
      "n=41",
      "--parameter",
      "preset=smoke",
      "--to",
      "html,ipynb,md",
    );
    assertEquals([code, err], [0, ""]);
    assert(/^\[1\/3\] \d+\.\d s {2}let preset = "quick";$/m.test(out), out);
    assert(out.includes(`Written: ${directory}/sums_smoke.html`), out);
    const notebook = executed("sums_smoke");
    assertEquals(codeCells(notebook).map(({ outputs }) => brief(outputs)), [[], [], [
      "stdout: n is 41\n",
      '"<b>smoke</b>"',
    ]]);
    const { parameters, command, status } = notebook.metadata.relay as Record<string, unknown>;
    assertEquals([parameters, status], [{ n: 41, preset: "smoke" }, "complete"]);
    assert(String(command).startsWith("deno task report "), String(command));
    const page = Deno.readTextFileSync(`${directory}/sums_smoke.html`);
    assert(page.includes("n is 41") && page.includes("&lt;b&gt;smoke"), "the page shows no escaped output");
    assert(Deno.readTextFileSync(`${directory}/sums_smoke.md`).includes("n is 41"));
    assert(!Deno.readTextFileSync(path).includes("41"), "the notebook itself was changed");
  });

  it("exports what is there with --no-run", async () => {
    const notebook = notebookOf('console.log("never")');
    codeCells(notebook)[0]!.outputs = [{ output_type: "stream", name: "stdout", text: "kept from before" }];
    Deno.writeTextFileSync(`${directory}/kept.ipynb`, notebookJson(notebook));
    assertEquals((await report(`${directory}/kept.ipynb`, "--no-run", "--to=html")).code, 0);
    assert(Deno.readTextFileSync(`${directory}/kept.html`).includes("kept from before"));
  });

  it("ends with 1 and one line when a cell fails, and leaves the page", async () => {
    const path = write("fails", [
      'console.log("before")',
      "let a = 1;\nthrow new RangeError(`no\n${a}`);",
      "3",
    ]);
    const { code, out, err } = await report(path);
    assertEquals([code, err], [1, ""]);
    assert(out.includes("Not run to its end: cell [2], line 2: RangeError: no 1\n"), out);
    assert(out.includes(`As far as it came: ${directory}/fails.html, ${directory}/fails.ipynb`), out);
    assert(Deno.readTextFileSync(`${directory}/fails.html`).includes("RangeError"));
    assertEquals(codeCells(executed("fails")).map(({ outputs }) => outputs.length), [1, 1, 0]);
  });

  it("ends with 1 after the time limit", async () => {
    const path = write("slow", ["await new Promise((resolve) => setTimeout(resolve, 2500));", "2"]);
    const { code, out } = await report(path, "--timeout", "1");
    assertEquals(code, 1);
    assert(out.includes("cell [1]: the cell took longer than its limit of 1 s"), out);
  });

  it("ends with 130 after Ctrl-C; page and notebook say so", async () => {
    const listens =
      'import { stopSignal } from "relay/notebook/live/stop.ts";\nconst stop = stopSignal();\nconsole.log("begun");\nwhile (!stop.aborted) await new Promise((resolve) => setTimeout(resolve, 5));';
    const process = start(write("stopped", ["1", listens, "3"]));
    let out = "";
    const decoder = new TextDecoder();
    for await (const bytes of process.stdout) {
      out += decoder.decode(bytes, { stream: true });
      if (/^\[1\/3\].*\n$/.test(out)) setTimeout(() => process.kill("SIGINT"), 300);
    }
    assertEquals((await process.status).code, 130);
    assert(out.includes("Not run to its end: cell [2]: the run was stopped"), out);
    const outputs = codeCells(executed("stopped")).map(({ outputs }) => brief(outputs));
    assertEquals(outputs[1]!.at(-1), "Stopped: the run was stopped (Ctrl-C) (cell [2])");
    assertEquals(outputs[2], []);
    assert(Deno.readTextFileSync(`${directory}/stopped.html`).includes("the run was stopped"));
  });

  it("tells a mistake in one line, with exit code 2", async () => {
    const path = write("mistakes", [PARAMETERS]);
    Deno.writeTextFileSync(`${directory}/no.ipynb`, "[]");
    const cases: [string[], string][] = [
      [[], "Cannot make a report: no notebook is given"],
      [[path, "other"], "Cannot read the argument other: expected one notebook"],
      [[`${directory}/nowhere.ipynb`], `Cannot read ${directory}/nowhere.ipynb: `],
      [[`${directory}/no.ipynb`], `Cannot read ${directory}/no.ipynb: `],
      [[path, "-p", "m=1"], 'Cannot set the parameter m: the notebook has preset ("quick"), n (1)'],
      [[path, "-p=n=x"], "Cannot set the parameter n: it is x, expected a number like its default 1"],
      [[path, "-p", "n=2", "--no-run"], "Cannot set parameters: with --no-run no cell runs"],
      [[path, "--to", "html,doc"], 'Cannot find the format "doc": expected one of html, ipynb, md, pdf'],
      [[path, "--timeout", "soon"], 'Cannot read --timeout: it is "soon", expected an integer ≥ 1'],
      [[path, "--speed"], "Cannot read the option --speed: expected one of --parameter"],
    ];
    const results = await Promise.all(cases.map(([args]) => report(...args)));
    for (const [i, [args, message]] of cases.entries()) {
      const { code, err } = results[i]!;
      assertEquals([code, err.startsWith(message), err.split("\n").length], [2, true, 1], `${args}: ${err}`);
    }
  });
});

function write(name: string, cells: readonly CellText[]): string {
  const path = `${directory}/source/${name}.ipynb`;
  Deno.mkdirSync(`${directory}/source`, { recursive: true });
  // Cells import by the names of this checkout's import map.
  const config = JSON.parse(Deno.readTextFileSync(`${root}/deno.json`)) as {
    imports: Record<string, string>;
  };
  const imports = { ...config.imports, "relay/": `${root}src/` };
  Deno.writeTextFileSync(`${directory}/deno.json`, JSON.stringify({ imports }));
  Deno.writeTextFileSync(path, notebookJson(notebookOf(...cells)));
  return path;
}

/** What the report has left of a notebook. */
function executed(name: string): Notebook {
  const path = `${directory}/${name}.ipynb`;
  return parseNotebook(Deno.readTextFileSync(path), path);
}

/** Starts the task with just the permissions it names. */
function start(...args: string[]): Deno.ChildProcess {
  const [, ...command] = tasks.report!.command.split(" ");
  return new Deno.Command(Deno.execPath(), {
    args: [...command, ...args, "--out", directory],
    cwd: root,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function report(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await start(...args).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  return { code, out: text(stdout), err: text(stderr) };
}
