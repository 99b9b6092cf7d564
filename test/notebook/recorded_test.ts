import { assert, assertEquals, assertRejects } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import type { Comparison } from "relay/notebook/comparison.ts";
import type { MimeBundle } from "relay/notebook/live/display.ts";
import { liveCurves } from "relay/notebook/live_curves.ts";
import { partOf } from "relay/notebook/part_of_results.ts";
import { recorded, type RecordedPageRun, recordedRuns, recordingPath } from "relay/notebook/recorded.ts";
import { PLOTLY_MIME } from "relay/notebook/relay_output.ts";
import type { Results } from "relay/notebook/results.ts";
import { sameBits } from "relay/notebook/same_bits.ts";
import { origin } from "relay/notebook/show_recorded.ts";
import { trainAll } from "relay/notebook/training.ts";
import type { Figure, Trace } from "relay/plot/figure.ts";
import { learningCurves } from "relay/plot/learning_curves.ts";
import { SHARE, type ShareConfig } from "relay/share/share_config.ts";
import { runScore } from "relay/stats/run_series.ts";
import { ConfigError, parseConfig } from "relay/train/config.ts";
import { encodeRecording, recordedRun } from "relay/train/recording.ts";
import { readManifest } from "relay/train/run_folder.ts";
import { SMALL_RUN } from "../support/small_run.ts";

const runsDir = Deno.makeTempDirSync({ prefix: "relay-recorded-" });
const recordedDir = `${runsDir}/recorded`;

function small(arms: Record<string, ShareConfig>, seeds: readonly number[]): Comparison {
  const claim = (baseline: string) =>
    ({ kind: "greater", metric: "final", baseline, minProbability: 0.5 }) as const;
  return {
    experiment: "tiny",
    title: "Small",
    preset: "small",
    arms: Object.entries(arms).map(([name, share]) => ({ name, label: name, description: "", share })),
    runs: seeds.flatMap((seed) =>
      Object.entries(arms).map(([arm, share]) => ({
        arm,
        config: parseConfig({ ...SMALL_RUN, share, seed }),
      }))
    ),
    claims: [
      { ...claim("none"), id: "a", text: "all ends above none", arm: "all" },
      { ...claim("random"), id: "b", text: "all ends above random", arm: "all" },
    ],
    notes: [],
    settings: {},
    paperSettings: {},
  };
}

const COMPARISON = small({ none: SHARE.none, all: SHARE.all }, [1, 2]);

/** Writes the recording of results. */
async function record({ runs }: Results, change: (run: RecordedRunOf) => RecordedRunOf = (run) => run) {
  const file = await encodeRecording({
    experiment: "tiny",
    preset: "small",
    runs: runs.map(({ arm, runId, rows }) =>
      change(recordedRun(arm, readManifest(`${runsDir}/${runId}`)!, rows))
    ),
  });
  const path = `${recordedDir}/${recordingPath("tiny", "small")}`;
  Deno.mkdirSync(`${recordedDir}/tiny`, { recursive: true });
  Deno.writeFileSync(path, file);
}

type RecordedRunOf = ReturnType<typeof recordedRun>;

/** The recorded curves of a figure. */
function recordedCurves({ data }: Pick<Figure, "data">): Trace[] {
  return data.filter(({ meta }) => meta.role === "recorded");
}

