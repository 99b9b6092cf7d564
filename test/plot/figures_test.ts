import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { openStream } from "relay/rng/stream.ts";
import { bandwidthOverTime } from "relay/plot/bandwidth_over_time.ts";
import type { ComparisonInput, SeededRun } from "relay/plot/comparison_input.ts";
import type { Figure, Trace, TraceRole } from "relay/plot/figure.ts";
import { finalReturns } from "relay/plot/final_returns.ts";
import { learningCurves } from "relay/plot/learning_curves.ts";
import { packJson } from "relay/plot/pack_json.ts";
import { tdErrors } from "relay/plot/td_errors.ts";
import { DARK, LIGHT } from "relay/plot/theme.ts";

function run(arm: string, seed: number, metric: string, values: readonly number[]): SeededRun {
  const rows = values.map((value, i) => ({ envSteps: i * 1000, metric, value }));
  return { runId: `${arm}-s${seed}`, arm, seed, rows };
}

const ARMS = [
  { name: "none", label: "no sharing", targetBandwidth: null },
  { name: "quantile", label: "<b>quantile</b>", targetBandwidth: 0.1 },
  { name: "all", label: "share all", targetBandwidth: 1 },
];

function comparison(runs: readonly SeededRun[]): ComparisonInput {
  return { runs, arms: ARMS, theme: LIGHT, stream: openStream(1) };
}

function traces(figure: Figure, arm: string, role: TraceRole): Trace[] {
  return figure.data.filter(({ meta }) => meta.arm === arm && meta.role === role);
}

const RETURNS = [
  run("none", 1, "eval/return", [-370, -200, -100]),
  run("quantile", 1, "eval/return", [-370, -100, 10]),
  run("quantile", 2, "eval/return", [-368, -90, 30]),
  run("quantile", 3, "eval/return", [-366, -80, 20]),
];

describe("learningCurves", () => {
  const figure = learningCurves(comparison(RETURNS));

  it("draws the mean of the middle, its range as a band, and every seed", () => {
    const curve = traces(figure, "quantile", "curve")[0]!;
    assertEquals([...curve.x], [0, 1000, 2000]);
    assertEquals([...curve.y], [-368, -90, 20]);
    const band = traces(figure, "quantile", "band")[0]!;
    assertEquals([...band.x], [0, 1000, 2000, 2000, 1000, 0]);
    assertEquals([...band.y], [-366, -80, 30, 10, -100, -370]);
    assertEquals(traces(figure, "quantile", "run").map(({ y }) => y[2]), [10, 30, 20]);
  });

  it("has one legend entry an arm that runs, which takes the whole arm along", () => {
    assertEquals(figure.data.filter(({ showlegend }) => showlegend).map(({ legendgroup }) => legendgroup), [
      "none",
      "quantile",
    ]);
    assert(figure.data.every(({ legendgroup, meta }) => legendgroup === meta.arm));
  });

  it("draws curves over seeds over bands", () => {
    const depth: Record<string, number> = { band: 0, run: 1, curve: 2 };
    const depths = figure.data.map(({ meta }) => depth[meta.role]!);
    assertEquals(depths, [...depths].sort());
  });

  it("shows a label that looks like HTML as it is written", () => {
    const curve = traces(figure, "quantile", "curve")[0]!;
    assertEquals(curve.name, "&lt;b&gt;quantile&lt;/b&gt;");
    assert(!JSON.stringify(figure).includes("<b>"));
  });

  it("is the same again for the same stream", () => {
    assertEquals(packJson(learningCurves(comparison(RETURNS))), packJson(figure));
  });
});

describe("an arm", () => {
  it("has one colour and marker in every figure and theme", () => {
    const both = [...RETURNS, run("quantile", 4, "td/meanAbs", [0.1, 0.2])];
    for (const theme of [LIGHT, DARK]) {
      const input = { ...comparison(both), theme };
      const markers = [learningCurves(input), tdErrors(input), finalReturns({ ...input, runs: RETURNS })]
        .map((figure) =>
          figure.data.find(({ meta }) =>
            meta.arm === "quantile" && meta.role !== "band" && meta.role !== "run"
          )
        )
        .map((trace) => [trace!.marker!.color, trace!.marker!.symbol]);
      assertEquals(markers, Array(3).fill([theme.arms[1]!.line, "diamond"]));
    }
  });
});

