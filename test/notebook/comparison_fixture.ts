import { openStream } from "relay/rng/stream.ts";
import type { PageInput, PageRun } from "relay/notebook/tables/page_input.ts";
import type { Row } from "relay/train/row.ts";

const FINAL: Readonly<Record<string, number>> = { none: -30, quantile: 40 };
const METRICS = ["eval/return", "share/fraction", "share/bytes", "td/meanAbs"];

/** A made-up comparison: two arms, three seeds, six reports; quantile ends about 70 above none in every seed. */
export function madeUpComparison(): PageInput {
  return {
    title: "Made-up comparison",
    preset: "test",
    runs: Object.keys(FINAL).flatMap((arm) => [1, 2, 3].map((seed) => madeUpRun(arm, seed))),
    arms: [
      { name: "none", label: "no sharing", description: "independent agents", targetBandwidth: null },
      { name: "quantile", label: "quantile", description: "the largest errors", targetBandwidth: 0.1 },
    ],
    claims: [{
      id: "q",
      text: "Quantile ends above no sharing",
      kind: "greater",
      metric: "final",
      arm: "quantile",
      baseline: "none",
      minProbability: 0.5,
    }, {
      id: "n",
      text: "No sharing ends above 100",
      kind: "exceeds",
      metric: "final",
      arm: "none",
      value: 100,
    }],
    notes: ["Nothing here was trained."],
    config: { preset: "test", env: { x_size: 10 }, gamma: 0.99 },
    paperConfig: { preset: "paper", env: {}, gamma: 0.99 },
  };
}

function madeUpRun(arm: string, seed: number): PageRun {
  const noise = openStream(seed).fork(arm);
  const runId = `test-${arm}-s${seed}`;
  const rows: Row[] = [0, 1, 2, 3, 4, 5].flatMap((report) => {
    const values = [
      -370 + (FINAL[arm]! + 370) * report / 5 + noise.normal(),
      arm === "none" ? 0 : 0.1 + 0.005 * noise.normal(),
      arm === "none" ? 0 : 1e6 * report,
      0.1 * report + 0.01 * noise.random(),
    ];
    const at = { runId, envSteps: report * 1000, updates: report * 250, elapsedMs: report * 2000 };
    return METRICS.map((metric, i) => ({ ...at, metric, value: values[i]! }));
  });
  return {
    runId,
    arm,
    seed,
    rows,
    manifest: { runId, config: { seed }, versions: { deno: "2.9.6" }, endedAt: `2026-01-0${seed}T00:00:00Z` },
  };
}
