/** Every output under its cell, in JupyterLab with nothing but the import in the first cell. Skipped where JupyterLab or Chromium is missing. */
import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { kernelSpec } from "relay/cli/kernel_spec.ts";
import { hasJupyterLab, JupyterLab, savedOutputs } from "../../support/jupyter_lab.ts";
import { differences, hardNotebook, savedOutcomes, shownOutcomes } from "./hard_notebook.ts";

const test = hasJupyterLab() ? it : it.skip;
const KERNELS = {
  "the plain kernel": {
    argv: [Deno.execPath(), "jupyter", "--kernel", "--conn", "{connection_file}"],
    display_name: "Deno",
    language: "typescript",
  },
  "the kernel of deno task lab": kernelSpec(Deno.cwd()),
};

describe("the hard notebook in JupyterLab", () => {
  for (const [name, spec] of Object.entries(KERNELS)) {
    test(`has every output under its cell with ${name}, live and saved`, async () => {
      // Inside the checkout, so that the kernel finds deno.json upwards from the notebook.
      await Deno.mkdir(".relay", { recursive: true });
      const folder = await Deno.makeTempDir({ dir: ".relay" });
      await Deno.writeTextFile(`${folder}/hard.ipynb`, hardNotebook());
      const lab = await JupyterLab.start({ rootDir: await Deno.realPath(folder), kernelSpec: spec });
      try {
        const notebook = await lab.open("hard.ipynb");
        await notebook.runAll();
        const live = differences(shownOutcomes(await notebook.shown()));
        await notebook.save();
        const saved = differences(savedOutcomes(await savedOutputs(`${folder}/hard.ipynb`)));
        await notebook.shutdown();
        assertEquals({ live, saved }, { live: [], saved: [] });
      } finally {
        await lab.close();
        await Deno.remove(folder, { recursive: true });
      }
    });
  }
});