describe("recorded runs", () => {
  let trained: Results;

  beforeAll(async () => {
    trained = await trainAll(COMPARISON, { runsDir }).results();
    await record(trained);
  });
  afterAll(() => Deno.removeSync(runsDir, { recursive: true }));

  it("are results like those of a training", async () => {
    const results = (await recorded(COMPARISON, { recordedDir }))!;
    const idsOf = ({ runs }: Results) => runs.map(({ runId }) => runId).sort();
    assertEquals(idsOf(results), idsOf(trained));
    const scoresOf = ({ runs }: Results) =>
      Object.fromEntries(
        runs.map((run) => [run.runId, [run.arm, run.seed, runScore(run, "final"), runScore(run, "auc")]]),
      );
    assertEquals(scoresOf(results), scoresOf(trained));
    assertEquals(results.pageInput.arms.map(({ name }) => name), ["none", "all"]);
    assertEquals(results.runs[0]!.manifest.versions, trained.runs[0]!.manifest.versions);
  });

  it("are found whatever seeds are asked for, and only for arms of the same settings, under their names", async () => {
    const asked = small({ none: { ...SHARE.quantile }, everything: SHARE.all, random: SHARE.random }, [7]);
    const results = (await recorded(asked, { recordedDir }))!;
    assertEquals(results.runs.map(({ arm, seed }) => [arm, seed]), [["everything", 1], ["everything", 2]]);
    assertEquals(results.comparison.arms.map(({ name }) => name), ["everything"]);
  });

  it("make no claim about arms that are not recorded", async () => {
    const asked = small({ none: SHARE.none, all: SHARE.all, random: SHARE.random }, [1]);
    const results = (await recorded(asked, { recordedDir }))!;
    assertEquals(results.comparison.claims.map(({ id }) => id), ["a"]);
  });

  it("are none where there is no recording", async () => {
    assertEquals(await recorded({ ...COMPARISON, preset: "other" }, { recordedDir }), undefined);
    const { experiment: _, ...own } = COMPARISON;
    assertEquals(await recorded(own, { recordedDir }), undefined);
  });

  it("say which they are and where they come from", async () => {
    const text = origin((await recorded(COMPARISON, { recordedDir }))!);
    const { hardware, commit } = readManifest(`${runsDir}/${trained.runs[0]!.runId}`)!;
    assert(
      /^4 runs: none small-[0-9a-f]{8}-s1 to s2; all small-[0-9a-f]{8}-s1 to s2\. Trained on 20/.test(text),
      text,
    );
    assert(text.includes(String(hardware.cpu)), text);
    assert(commit === null || text.includes(commit.slice(0, 8)), text);
  });

  it("lie under the curves of a training of the same arms: dotted, in their colours, with one entry of the legend", async () => {
    const one = small({ none: SHARE.none, random: SHARE.random, all: SHARE.all }, [1]);
    const results = await trainAll(one, { runsDir, recordedDir }).results();
    const figure = learningCurves(results.input);
    const under = recordedCurves(figure);
    assertEquals(figure.data.slice(0, 2), under);
    assertEquals(under.map(({ meta, legendgroup, showlegend }) => [meta.arm, legendgroup, showlegend]), [
      ["none", "recorded", true],
      ["all", "recorded", false],
    ]);
    for (const { meta, line, y } of under) {
      const own = figure.data.find(({ meta: other }) => other.arm === meta.arm && other.role === "curve")!;
      assertEquals([line!.dash, line!.color], ["dot", own.line!.color]);
      const last = trained.runs.filter(({ arm }) => arm === meta.arm).map(({ rows }) =>
        rows.findLast(({ metric }) => metric === "eval/return")!.value
      );
      assertEquals(y[y.length - 1], (last[0]! + last[1]!) / 2);
    }
    assertEquals(recordedCurves(learningCurves(partOf(results, ["all"]).input)).length, 1);
  });

  it("lie under the curves that grow", async () => {
    const shown: MimeBundle[] = [];
    const display = (bundle: MimeBundle) => Promise.resolve(void shown.push(bundle));
    await Array.fromAsync(liveCurves(trainAll(COMPARISON, { runsDir, recordedDir }), { display }));
    const figure = shown.at(-1)![PLOTLY_MIME] as Figure;
    assertEquals(recordedCurves(figure).map(({ meta }) => meta.arm), ["none", "all"]);
    assert(String(shown.at(-1)!["text/plain"]).includes("the recorded runs of the same preset"));
    await Array.fromAsync(
      liveCurves(trainAll(COMPARISON, { runsDir, recordedDir: "/nowhere" }), { display }),
    );
    assertEquals(recordedCurves(shown.at(-1)![PLOTLY_MIME] as Figure), []);
    assert(!String(shown.at(-1)!["text/plain"]).includes("recorded"));
  });

  it("are refused where the config no longer makes the run, and training goes on without them", async () => {
    const changed = (run: RecordedRunOf): RecordedRunOf => ({
      ...run,
      manifest: { ...run.manifest, config: { ...run.manifest.config, seed: 9 } },
    });
    await record(trained, changed);
    const { message } = await assertRejects(() => recorded(COMPARISON, { recordedDir }), ConfigError);
    assert(
      /^Cannot use the recorded run small-.*-s1: its config makes the run small-.*-s9/.test(message),
      message,
    );
    const results = await trainAll(COMPARISON, { runsDir, recordedDir }).results();
    assertEquals([results.runs.length, results.recorded.length], [4, 0]);
    await record(trained);
  });

  describe("and runs of one's own", () => {
    let others: RecordedPageRun[];
    beforeAll(async () => {
      others = await recordedRuns(COMPARISON, { recordedDir });
    });

    it("are said to be the same to the last bit", () => {
      assertEquals(sameBits(trained.runs, others), "These 4 runs are the recorded ones, to the last bit.");
      assertEquals(
        sameBits(trained.runs.slice(0, 1), others),
        "This run is the recorded one, to the last bit.",
      );
    });

    it("are told apart by a single bit, with the place", () => {
      const [first, ...rest] = trained.runs;
      const k = first!.rows.findLastIndex(({ metric }) => metric === "td/meanAbs");
      const { value, envSteps } = first!.rows[k]!;
      const bits = new BigInt64Array(Float64Array.of(value).buffer);
      bits[0]! ^= 1n;
      const rows = first!.rows.with(k, { ...first!.rows[k]!, value: new Float64Array(bits.buffer)[0]! });
      assertEquals(
        sameBits([{ ...first!, rows }, ...rest], others),
        `Of these 4 runs 3 are the recorded ones, to the last bit. 1 run differs from the recorded: ${
          first!.runId
        } (from ${envSteps.toLocaleString("en-US")} joint steps on).`,
      );
    });

    it("are named when something else computed them, or when there is none to compare with", () => {
      const [first, second] = trained.runs;
      const blas = {
        ...first!,
        rows: first!.rows.slice(1),
        manifest: { ...first!.manifest, engine: "blas" },
      };
      const text = sameBits([blas, second!], others.filter(({ runId }) => runId !== second!.runId))!;
      assert(text.includes("1 run is not recorded."), text);
      assert(
        text.includes(`They were computed with blas; the recorded with ${first!.manifest.engine}.`),
        text,
      );
      assertEquals(sameBits(trained.runs, []), undefined);
    });
  });
});