describe("finalReturns", () => {
  const figure = finalReturns(comparison(RETURNS));

  it("draws one point a seed and the interval around the interquartile mean", () => {
    assertEquals([...traces(figure, "quantile", "run")[0]!.x], [10, 30, 20]);
    const summary = traces(figure, "quantile", "summary")[0]!;
    assertEquals([...summary.x], [20]);
    assertEquals([summary.error_x!.arrayminus[0], summary.error_x!.array[0]], [10, 10]);
  });

  it("keeps a row for an arm without runs and marks the baseline", () => {
    assertEquals(figure.layout.yaxis.ticktext, ["no sharing", "&lt;b&gt;quantile&lt;/b&gt;", "share all"]);
    assertEquals([figure.layout.shapes![0]!.x0, figure.layout.shapes!.length], [-100, 1]);
  });
});

describe("bandwidthOverTime", () => {
  const sent = [
    run("none", 1, "share/fraction", [0, 0, 0]),
    run("quantile", 1, "share/fraction", [0, 0.08, 0.1]),
    run("quantile", 2, "share/fraction", [0, 0.12, 0.12]),
  ];

  it("shows a rule of one's own, which has no target, when it sends", () => {
    const own = { name: "mine", label: "mine", targetBandwidth: null };
    const runs = [...sent, run("mine", 1, "share/fraction", [0, 0.03, 0.02])];
    const figure = bandwidthOverTime({ ...comparison(runs), arms: [...ARMS, own] }, "log");
    assertEquals(new Set(figure.data.map(({ meta }) => meta.arm)), new Set(["quantile", "mine"]));
    assertEquals(figure.layout.shapes!.map(({ y0 }) => y0), [0.1, 1]);
  });

  it("leaves out arms that send nothing and draws each target once", () => {
    const figure = bandwidthOverTime(comparison(sent), "linear");
    assertEquals(new Set(figure.data.map(({ meta }) => meta.arm)), new Set(["quantile"]));
    assertEquals(figure.layout.shapes!.map(({ y0 }) => y0), [0.1, 1]);
    assertAlmostEquals(Number(traces(figure, "quantile", "curve")[0]!.y[2]), 0.11, 1e-12);
  });

  it("leaves a gap for nothing sent on a logarithmic axis, and puts labels at exponents", () => {
    const figure = bandwidthOverTime(comparison(sent), "log");
    const curve = traces(figure, "quantile", "curve")[0]!;
    assert(Number.isNaN(curve.y[0]));
    assertEquals([...traces(figure, "quantile", "band")[0]!.x], [1000, 2000, 2000, 1000]);
    assertEquals([figure.layout.yaxis.type, figure.layout.annotations!.map(({ y }) => y)], ["log", [-1, 0]]);
  });
});

describe("values that are not finite", () => {
  it("are gaps in a run and left out of its arm's curve", () => {
    const figure = tdErrors(comparison([
      run("none", 1, "td/meanAbs", [0.1, NaN, 0.3]),
      run("none", 2, "td/meanAbs", [0.3, 0.2, 0.5]),
    ]));
    assertEquals([...traces(figure, "none", "curve")[0]!.x], [0, 2000]);
  });
});

describe("packJson", () => {
  it("keeps every number of a typed array, views and NaN included", () => {
    const view = new Float64Array([9, 0.1, NaN, -3e300]).subarray(1);
    const { y } = JSON.parse(packJson({ y: view }));
    assertEquals(y.dtype, "f8");
    assertEquals([...new Float64Array(Uint8Array.fromBase64(y.bdata).buffer)], [0.1, NaN, -3e300]);
  });
});
