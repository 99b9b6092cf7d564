/** A live session with the kernel of `deno task lab`. Skipped where JupyterLab or Chromium is missing. */
import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { kernelSpec } from "relay/cli/kernel_spec.ts";
import { hasJupyterLab, JupyterLab, type LabNotebook, notebookOf } from "../../support/jupyter_lab.ts";

const test = hasJupyterLab() ? it : it.skip;
const FAILED = "Not run: a cell before this one failed.";
const STOPPED = "Not run: a cell before this one was stopped.";
const IMPORT = `import { stopSignal } from "relay/notebook/live/stop.ts";`;
/** Goes on until Stop. */
const LOOP = `const stop = stopSignal();
let steps = 0;
console.log("begun");
while (!stop.aborted) { steps++; await new Promise((resolve) => setTimeout(resolve, 10)); }
console.log("ended");`;

describe("a session in JupyterLab", () => {
  let lab: JupyterLab;
  let folder: string;

  beforeAll(async () => {
    if (!hasJupyterLab()) return;
    // Inside the checkout, so that the kernel finds deno.json upwards from the notebook.
    await Deno.mkdir(".relay", { recursive: true });
    folder = await Deno.realPath(await Deno.makeTempDir({ dir: ".relay" }));
    lab = await JupyterLab.start({ rootDir: folder, kernelSpec: kernelSpec(Deno.cwd()) });
  });

  afterAll(async () => {
    if (!hasJupyterLab()) return;
    await lab.close();
    await Deno.remove(folder, { recursive: true });
  });

  async function withNotebook(
    sources: readonly string[],
    body: (notebook: LabNotebook) => Promise<void>,
  ): Promise<void> {
    const name = `${crypto.randomUUID()}.ipynb`;
    await Deno.writeTextFile(`${folder}/${name}`, notebookOf(sources));
    const notebook = await lab.open(name);
    try {
      await body(notebook);
    } finally {
      await notebook.shutdown();
    }
  }

  test("runs no cell after one that failed, so that none computes on the results of an earlier success", async () => {
    await withNotebook(["const x = 1;", 'console.log("computed with", x);', "x + 1"], async (notebook) => {
      await notebook.runAll();
      assertEquals(await texts(notebook), [[], ["computed with 1"], ["2"]]);
      await notebook.edit(0, 'const x = [1].map(() => { throw new Error("no x"); })[0];');
      await notebook.runAll();
      const [failed, ...later] = await texts(notebook);
      assert(failed![0]!.startsWith("Error: no x"), failed![0]);
      assertEquals(later, [[FAILED], [FAILED]]);
      assertEquals((await notebook.prompts()).slice(1), ["[ ]:", "[ ]:"]);
      await notebook.edit(0, "const x = 5;");
      await notebook.runAll();
      assertEquals(await texts(notebook), [[], ["computed with 5"], ["6"]]);
    });
  });

  test("shows a syntax error with its line, and does not go on", async () => {
    await withNotebook(["let a = 1;\nlet b = ;", "console.log(1)"], async (notebook) => {
      await notebook.runAll();
      const [failed, later] = await texts(notebook);
      assert(/SyntaxError[\s\S]*2/.test(failed!.join("\n")), JSON.stringify(failed));
      assertEquals(later, [FAILED]);
    });
  });

  test("stops a loop that listens, keeps its state, leaves out what was waiting, and goes on", async () => {
    await withNotebook([IMPORT, LOOP, 'console.log("later", steps > 0);'], async (notebook) => {
      await notebook.pressRunAll();
      await notebook.waitForText(1, "begun");
      await notebook.pressStop();
      await notebook.waitUntilDone();
      assertEquals(await texts(notebook), [[], ["begun\nended"], [STOPPED]]);
      await notebook.runCell(2);
      assertEquals((await texts(notebook))[2], ["later true"]);
    });
  });

  test("tells a cell that does not listen to Stop, and keeps the kernel", async () => {
    const deaf =
      'let kept = 7; await new Promise((resolve) => setTimeout(resolve, 4500)); console.log("ended");';
    await withNotebook([deaf, "kept"], async (notebook) => {
      await notebook.pressRunCell(0);
      await notebook.waitForPrompt(0, "[*]:");
      await notebook.pressStop();
      await notebook.waitUntilDone();
      const [[warning, ended]] = await texts(notebook) as [[string, string]];
      assert(warning.includes("only Kernel → Restart Kernel ends it"), warning);
      assertEquals(ended, "ended");
      await notebook.runCell(1);
      assertEquals((await texts(notebook))[1], ["7"]);
    });
  });

  test("shows what nobody awaits or catches, and keeps the kernel", async () => {
    const source =
      `Promise.reject(new Error("alone")); setTimeout(() => { throw new TypeError("in a timer"); }, 10);
await new Promise((resolve) => setTimeout(resolve, 100));`;
    await withNotebook([source, "1 + 1"], async (notebook) => {
      await notebook.runAll();
      const [[report], result] = await texts(notebook) as [[string], string[]];
      assert(/Error: alone[\s\S]*TypeError: in a timer/.test(report), report);
      assertEquals(result, ["2"]);
    });
  });

  test("names the cell and line of an error, also of one in a function of an earlier cell", async () => {
    const define =
      "interface Options {\n  readonly x: number;\n}\n\nfunction fail({ x }: Options): never {\n  throw new RangeError(`x is ${x}`);\n}";
    await withNotebook([
      define,
      "// calls it\nfail({ x: 3 });",
      'import { nope } from "relay/notebook/html.ts";\nnope;',
    ], async (notebook) => {
      await notebook.runAll();
      const [, [failed]] = await texts(notebook) as [unknown, [string]];
      assert(failed.startsWith("RangeError: x is 3") && failed.includes("cell [1], line 6"), failed);
      await notebook.runCell(2);
      const [missing] = (await texts(notebook))[2]!;
      assert(missing!.includes('"relay/notebook/html.ts" has no export "nope"'), missing);
    });
  });

  test("says why the kernel has ended when a cell ends it, and has a new one", async () => {
    await withNotebook(["await null; Deno.exit(3);", "1 + 1"], async (notebook) => {
      await notebook.pressRunCell(0);
      await notebook.waitForText(0, "the kernel has ended and its variables are lost");
    });
  });

  test("has a fresh kernel after Restart, also while a cell works without a pause", async () => {
    await withNotebook(["let n = 1;", "for (;;);", "typeof n"], async (notebook) => {
      await notebook.runCell(0);
      await notebook.pressRunCell(1);
      await notebook.waitForPrompt(1, "[*]:");
      await notebook.restart();
      await notebook.runCell(2);
      assertEquals((await texts(notebook))[2], ['"undefined"']);
    });
  });
});

/** Texts of each cell's outputs. */
async function texts(notebook: LabNotebook): Promise<string[][]> {
  return (await notebook.shown()).map((outputs) => outputs.map(({ text }) => text.trim()));
}
