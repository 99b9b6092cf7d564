import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { openStream } from "relay/rng/stream.ts";
import { bandwidthSweep } from "relay/plot/bandwidth_sweep.ts";
import type { SeededRun } from "relay/plot/comparison_input.ts";
import type { Figure, Trace } from "relay/plot/figure.ts";
import { logTicks } from "relay/plot/log_ticks.ts";
import { packJson } from "relay/plot/pack_json.ts";
import { selection } from "relay/plot/selection.ts";
import { ERROR_COLORS, sharingTimeline } from "relay/plot/sharing_timeline.ts";
import { tdErrorDistribution } from "relay/plot/td_error_distribution.ts";
import { DARK, LIGHT } from "relay/plot/theme.ts";
import { decide } from "relay/share/decide.ts";
import { customShare } from "relay/share/share_config.ts";
import { sharingBins } from "relay/share/sharing_bins.ts";
import { encodeSharedTransitions } from "relay/share/sharing_log.ts";

const traceOf = (figure: Figure, arm: string, role?: string): Trace =>
  figure.data.find(({ meta }) => meta.arm === arm && (!role || meta.role === role))!;
const sumOf = (values: ArrayLike<unknown>) =>
  Array.from(values, Number).reduce((sum, value) => sum + value, 0);

describe("sharingTimeline()", () => {
  const agents = ["<b>pursuer_0</b>", "other", "pursuer_2", "pursuer_3"];
  const log = encodeSharedTransitions([
    { envStep: 1, sender: 0, receivers: 2, absTdError: 1, reward: 5 },
    { envStep: 2, sender: 0, receivers: 2, absTdError: 2, reward: 0 },
    { envStep: 119, sender: 3, receivers: 2, absTdError: 4, reward: 1 },
  ]);
  const bins = sharingBins(log, { agents: 4, envSteps: 120 });
  const figure = sharingTimeline({ agents, bins, team: [0, 2, 3], theme: LIGHT });

  const bars = figure.data.filter(({ type }) => type === "bar");

  it("has a row a member of the team, and a bar a stretch in which it sent, as high as it sent much", () => {
    assertEquals(bars.map(({ x, base }) => [[...x], [...base!]]), [[[1], [0]], [[], []], [[119], [
      2,
    ]]]);
    const [most, , least] = bars.map(({ y }) => Number(y[0]));
    assert(most! < 0 && most! > -1, "rises to below the row before, on an axis that points down");
    assertAlmostEquals(least!, most! / 2, 1e-12);
    assertEquals(figure.layout.yaxis.ticktext, ["&lt;b&gt;pursuer_0&lt;/b&gt;", "pursuer_2", "pursuer_3"]);
    assertEquals(
      bars.map(({ marker }) => marker!.color),
      [["#3367d6"], [], ["#e2711d"]],
      "least and largest |δ|",
    );
  });

  it("keeps bars apart at any width of the page, and shows the smallest", () => {
    const many = encodeSharedTransitions([
      ...Array.from(
        { length: 100 },
        () => ({ envStep: 1, sender: 0, receivers: 3, absTdError: 1, reward: 0 }),
      ),
      { envStep: 4, sender: 0, receivers: 3, absTdError: 1, reward: 0 },
    ]);
    const { data } = sharingTimeline({
      agents,
      bins: sharingBins(many, { agents: 4, envSteps: 120 }),
      team: [0, 1],
      theme: LIGHT,
    });
    const { x, y, width } = data[0]!;
    const edges = [...width!].map((steps, k) => [Number(x[k]) - steps / 2, Number(x[k]) + steps / 2]);
    assertEquals(edges, [[0, 2], [2, 4]]);
    assert(Number(y[1]) <= -0.05, `a bar of ${y[1]} rows is not seen`);
  });

  it("says who sent how much to whom", () => {
    assertEquals(figure.data[0]!.customdata, [[1, 2, 2, 2, 1, 2.5, 1.5]]);
    assert(figure.data[0]!.hovertemplate!.includes("to agents 2–3<br>"));
    assert(figure.data[2]!.hovertemplate!.includes("to agents 0, 2<br>"));
    const shown = figure.data.map(({ meta: _, ...trace }) => trace);
    assert(!packJson({ shown, layout: figure.layout }).includes("<b>pursuer_0"));
  });

  it("has a colour axis over what was sent, also when nothing was", () => {
    assertEquals([figure.layout.coloraxis!.cmin, figure.layout.coloraxis!.cmax], [1.5, 4]);
    const empty = sharingTimeline({
      agents,
      bins: bins.map((bin) => ({ ...bin, sent: 0 })),
      team: [0],
      theme: LIGHT,
    });
    assertEquals([empty.layout.coloraxis!.cmin, empty.layout.coloraxis!.cmax], [0, 1]);
  });

  it("colours bars as the colour axis says", () => {
    const errors = [1, 1.35, 1.5, 2];
    const shared = errors.map((absTdError, k) => ({
      envStep: 2 * k + 1,
      sender: 0,
      receivers: 3,
      absTdError,
      reward: 0,
    }));
    const { data } = sharingTimeline({
      agents,
      bins: sharingBins(encodeSharedTransitions(shared), { agents: 4, envSteps: 120 }),
      team: [0],
      theme: LIGHT,
    });
    assertEquals(data[0]!.marker!.color, ["#3367d6", "#8a4fc4", "#ad49a2", "#e2711d"]);
  });

  it("uses colours that stand out from the paper of both themes", () => {
    for (const { paper } of [LIGHT, DARK]) {
      for (const [, color] of ERROR_COLORS) {
        assert(contrast(color, paper) >= 3, `${color} on ${paper}: ${contrast(color, paper)}`);
      }
    }
  });
});

