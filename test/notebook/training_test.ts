import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import type { Comparison } from "relay/notebook/comparison.ts";
import { RunFailedError, StaleResultsError, StoppedError } from "relay/notebook/notebook_errors.ts";
import { trainAll, type Training } from "relay/notebook/training.ts";
import { SHARE, type ShareConfig } from "relay/share/share_config.ts";
import { parseConfig, runIdOf, type TrainConfig } from "relay/train/config.ts";
import type { Row } from "relay/train/row.ts";
import { reproducibleFiles, SMALL_RUN } from "../support/small_run.ts";

/** What a run reports, without the clock. */
const facts = ({ runId, envSteps, metric, value }: Row) => `${runId} ${envSteps} ${metric} ${value}`;

const failing: ShareConfig = {
  kind: "custom",
  name: "failing",
  source: "(absTdErrors) => { if (absTdErrors.length > 0) throw new Error('no idea'); return []; }",
  windowSize: 10,
  team: "",
};

function small(arms: Record<string, ShareConfig>, { title = "Small", seeds = [1, 2] } = {}): Comparison {
  const configOf = (share: ShareConfig, seed: number): TrainConfig =>
    parseConfig({ ...SMALL_RUN, share, seed });
  return {
    title,
    preset: "small",
    arms: Object.entries(arms).map(([name, share]) => ({ name, label: name, description: "", share })),
    runs: seeds.flatMap((seed) =>
      Object.entries(arms).map(([arm, share]) => ({ arm, config: configOf(share, seed) }))
    ),
    claims: [],
    notes: [],
    settings: {},
    paperSettings: {},
  };
}

/** Stops the training at its first row and waits for its end. */
async function stopEarly(training: Training): Promise<StoppedError> {
  return await assertRejects(async () => {
    for await (const _ of training) training.stop();
  }, StoppedError);
}

