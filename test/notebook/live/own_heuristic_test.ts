/** The repository's notebook of one's own sharing rule, as a reader uses it in JupyterLab. Skipped where JupyterLab or Chromium is missing. */
import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { kernelSpec } from "relay/cli/kernel_spec.ts";
import { joined, type Notebook, notebookJson, readNotebook } from "relay/notebook/notebook_file.ts";
import { hasJupyterLab, JupyterLab, type LabNotebook, savedOutputs } from "../../support/jupyter_lab.ts";

const test = hasJupyterLab() ? it : it.skip;
const LOADING_MS = 120_000;
/** Set it to a folder to look at what the test saw. */
const SCREENSHOTS = Deno.env.get("RELAY_SCREENSHOTS");

/** Kinds of outputs. */
const FIGURE = "figure";
const TEXT = "text";
const CLAIM = "claims";

describe("super_own_heuristic in JupyterLab", () => {
  let lab: JupyterLab;
  let folder: string;
  let source: Notebook;

  beforeAll(async () => {
    if (!hasJupyterLab()) return;
    await Deno.mkdir(".relay", { recursive: true });
    folder = await Deno.realPath(await Deno.makeTempDir({ dir: ".relay" }));
    source = await readNotebook("notebooks/super_own_heuristic.ipynb");
    lab = await JupyterLab.start({ rootDir: folder, kernelSpec: kernelSpec(Deno.cwd()) });
  });

  afterAll(async () => {
    if (!hasJupyterLab()) return;
    await lab.close();
    await Deno.remove(folder, { recursive: true });
  });

  /** Opens a copy whose parameters are these. */
  async function open(name: string, parameters: string): Promise<LabNotebook> {
    const copy = structuredClone(source);
    copy.cells[2]!.source = parameters;
    await Deno.writeTextFile(`${folder}/${name}`, notebookJson(copy));
    return await lab.open(name);
  }

  /** The cell that holds the words. */
  function cellWith(words: string): number {
    return source.cells.findIndex((cell) => cell.cell_type === "code" && joined(cell.source).includes(words));
  }

  async function screenshot(notebook: LabNotebook, name: string): Promise<void> {
    if (SCREENSHOTS) await notebook.screenshot(`${SCREENSHOTS}/${name}.png`);
  }

  test("puts every output under its cell, follows a changed rule, and is whole when it is opened again", async () => {
    const notebook = await open(
      "own.ipynb",
      `let preset = "smoke"; let seeds = 1; let runsDir = ${JSON.stringify(`${folder}/runs`)};`,
    );
    await notebook.runAll(LOADING_MS);
    await screenshot(notebook, "own_heuristic");
    const rule = cellWith("const mine");
    const expected: Record<number, string[]> = {
      [cellWith("import * as relay")]: ["loader"],
      [cellWith("const before")]: [TEXT, FIGURE],
      [rule]: [FIGURE],
      [cellWith("const results")]: [TEXT, FIGURE],
      [cellWith("finalReturns")]: [FIGURE, FIGURE, TEXT],
      [cellWith("relay.claim")]: [CLAIM, CLAIM, TEXT],
    };
    await notebook.save();
    assertEquals(await savedKinds(`${folder}/own.ipynb`), expected);
    assertEquals(await drawnFigures(notebook), { [rule]: 1, ...drawn(expected) });

    const before = await legendOf(notebook, rule);
    const code = joined(source.cells[rule]!.source);
    await notebook.edit(rule, code.replace("3 * window.mean()", "1.5 * window.mean()"));
    await notebook.runCell(rule);
    const after = await legendOf(notebook, rule);
    assert(/sent \(/.test(before) && /sent \(/.test(after), `${before} | ${after}`);
    assert(before !== after, "the changed rule shows the same decisions");
    await screenshot(notebook, "own_heuristic_changed");

    await notebook.save();
    await notebook.shutdown();
    const again = await lab.open("own.ipynb", { waitForKernel: false });
    await again.page.waitForTimeout(3000);
    await screenshot(again, "own_heuristic_reopened");
    assertEquals(await drawnOrStill(again), { [rule]: 1, ...drawn(expected) });
    await again.close();
  });

  test("stops training in the middle, says so, keeps every run, and the next cell works", async () => {
    const notebook = await open(
      "stopped.ipynb",
      `let preset = "quick"; let seeds = 1; let runsDir = ${JSON.stringify(`${folder}/stopped`)};`,
    );
    const training = cellWith("const before");
    await notebook.pressRunAll();
    await notebook.waitForText(training, "steps/s");
    await notebook.pressStop();
    await notebook.waitUntilDone(LOADING_MS);
    const shown = (await notebook.shown())[training]!.map(({ text }) => text).join("\n");
    assert(shown.includes("Stopped by the Stop button: 0 of 2 runs are finished"), shown);
    await screenshot(notebook, "stopped");
    const next = cellWith("const mine");
    await notebook.edit(next, "preset + seeds");
    await notebook.runCell(next);
    assertEquals((await notebook.shown())[next]!.map(({ text }) => text.trim()), [`"quick1"`]);
    const checkpoints = [...Deno.readDirSync(`${folder}/stopped`)].map(({ name }) =>
      Deno.statSync(`${folder}/stopped/${name}/checkpoint/state.json`).isFile
    );
    assertEquals(checkpoints, [true, true]);
    await notebook.shutdown();
  });
});

/** Kinds of Relay's outputs by cell, cells without outputs left out. */
async function savedKinds(path: string): Promise<Record<number, string[]>> {
  const cells = await savedOutputs(path);
  return Object.fromEntries(
    cells.flatMap((outputs, i) => outputs.length > 0 ? [[i, outputs.map(kindOf)]] : []),
  );
}

function kindOf({ output_type, data = {}, ...rest }: Awaited<ReturnType<typeof savedOutputs>>[0][0]): string {
  const relay = data["application/vnd.relay.v1+json"] as { kind?: string } | undefined;
  if (relay?.kind) return relay.kind;
  return "text/html" in data ? TEXT : `${output_type} ${JSON.stringify(rest)}`;
}

function drawn(kinds: Record<number, string[]>): Record<number, number> {
  return Object.fromEntries(
    Object.entries(kinds).flatMap(([cell, outputs]) => {
      const figures = outputs.filter((kind) => kind === FIGURE).length;
      return figures > 0 ? [[cell, figures]] : [];
    }),
  );
}

/** Figures that Plotly has drawn, by cell. */
async function drawnFigures(notebook: LabNotebook): Promise<Record<number, number>> {
  return await count(notebook, ".jp-OutputArea-output .js-plotly-plot .main-svg:first-child");
}

/** Figures that are there, drawn or as stills. */
async function drawnOrStill(notebook: LabNotebook): Promise<Record<number, number>> {
  return await count(
    notebook,
    ".jp-OutputArea-output .js-plotly-plot .main-svg:first-child, .jp-OutputArea-output img[src^='data:image/png']",
  );
}

async function count(notebook: LabNotebook, selector: string): Promise<Record<number, number>> {
  const counts = await notebook.page.evaluate(
    (selector) =>
      [...document.querySelectorAll(".jp-Notebook .jp-Cell")].map((cell) =>
        cell.querySelectorAll(selector).length
      ),
    selector,
  );
  return Object.fromEntries(counts.flatMap((figures, i) => figures > 0 ? [[i, figures]] : []));
}

async function legendOf(notebook: LabNotebook, cell: number): Promise<string> {
  await notebook.page.waitForTimeout(1000);
  return await notebook.page.evaluate(
    (i) =>
      [...document.querySelectorAll(".jp-Notebook .jp-Cell")[i]!.querySelectorAll(".legendtext")]
        .map(({ textContent }) => textContent).join("; "),
    cell,
  );
}
