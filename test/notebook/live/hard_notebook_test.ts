/** Every output under its cell, in JupyterLab with nothing but the import in the first cell. Skipped where JupyterLab or Chromium is missing. */
import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { hasJupyterLab, JupyterLab, savedOutputs } from "../../support/jupyter_lab.ts";
import { differences, hardNotebook, savedOutcomes, shownOutcomes } from "./hard_notebook.ts";

const PLAIN = [Deno.execPath(), "jupyter", "--kernel", "--conn", "{connection_file}"];
const test = hasJupyterLab() ? it : it.skip;

describe("the hard notebook in JupyterLab", () => {
  let lab: JupyterLab;
  let folder: string;

  beforeAll(async () => {
    if (!hasJupyterLab()) return;
    // Inside the checkout, so that the kernel finds deno.json upwards from the notebook.
    await Deno.mkdir(".relay", { recursive: true });
    folder = await Deno.makeTempDir({ dir: ".relay" });
    lab = await JupyterLab.start({ rootDir: await Deno.realPath(folder), kernelArgv: PLAIN });
  });

  afterAll(async () => {
    if (!hasJupyterLab()) return;
    await lab.close();
    await Deno.remove(folder, { recursive: true });
  });

  test("has every output under its cell with the plain kernel, live and saved", async () => {
    await Deno.writeTextFile(`${folder}/hard.ipynb`, hardNotebook());
    const notebook = await lab.open("hard.ipynb");
    await notebook.runAll();
    const live = differences(shownOutcomes(await notebook.shown()));
    await notebook.save();
    const saved = differences(savedOutcomes(await savedOutputs(`${folder}/hard.ipynb`)));
    await notebook.shutdown();
    assertEquals({ live, saved }, { live: [], saved: [] });
  });
});
