import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type Notebook, readNotebook } from "relay/notebook/notebook_file.ts";
import { parseRelayOutput, RELAY_MIME } from "relay/notebook/relay_output.ts";
import { runNotebook } from "relay/notebook/run/run_notebook.ts";

const path = new URL("../../notebooks/super_seac.ipynb", import.meta.url).pathname;

describe("the notebook super_seac", () => {
  it("shows the comparison on Battle, and an episode of SEAC's against stored opponents", async () => {
    const runsDir = Deno.makeTempDirSync({ prefix: "relay-seac-notebook-" });
    const parameters = { game: "battle", preset: "smoke", arms: "seac,quantile", seeds: 1, runsDir };
    const { notebook, failure } = await runNotebook(await readNotebook(path), {
      path,
      parameters,
      timeoutMs: 240_000,
    });
    Deno.removeSync(runsDir, { recursive: true });
    assertEquals(failure, undefined);
    const replays = bundlesOf(notebook).flatMap((data) => {
      const output = parseRelayOutput(data[RELAY_MIME]);
      return output?.kind === "replay" ? [output.episode] : [];
    });
    const [episode] = replays;
    assertEquals(replays.length, 1);
    assertEquals([episode!.numbers, episode!.agents[0], episode!.actions.length], [
      "probabilities",
      "blue_0",
      21,
    ]);
    assertEquals(episode!.groups.map(({ name, role }) => [name, role]), [["blue", "agent"], [
      "red",
      "other",
    ]]);
  });
});

function bundlesOf({ cells }: Notebook): Record<string, unknown>[] {
  return cells.flatMap((cell) => cell.cell_type === "code" ? cell.outputs : []).flatMap((output) =>
    "data" in output ? [output.data as Record<string, unknown>] : []
  );
}