describe("training of a comparison", () => {
  let runsDir: string;

  beforeEach(async () => {
    runsDir = await Deno.makeTempDir();
  });
  afterEach(async () => {
    await Deno.remove(runsDir, { recursive: true });
  });

  it("gives every reader all rows from the beginning, and the runs in the comparison's order", async () => {
    const comparison = small({ none: SHARE.none, quantile: SHARE.quantile }, { seeds: [1] });
    const training = trainAll(comparison, { runsDir, workers: 2 });
    const [early, other] = await Promise.all([Array.fromAsync(training), Array.fromAsync(training)]);
    const late = await Array.fromAsync(training);
    assertEquals(early.map(facts), other.map(facts));
    assertEquals(early.map(facts), late.map(facts));
    const results = await training.results();
    assertEquals(
      results.runs.map(({ runId }) => runId),
      comparison.runs.map(({ config }) => runIdOf(config)),
    );
    assertEquals(results.runs.map(({ arm, seed }) => [arm, seed]), [["none", 1], ["quantile", 1]]);
    for (const run of results.runs) {
      assertEquals(early.filter(({ runId }) => runId === run.runId).map(facts), run.rows.map(facts));
    }
    assertEquals(training.state, "finished");
    assertEquals(results.input.arms.map(({ targetBandwidth }) => targetBandwidth), [null, 0.1]);
  });

  it("reuses finished runs: nothing is written again", async () => {
    const comparison = small({ none: SHARE.none });
    const first = await Array.fromAsync(trainAll(comparison, { runsDir }));
    const manifest = `${runsDir}/${runIdOf(comparison.runs[0]!.config)}/manifest.json`;
    const before = await Deno.stat(manifest);
    const training = trainAll(comparison, { runsDir });
    const again = await Array.fromAsync(training);
    assertEquals(again.map(facts).sort(), first.map(facts).sort());
    assertEquals(training.reusedRunIds.size, 2);
    assertEquals((await Deno.stat(manifest)).mtime, before.mtime);
  });

  it("stops with everything kept, says how far it is, and goes on to the same bits", async () => {
    const comparison = small({ none: SHARE.none, quantile: SHARE.quantile });
    const stopped = trainAll(comparison, { runsDir, workers: 1 });
    const { message, stack, name } = await stopEarly(stopped);
    assertEquals(
      message,
      "Stopped by the Stop button: 0 of 4 runs are finished, the others are kept at their last step; run this cell again to go on.",
    );
    assertEquals([stack, name], [`AbortError: ${message}`, "AbortError"]);
    await assertRejects(() => stopped.results(), StoppedError);
    assertEquals(stopped.state, "stopped");
    const first = comparison.runs[0]!.config;
    assert((await Deno.stat(`${runsDir}/${runIdOf(first)}/checkpoint`)).isDirectory);

    await trainAll(comparison, { runsDir }).results();
    const untouched = await Deno.makeTempDir();
    await trainAll({ ...comparison, runs: comparison.runs.slice(0, 1) }, { runsDir: untouched }).results();
    assertEquals(
      reproducibleFiles(`${runsDir}/${runIdOf(first)}`),
      reproducibleFiles(`${untouched}/${runIdOf(first)}`),
    );
    await Deno.remove(untouched, { recursive: true });
  });

  it("names the run that failed and why, and ends the others", async () => {
    const training = trainAll(small({ failing, none: SHARE.none }, { seeds: [1, 2, 3] }), {
      runsDir,
      workers: 1,
    });
    const { message, cause } = await assertRejects(() => training.results(), RunFailedError);
    assert(
      /^The run of "failing" with seed 1 \(small-[0-9a-f]{8}-s1\) failed: .*no idea/.test(message),
      message,
    );
    assert(cause instanceof Error);
    assertEquals(training.state, "failed");
    assertEquals(training.finishedRunIds.size, 0);
    await assertRejects(() => Array.fromAsync(training), RunFailedError);
  });

  it("takes over the runs of an older training that is still at them", async () => {
    const comparison = small({ none: SHARE.none }, { title: "Again", seeds: [1] });
    const older = trainAll(comparison, { runsDir });
    for await (const _ of older) break;
    const results = await trainAll(comparison, { runsDir }).results();
    assertEquals(results.runs.length, 1);
    const { message } = await assertRejects(() => older.results(), StoppedError);
    assertEquals(
      message,
      "Stopped, because a newer training goes on with the same runs: 0 of 1 runs are finished.",
    );
  });

  it("makes older results unreadable once a later training did not finish, until they are asked for anew", async () => {
    const comparison = small({ none: SHARE.none }, { title: "Stale", seeds: [1] });
    const old = await trainAll(comparison, { runsDir }).results();
    assertEquals(old.runs.length, 1);

    const stopped = trainAll(small({ none: SHARE.none, all: SHARE.all }, { title: "Stale" }), { runsDir });
    const running = assertThrows(() => old.runs, StaleResultsError);
    assert(running.message.includes("the training that is still running"), running.message);
    await stopEarly(stopped);
    const { message } = assertThrows(() => old.input, StaleResultsError);
    assertEquals(
      message,
      "These results are from before the training that was stopped: run the cell that trains again (finished runs are not repeated), then this one.",
    );
    const anew = await trainAll(comparison, { runsDir }).results();
    assertEquals(anew.runs.length, 1);
    assertThrows(() => old.runs, StaleResultsError);
  });

  it("keeps two comparisons side by side, and those of other experiments", async () => {
    const one = await trainAll(small({ none: SHARE.none }, { title: "Pair", seeds: [1] }), { runsDir })
      .results();
    const two = await trainAll(small({ none: SHARE.none }, { title: "Pair", seeds: [2] }), { runsDir })
      .results();
    const other = trainAll(small({ failing }, { title: "Other" }), { runsDir });
    await assertRejects(() => other.results(), RunFailedError);
    assertEquals([one.runs[0]!.seed, two.runs[0]!.seed], [1, 2]);
  });
});
