/** Figures of a saved notebook that is opened again. Skipped where JupyterLab or Chromium is missing. */
import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { kernelSpec } from "relay/cli/kernel_spec.ts";
import { hasJupyterLab, JupyterLab, type LabNotebook, notebookOf } from "../../support/jupyter_lab.ts";

const test = hasJupyterLab() ? it : it.skip;
const CELLS = [
  'import * as relay from "relay/notebook/mod.ts";',
  `await relay.show({
  data: [{ type: "scatter", x: [1, 2, 3], y: [2, 1, 3] }],
  layout: { title: { text: "Three points" }, height: 300 },
});`,
];

describe("a figure in a notebook that was saved and is opened again", () => {
  let lab: JupyterLab;
  let folder: string;

  beforeAll(async () => {
    if (!hasJupyterLab()) return;
    await Deno.mkdir(".relay", { recursive: true });
    folder = await Deno.realPath(await Deno.makeTempDir({ dir: ".relay" }));
    lab = await JupyterLab.start({ rootDir: folder, kernelSpec: kernelSpec(Deno.cwd()) });
    await Deno.writeTextFile(`${folder}/figure.ipynb`, notebookOf(CELLS));
    const notebook = await lab.open("figure.ipynb");
    await notebook.runAll();
    // Run All once more: the first cell's loader must come again, or the saved notebook has none.
    await notebook.runAll();
    assertEquals(await hasDrawn(notebook), true);
    await notebook.save();
    await notebook.shutdown();
  });

  afterAll(async () => {
    if (!hasJupyterLab()) return;
    await lab.close();
    await Deno.remove(folder, { recursive: true });
  });

  test("is interactive where the notebook is trusted", async () => {
    const notebook = await lab.open("figure.ipynb", { waitForKernel: false });
    assertEquals(await hasDrawn(notebook), true);
    await notebook.close();
  });

  test("is a still where it is not, with a word on how to trust it", async () => {
    // Another file with the same outputs, which this server has not signed.
    const text = await Deno.readTextFile(`${folder}/figure.ipynb`);
    await Deno.writeTextFile(`${folder}/foreign.ipynb`, text.replace("Three points", "Three  points"));
    const notebook = await lab.open("foreign.ipynb", { waitForKernel: false });
    const still = notebook.page.locator(".jp-OutputArea-output img").first();
    await still.waitFor();
    const { width } = (await still.boundingBox())!;
    assertEquals([await notebook.page.locator(".js-plotly-plot").count(), width > 200], [0, true]);
    assertEquals(await notebook.page.getByText(/Trust/).first().isVisible(), true);
    await notebook.close();
  });
});

async function hasDrawn({ page }: LabNotebook): Promise<boolean> {
  await page.waitForSelector(".jp-OutputArea-output .js-plotly-plot .scatterlayer .trace", {
    timeout: 20_000,
  });
  return true;
}
