import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { beforeAll, describe, it } from "@std/testing/bdd";
import { decisions } from "relay/notebook/selection.ts";
import { sharingFigures } from "relay/notebook/sharing_timeline.ts";
import { type TdErrorSample, tdErrorSample } from "relay/notebook/td_error_sample.ts";
import { SelectorError } from "relay/share/selector.ts";
import { SHARE, type ShareConfig } from "relay/share/share_config.ts";
import { decodeSharedTransitions } from "relay/share/sharing_log.ts";
import { ConfigError, parseConfig, runIdOf, type TrainInput } from "relay/train/config.ts";
import { train } from "relay/train/train.ts";
import { SMALL_RUN } from "../support/small_run.ts";

const runsDir = Deno.makeTempDirSync({ prefix: "relay-sharing-" });
addEventListener("unload", () => Deno.removeSync(runsDir, { recursive: true }));
const QUANTILE: ShareConfig = { ...SHARE.quantile, windowSize: 200 };
const RUNS: Record<string, TrainInput> = {
  quantile: { ...SMALL_RUN, share: QUANTILE },
  none: { ...SMALL_RUN, share: SHARE.none },
  parameters: { ...SMALL_RUN, share: SHARE.parameters },
  custom: { ...SMALL_RUN, share: () => [0] },
};
const marksOf = (figure: { data: readonly { customdata?: readonly (readonly unknown[])[] }[] }) =>
  figure.data.flatMap(({ customdata }) => customdata ?? []);

let sample: TdErrorSample;

