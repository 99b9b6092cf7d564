/** No kernel outlives JupyterLab. Skipped where JupyterLab or Chromium is missing. */
import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { kernelSpec } from "relay/cli/kernel_spec.ts";
import { hasJupyterLab, JupyterLab, notebookOf, type ShownOutput } from "../../support/jupyter_lab.ts";

const test = hasJupyterLab() ? it : it.skip;
const END_MS = 30_000;

describe("a kernel of deno task lab", () => {
  test("ends when JupyterLab is killed without a word", async () => {
    await Deno.mkdir(".relay", { recursive: true });
    const folder = await Deno.realPath(await Deno.makeTempDir({ dir: ".relay" }));
    const lab = await JupyterLab.start({ rootDir: folder, kernelSpec: kernelSpec(Deno.cwd()) });
    await Deno.writeTextFile(`${folder}/pids.ipynb`, notebookOf(["`pids ${Deno.pid} ${Deno.ppid}.`"]));
    const notebook = await lab.open("pids.ipynb");
    await notebook.runAll();
    const [[output]] = await notebook.shown() as [ShownOutput[]];
    const pids = /pids (\d+) (\d+)\./.exec(output!.text)!.slice(1).map(Number);
    assertEquals(pids.map(isRunning), [true, true]);
    lab.process.kill("SIGKILL");
    const deadline = Date.now() + END_MS;
    while (pids.some(isRunning) && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assertEquals(pids.map(isRunning), [false, false]);
    await lab.close();
    await Deno.remove(folder, { recursive: true });
  });
});

/** Whether there is such a process, the dead that nobody has asked for aside. */
function isRunning(pid: number): boolean {
  const { stdout } = new Deno.Command("ps", { args: ["-o", "stat=", "-p", String(pid)] }).outputSync();
  const state = new TextDecoder().decode(stdout).trim();
  return state !== "" && !state.startsWith("Z");
}
