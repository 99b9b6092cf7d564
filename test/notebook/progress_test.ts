import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { compare } from "experiments/compare.ts";
import { SUPER_SEAC } from "experiments/super_seac.ts";
import type { Comparison } from "relay/notebook/comparison.ts";
import { liveCurves } from "relay/notebook/live_curves.ts";
import type { MimeBundle } from "relay/notebook/live/display.ts";
import { LiveOutput } from "relay/notebook/live_output.ts";
import { progress } from "relay/notebook/progress.ts";
import { progressBundle, type ProgressState } from "relay/notebook/progress_view.ts";
import { parseRelayOutput, RELAY_MIME } from "relay/notebook/relay_output.ts";
import { watch } from "relay/notebook/watch.ts";
import type { Row } from "relay/train/row.ts";

interface Sent {
  readonly bundle: MimeBundle;
  readonly displayId: string | undefined;
  readonly update: boolean;
}

function recorder() {
  const sent: Sent[] = [];
  const display = (bundle: MimeBundle, options: { displayId?: string; update?: boolean } = {}) => {
    sent.push({ bundle, displayId: options.displayId, update: options.update ?? false });
    return Promise.resolve();
  };
  return { sent, display };
}

function row(envSteps: number, metric: string, value: number): Row {
  return { runId: "small-00000000-s1", envSteps, updates: 0, elapsedMs: envSteps, metric, value };
}

async function* rowsOf(count: number): AsyncGenerator<Row> {
  for (let i = 0; i < count; i++) {
    yield row(100 * i, "eval/return", -300 + i);
    yield row(100 * i, "td/meanAbs", 0.5);
    await Promise.resolve();
  }
}

const running: ProgressState = {
  phase: "running",
  total: 15,
  finished: 7,
  reused: 3,
  elapsedMs: 123_000,
  running: [{
    runId: "a",
    label: "quantile, seed 1",
    envSteps: 500,
    elapsedMs: 2000,
    totalEnvSteps: 2000,
    lastReturn: -12.34,
  }],
};

describe("what progress shows", () => {
  it("says of each running run how far, how fast, how good and how long, and how many are finished", () => {
    assertEquals(
      progressBundle(running)["text/plain"],
      "quantile, seed 1  25 %  250 steps/s  return −12.3  6 s left\n7 of 15 runs finished, 2 min 3 s",
    );
    assert(String(progressBundle(running)["text/html"]).includes('<progress max="1" value="0.2500">'));
  });

  it("says what it knows of a run whose length it does not know", () => {
    const [run] = running.running;
    const unknown = { ...run!, totalEnvSteps: undefined, lastReturn: undefined };
    const { "text/plain": text, "text/html": markup } = progressBundle({ ...running, running: [unknown] });
    assertEquals(String(text).split("\n")[0], "quantile, seed 1  500 steps  250 steps/s");
    assert(!String(markup).includes("<progress"));
  });

  it("is one line at the end", () => {
    const text = (state: Partial<ProgressState>) => progressBundle({ ...running, ...state })["text/plain"];
    assertEquals(text({ phase: "finished", finished: 15, reused: 14 }), "15 runs, 14 reused, 2 min 3 s");
    assertEquals(text({ phase: "finished", reused: 15, elapsedMs: 400 }), "15 runs, reused, 0 s");
    assertEquals(text({ phase: "finished", total: 1, reused: 0, elapsedMs: 6e6 }), "1 run, 1.7 h");
    assertEquals(text({ phase: "stopped" }), "Stopped: 7 of 15 runs finished, 2 min 3 s");
    assertEquals(text({ phase: "failed" }), "Failed: 7 of 15 runs finished, 2 min 3 s");
  });

  it("escapes names", () => {
    const [run] = running.running;
    const label = `<img src=x onerror="alert(1)">`;
    const markup = String(progressBundle({ ...running, running: [{ ...run!, label }] })["text/html"]);
    assert(!markup.includes("<img"));
  });
});