describe("notebooks on sharing", () => {
  beforeAll(async () => {
    for (const name of ["quantile", "none", "parameters", "custom"]) {
      await Array.fromAsync(train(RUNS[name]!, { runsDir }));
    }
    sample = await tdErrorSample(RUNS.quantile!, { runsDir, envSteps: 1001, seed: 2 });
  });

  it("sample |δ| of every transition of every agent, in whole fragments", () => {
    assertEquals([sample.envSteps, sample.fragmentLength, sample.windowSize], [1000, 4, 200]);
    assertEquals(sample.absTdErrors.map(({ length }) => length), new Array(8).fill(1000));
    assert(sample.absTdErrors.every((own) => own.every((value) => value >= 0 && Number.isFinite(value))));
    // The exploration of the run's last step: 0.1 falls to 0.001 over 100,000 joint steps.
    assertAlmostEquals(sample.epsilon, 0.1 - 0.099 * 1200 / 100_000, 1e-12);
  });

  it("sample the same again, and something else for another seed", async () => {
    const options = { runsDir, envSteps: 40 };
    const [first, again, other] = [
      await tdErrorSample(RUNS.quantile!, { ...options, seed: 2 }),
      await tdErrorSample(RUNS.quantile!, { ...options, seed: 2 }),
      await tdErrorSample(RUNS.quantile!, { ...options, seed: 3 }),
    ];
    assertEquals(first.absTdErrors, again.absTdErrors);
    assertEquals(first.absTdErrors[0], sample.absTdErrors[0]!.slice(0, 40));
    assert(other.absTdErrors[0]![0] !== first.absTdErrors[0]![0]);
  });

  it("sample runs with one network for all too", async () => {
    const { absTdErrors, windowSize } = await tdErrorSample(RUNS.parameters!, { runsDir, envSteps: 8 });
    assertEquals([absTdErrors.length, absTdErrors[7]!.length, windowSize], [8, 8, 1500]);
    assert(absTdErrors[7]!.some((value) => value > 0));
  });

  it("refuse to sample less than a fragment", async () => {
    await assertRejects(
      () => tdErrorSample(RUNS.quantile!, { runsDir, envSteps: 3 }),
      ConfigError,
      "envSteps is 3",
    );
  });

  it("decide by a config or a function alike, with about the bandwidth asked for", async () => {
    const byConfig = await decisions(QUANTILE, sample);
    assert(Math.abs(byConfig.bandwidth - 0.1) < 0.03, `realised ${byConfig.bandwidth}`);
    const byFunction = await decisions((absTdErrors, window) => {
      const threshold = window.quantile(0.9);
      return [...absTdErrors.keys()].filter((t) => absTdErrors[t]! > threshold);
    }, sample);
    // A function comes with the paper's window of 1500.
    const wide = await decisions(SHARE.quantile, sample);
    assertEquals(byFunction.agents.map(({ sent }) => [...sent]), wide.agents.map(({ sent }) => [...sent]));
    assertEquals(byFunction.quantileBandwidth, 0.1);
  });

  it("say what is wrong with a selector, in its author's words", async () => {
    const factor = 2;
    const outer = () => decisions((errors) => [...errors.keys()].filter((t) => errors[t]! > factor), sample);
    await assertRejects(outer, SelectorError, "it reads the outer variable factor");
    await assertRejects(() => decisions(() => [1.5], sample), SelectorError, "returned the index 1.5");
    const bandwidth = () => decisions({ ...SHARE.quantile, bandwidth: "much" as unknown as number }, sample);
    await assertRejects(bandwidth, ConfigError, 'bandwidth is "much", expected');
  });

  it("keep the variables of a notebook's cells, which are global, from a selector", async () => {
    const cells = globalThis as { cellVariable?: number };
    cells.cellVariable = 0;
    try {
      const share: ShareConfig = {
        kind: "custom",
        name: "mine",
        source: "() => [cellVariable]",
        windowSize: 9,
        team: "",
      };
      await assertRejects(() => decisions(share, sample), SelectorError, "the outer variable cellVariable");
    } finally {
      delete cells.cellVariable;
    }
  });

  it("show what the log says, mark by mark", async () => {
    const log = Deno.readFileSync(`${runsDir}/${runIdOf(parseConfig(RUNS.quantile))}/sharing.bin`);
    const records = decodeSharedTransitions(log);
    const { timeline, distribution } = await sharingFigures(RUNS.quantile!, { runsDir, envSteps: 400 });
    const marks = marksOf(timeline.figure) as number[][];
    assertEquals(marks.reduce((sum, [, , sent]) => sum + sent!, 0), records.length);
    for (const [first, last, sent, collected] of marks.slice(0, 30)) {
      assertEquals(collected, last! - first! + 1);
      const own = records.filter(({ sender, envStep }) =>
        sender === 0 && envStep >= first! && envStep <= last!
      );
      assertEquals(sent, own.length);
    }
    assert(timeline.caption.includes("of 9,600 transitions were sent"), timeline.caption);
    const [collected, sent] = distribution.figure.data.map(({ y }) => [...y].map(Number));
    assertEquals(collected!.reduce((a, b) => a + b), 3200);
    assert(distribution.caption.includes(`(ε = 0.0988`), distribution.caption);
    const share = sent!.reduce((a, b) => a + b) / 32;
    assert(distribution.caption.includes(`quantile sends ${share.toFixed(1)} %`), distribution.caption);
  });

  it("run no selector from disk, and show what it sent at the end instead", async () => {
    const { distribution } = await sharingFigures(
      { runId: runIdOf(parseConfig(RUNS.custom)) },
      { runsDir, envSteps: 400 },
    );
    const sent = [...distribution.figure.data[1]!.y].map(Number).reduce((a, b) => a + b);
    assertEquals(sent, 800); // the first of each fragment of four, 8 agents, 400 steps
    assert(distribution.caption.includes("Sent: what the run sent in its last 400 joint steps."));
  });

  it("say that a run shares nothing", async () => {
    for (const name of ["none", "parameters"]) {
      await assertRejects(
        () => sharingFigures(RUNS[name]!, { runsDir }),
        ConfigError,
        `share.kind is ${name}`,
      );
    }
  });
});
