import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { Kernel } from "relay/notebook/kernel/kernel.ts";

const cwd = new URL("../../notebooks", import.meta.url).pathname;

describe("decisions() in a notebook's kernel", () => {
  let kernel: Kernel;
  let printed = "";

  /** Runs a cell: its error in words, or "" when it has none. */
  async function run(code: string): Promise<string> {
    let words = "";
    const { hasFailed } = await kernel.execute(code, (type, content) => {
      if (type === "stream") printed += content["text"];
      if (type === "error") words = `${content["ename"]}: ${content["evalue"]}`;
    });
    assertEquals(hasFailed, words !== "");
    return words;
  }

  beforeAll(async () => {
    kernel = await Kernel.start({ cwd });
    await run(`import { decisions } from "relay/notebook/selection.ts";
const sample = { agents: ["a"], absTdErrors: [Float32Array.of(1, 5, 2, 4)], fragmentLength: 2, seed: 1 };
const factor = 3;`);
  });

  afterAll(() => kernel.stop());

  it("refuses a selector that reads a cell's variable, as often as the cell is run", async () => {
    const cell = "await decisions((errors) => [...errors.keys()].filter((t) => errors[t] > factor), sample);";
    for (let time = 0; time < 2; time++) {
      const words = await run(cell);
      assert(
        words.startsWith("SelectorError: ") && words.includes("it reads the outer variable factor"),
        words,
      );
    }
    assertEquals(await run(cell.replace("factor", "3").replace("await", "const own = await")), "");
    assertEquals(await kernel.ask("own.bandwidth"), 0.5);
  });

  it("is ended by Stop while a selector hangs, and answers the next cell", async () => {
    printed = "";
    const hanging = run(`console.log("asking"); await decisions(() => { for (;;); }, sample);`);
    while (!printed.includes("asking")) await new Promise((resolve) => setTimeout(resolve, 20));
    await new Promise((resolve) => setTimeout(resolve, 600)); // the Worker has begun to loop
    kernel.interrupt();
    const words = await hanging;
    assert(words.includes("Stopped while the selector was being asked"), words);
    assert(!words.includes(".ts:"), words);
    assertEquals(await run("(await decisions(() => [0], sample)).bandwidth"), "");
  });
});