describe("progress(rows)", () => {
  it("hands every row through and ends in one line, all in one output", async () => {
    const { sent, display } = recorder();
    const rows = await Array.fromAsync(progress(rowsOf(40), { totalEnvSteps: 4000, display }));
    assertEquals(rows, await Array.fromAsync(rowsOf(40)));
    assertEquals(new Set(sent.map(({ displayId }) => displayId)).size, 1);
    assertEquals(sent.map(({ update }) => update), sent.map((_, i) => i > 0));
    assert(sent.length < rows.length, `${sent.length} updates of ${rows.length} rows in an instant`);
    assertEquals(lastText(sent), "1 run");
  });

  it("says that it was left, and that the run failed", async () => {
    const left = recorder();
    for await (const _ of progress(rowsOf(5), { display: left.display })) break;
    assertEquals(lastText(left.sent), "Stopped: 0 of 1 run finished");
    const failed = recorder();
    await assertRejects(
      () => Array.fromAsync(progress(failingRows(), { display: failed.display })),
      Error,
      "out of rows",
    );
    assertEquals(lastText(failed.sent), "Failed: 0 of 1 run finished");
  });
});

/** The last state in words, without its time. */
function lastText(sent: readonly Sent[]): string {
  return String(sent.at(-1)!.bundle["text/plain"]).replace(/, [^,]*$/, "");
}

async function* failingRows(): AsyncGenerator<Row> {
  yield* rowsOf(2);
  throw new Error("out of rows");
}

describe("liveCurves(rows)", () => {
  it("shows one figure that ends with every evaluation in it", async () => {
    const { sent, display } = recorder();
    const rows = await Array.fromAsync(liveCurves(rowsOf(30), { display }));
    assertEquals(rows.length, 60);
    const last = sent.at(-1)!;
    assertEquals([new Set(sent.map(({ displayId }) => displayId)).size, sent[0]!.update, last.update], [
      1,
      false,
      true,
    ]);
    assertEquals(parseRelayOutput(last.bundle[RELAY_MIME])?.kind, "figure");
    const { data } = last.bundle["application/vnd.plotly.v1+json"] as {
      data: { meta: { role: string }; y: { bdata: string } }[];
    };
    const curve = data.find(({ meta }) => meta.role === "curve")!;
    const values = new Float64Array(Uint8Array.fromBase64(curve.y.bdata).buffer);
    assertEquals([...values], Array.from({ length: 30 }, (_, i) => -300 + i));
  });

  it("says of which arms the evaluations are greedy", async () => {
    const captionOf = async (comparison?: Comparison) => {
      const { sent, display } = recorder();
      await Array.fromAsync(liveCurves(rowsOf(1), { display, ...(comparison && { comparison }) }));
      const output = parseRelayOutput(sent.at(-1)!.bundle[RELAY_MIME]);
      assert(output?.kind === "figure");
      return output.caption?.split(". ")[0]?.replace("Undiscounted return of the team in ", "");
    };
    const seac = (arms: string) => compare(SUPER_SEAC, { preset: "smoke", arms, seeds: 1 });
    assertEquals(await captionOf(seac("none,quantile")), "greedy evaluation episodes");
    assertEquals(await captionOf(seac("iac,seac")), "evaluation episodes, actions sampled");
    assertEquals(
      await captionOf(seac("seac,none")),
      "evaluation episodes (actor-critics sample their actions, the others are greedy)",
    );
    assertEquals(await captionOf(), "evaluation episodes.");
  });

  it("shows nothing for rows without an evaluation", async () => {
    const { sent, display } = recorder();
    await Array.fromAsync(liveCurves(rowsOf(0), { display }));
    assertEquals(sent, []);
  });
});

describe("watch(rows)", () => {
  it("gives the rows of a single run", async () => {
    assertEquals((await watch(rowsOf(3))).length, 6);
  });
});

describe("an output that is updated in place", () => {
  it("sends the first state at once, leaves out what comes too fast, and never the last", async () => {
    const { sent, display } = recorder();
    const output = new LiveOutput(20, display);
    for (let i = 0; i < 100; i++) output.update(() => ({ i }));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const states = sent.map(({ bundle }) => bundle["i"]);
    assertEquals([states.at(0), states.at(-1)], [0, 99]);
    assert(states.length < 100, `${states.length} of 100 states were sent`);
    output.update(() => ({ i: 100 }));
    await output.end({ i: "end" });
    assertEquals(sent.at(-1)!.bundle, { i: "end" });
    await new Promise((resolve) => setTimeout(resolve, 50));
    assertEquals(sent.at(-1)!.bundle, { i: "end" });
  });
});
