/**
 * The repository's notebooks from top to bottom at preset smoke: no error, and every output that a reader is promised. Claims may
 * fail here, for a run of seconds shows nothing.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { afterAll, describe, it } from "@std/testing/bdd";
import { compare } from "experiments/compare.ts";
import { EXPERIMENTS } from "experiments/registry.ts";
import { joined, type Notebook, readNotebook } from "relay/notebook/notebook_file.ts";
import { exportHtml } from "relay/notebook/page/export_html.ts";
import { recorded } from "relay/notebook/recorded.ts";
import { parseRelayOutput, PLOTLY_MIME, RELAY_MIME } from "relay/notebook/relay_output.ts";
import { runNotebook } from "relay/notebook/run/run_notebook.ts";

const folder = new URL("../../notebooks/", import.meta.url).pathname;
/** One folder for all: what one notebook trains, the next finds. */
const runsDir = Deno.makeTempDirSync({ prefix: "relay-notebooks-" });

/** What a reader is promised, by notebook; texts are progress, tables, notes and that a preset claims nothing. */
const PROMISED: Readonly<
  Record<string, { figures: number; replays: number; claims: number; texts: number }>
> = {
  super_pursuit: { figures: 10, replays: 1, claims: 0, texts: 6 },
  start_here: { figures: 2, replays: 2, claims: 1, texts: 2 },
  super_own_heuristic: { figures: 5, replays: 0, claims: 2, texts: 4 },
  super_bandwidth: { figures: 3, replays: 0, claims: 0, texts: 5 },
  super_variants: { figures: 4, replays: 0, claims: 0, texts: 6 },
  super_battle: { figures: 10, replays: 1, claims: 0, texts: 6 },
  super_adversarial_pursuit: { figures: 10, replays: 1, claims: 0, texts: 6 },
  super_seac: { figures: 2, replays: 1, claims: 0, texts: 6 },
  super_report_postmortem: { figures: 7, replays: 0, claims: 0, texts: 10 },
};

/** The preset of whose recorded runs a notebook shows at once: curves, claims, and as texts statistics, notes and runs. */
const RECORDED_PRESET: Readonly<Record<string, string>> = {
  super_pursuit: "fc",
  super_battle: "fc",
  super_adversarial_pursuit: "fc",
  super_bandwidth: "quick",
  super_variants: "quick",
  super_seac: "quick",
};

async function promisedOf(name: string): Promise<(typeof PROMISED)[string]> {
  const promised = PROMISED[name]!;
  const experiment = EXPERIMENTS[name];
  const preset = RECORDED_PRESET[name];
  if (!experiment || !preset) return promised;
  const results = await recorded(compare(experiment, { preset }));
  if (!results) return promised;
  const { figures, replays, claims, texts } = promised;
  return {
    figures: figures + 1,
    replays,
    claims: claims + results.comparison.claims.length,
    texts: texts + 3,
  };
}

describe("the notebooks at preset smoke", () => {
  afterAll(() => Deno.removeSync(runsDir, { recursive: true }));

  it("are all promised something", () => {
    const names = [...Deno.readDirSync(folder)].flatMap(({ name }) =>
      name.endsWith(".ipynb") ? [name.slice(0, -".ipynb".length)] : []
    );
    assertEquals(names.sort(), Object.keys(PROMISED).sort());
  });

  for (const name of Object.keys(PROMISED)) {
    it(`${name} runs to its end and shows what it promises`, async () => {
      const path = `${folder}${name}.ipynb`;
      const source = await readNotebook(path);
      const parameters = { preset: "smoke", seeds: 1, runsDir };
      const { notebook, failure } = await runNotebook(source, { path, parameters, timeoutMs: 240_000 });
      assertEquals(failure, undefined);
      assertEquals(shown(notebook), await promisedOf(name));
      assertEquals(printed(notebook), "", "nothing was to be printed");
      assert(codeCells(source).length <= 8, "a notebook has at most eight code cells");
      const page = await exportHtml(notebook, { path });
      assert(page.length < 4e6, `the page has ${page.length} characters`);
    });
  }

  it("train no run twice", () => {
    const runs = [...Deno.readDirSync(runsDir)].map(({ name }) => `${runsDir}/${name}/manifest.json`);
    const sittings = runs.map((path) => JSON.parse(Deno.readTextFileSync(path)).sittings.length);
    // none, the paper's three selectors, share-all and random; a rule of one's own; three more bandwidths; five more variants; three actor-critics;
    // ten arms of faults, whose network is a smaller one, and two pursuers that see pictures; four arms in each game of two teams
    assertEquals(sittings, Array.from({ length: 6 + 1 + 3 + 5 + 3 + 10 + 2 + 4 + 4 }, () => 1));
  });
});

function shown(notebook: Notebook): (typeof PROMISED)[string] {
  const bundles = codeCells(notebook).flatMap(({ outputs }) => outputs).flatMap((output) =>
    "data" in output ? [output.data as Record<string, unknown>] : []
  );
  const ours = bundles.flatMap((data) => parseRelayOutput(data[RELAY_MIME]) ?? []);
  return {
    figures: bundles.filter((data) => PLOTLY_MIME in data && "image/png" in data).length,
    replays: ours.filter(({ kind }) => kind === "replay").length,
    claims: ours.flatMap((output) => output.kind === "claims" ? output.claims : []).length,
    texts: bundles.filter((data) => "text/html" in data && !(RELAY_MIME in data)).length,
  };
}

/** What went to standard output and error: a notebook of ours speaks by figures and tables. */
function printed(notebook: Notebook): string {
  return codeCells(notebook).flatMap(({ outputs }) => outputs).map((output) =>
    output.output_type === "stream" ? joined(output.text) : ""
  ).join("");
}

function codeCells({ cells }: Notebook) {
  return cells.filter((cell) => cell.cell_type === "code");
}