describe("tdErrorDistribution()", () => {
  const stream = openStream(1);
  const collected = Float32Array.from({ length: 3000 }, () => Math.exp(stream.normal()));
  collected[0] = 0; // an error of zero has no logarithm
  const sent = collected.filter((value) => value > 3);
  const figure = tdErrorDistribution({ collected, sent, thresholds: [3.5, 2.5, NaN], theme: LIGHT });

  it("counts every transition once", () => {
    assertEquals(sumOf(traceOf(figure, "collected").y), 3000);
    assertEquals(sumOf(traceOf(figure, "sent").y), sent.length);
    assertEquals(traceOf(figure, "collected").x.length, traceOf(figure, "collected").y.length);
  });

  it("counts in each step what lies between its edges", () => {
    const { x, y } = traceOf(figure, "collected");
    const edges = [...x].map(Number).slice(1);
    for (const k of [5, 20, 35]) {
      const [low, high] = [edges[k]!, edges[k + 1]!];
      assertEquals(Number(y[k + 1]), collected.filter((value) => value >= low && value < high).length);
    }
  });

  it("draws the thresholds that there are, and says their range", () => {
    const { x, name } = traceOf(figure, "threshold");
    assertEquals([name, [...x]], ["threshold: 2.5–3.5", [2.5, 2.5, NaN, 3.5, 3.5, NaN]]);
    const without = tdErrorDistribution({ collected, sent, thresholds: [], theme: LIGHT });
    assertEquals(without.data.length, 2);
  });

  it("is empty without data, and does not fail", () => {
    const empty = new Float32Array();
    const { data } = tdErrorDistribution({ collected: empty, sent: empty, thresholds: [], theme: LIGHT });
    assertEquals(sumOf(data[0]!.y), 0);
  });
});

describe("selection()", () => {
  it("marks what is sent beside the paper's threshold", async () => {
    const absTdErrors = [Float32Array.of(1, 5, 2, 4), Float32Array.of(9, 1, 1, 8)];
    const share = customShare((errors) => [errors.indexOf(Math.max(...errors))]);
    const decisions = await decide(share, { agents: ["a", "b"], absTdErrors, fragmentLength: 2 }, {
      seed: 1,
    });
    const figure = selection({ decisions, agent: 1, theme: LIGHT });
    const [kept, sent] = [traceOf(figure, "kept"), traceOf(figure, "sent")];
    assertEquals([[...kept.x], [...kept.y]], [[2, 3], [1, 1]]);
    assertEquals([[...sent.x], [...sent.y], sent.name], [[1, 4], [9, 8], "sent (50.0 %)"]);
    const line = traceOf(figure, "quantile");
    assertEquals([...line.x], [1, 3]);
    assertAlmostEquals(Number(line.y[0]), 8.2, 1e-9);
    assertThrows(() => selection({ decisions, agent: 2, theme: LIGHT }), RangeError, "Cannot draw agent 2");
  });
});

describe("bandwidthSweep()", () => {
  const run = (arm: string, seed: number, final: number, sent: number): SeededRun => ({
    runId: `${arm}-s${seed}`,
    arm,
    seed,
    rows: [
      { envSteps: 1000, metric: "share/fraction", value: 1 },
      { envSteps: 2000, metric: "share/fraction", value: sent },
      { envSteps: 2000, metric: "eval/return", value: final },
    ],
  });
  const arms = [
    { name: "none", label: "no sharing", targetBandwidth: null },
    { name: "b10", label: "β = 0.1", targetBandwidth: 0.1 },
    { name: "b1", label: "β = 0.01", targetBandwidth: 0.01 },
  ];
  const runs = [
    run("none", 1, -5, 0),
    run("b10", 1, 20, 0.12),
    run("b10", 2, 30, 0.14),
    run("b1", 1, 10, 0.02),
  ];
  const input = { arms, runs, theme: LIGHT, stream: openStream(1) };
  const figure = bandwidthSweep(input, { fromEnvSteps: 1000 });

  it("puts each arm at its realised bandwidth, by rising bandwidth, with its seeds", () => {
    const { x, y, customdata } = traceOf(figure, "sweep", "summary");
    assertEquals([[...x].map((value) => Number(value).toFixed(4)), [...y]], [["0.0200", "0.1300"], [
      10,
      25,
    ]]);
    assertEquals(customdata!.map((row) => row[4]), [1, 2]);
    assertEquals([...traceOf(figure, "sweep", "run").y], [10, 20, 30]);
  });

  it("counts early reports unless told not to", () => {
    const { x } = traceOf(bandwidthSweep(input), "sweep", "summary");
    assertAlmostEquals(Number(x[0]), 0.51, 1e-12);
  });

  it("marks what was asked for at the point's height, and draws the baseline across", () => {
    const target = figure.data.find(({ meta, mode }) => meta.role === "target" && mode === "markers")!;
    assertEquals([[...target.x], [...target.y]], [[0.01, 0.1], [10, 25]]);
    assertEquals([...traceOf(figure, "none", "curve").y], [-5, -5]);
  });
});

describe("logTicks()", () => {
  it("writes plain numbers within the range", () => {
    assertEquals(logTicks(0.03, 3).ticktext, ["0.05", "0.1", "0.2", "0.5", "1", "2"]);
    assertEquals(logTicks(0.0009, 20_000).ticktext, [
      "0.001",
      "0.01",
      "0.1",
      "1",
      "10",
      "100",
      "1000",
      "10000",
    ]);
  });
});

/** WCAG 2.2 contrast ratio. */
function contrast(a: string, b: string): number {
  const [low, high] = [a, b].map((hex) => {
    const [red, green, blue] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
      .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
  }).sort((x, y) => x - y);
  return (high! + 0.05) / (low! + 0.05);
}
