import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { DEFECTS } from "relay/algo/defects/catalogue.ts";
import { compare } from "experiments/compare.ts";
import { PARTS, SUPER_REPORT } from "experiments/super_report.ts";
import { partOf } from "relay/notebook/part_of_results.ts";
import { Results } from "relay/notebook/results.ts";
import { defectsBundle } from "relay/notebook/tables/defects_table.ts";

/** Final returns by arm, a seed each. */
const FINALS: Readonly<Record<string, readonly number[]>> = {
  quantile: [10, 11, 12],
  quantileWrongTail: [-50, -52, -54],
  staleErrors: [9, 11, 13],
  doubleIsNot: [20, 21, 22],
  returnCountedTwice: [20, 22, 24],
};

/** A comparison as if it had been trained. */
function madeUp(): Results {
  const comparison = compare(SUPER_REPORT, { preset: "quick", arms: Object.keys(FINALS), seeds: 3 });
  const runs = comparison.runs.map(({ arm, config: { seed } }) => {
    const runId = `${arm}-s${seed}`;
    const value = FINALS[arm]![seed - 1]!;
    const rows = [0, 1000].map((envSteps) => {
      return {
        runId,
        envSteps,
        updates: 1,
        elapsedMs: 1,
        metric: "eval/return",
        value: value * envSteps / 1000,
      };
    });
    return { runId, arm, seed, rows, manifest: {} };
  });
  return new Results(comparison, runs);
}

describe("the table of faults", () => {
  const lines = String(defectsBundle(madeUp())["text/plain"]).split("\n");
  const lineOf = (name: string) => lines.find((line) => line.split(" ").includes(name))!;

  it("has all 32, with what each one does or why it was not run", () => {
    for (const { name } of DEFECTS) assert(lineOf(name), name);
    assert(lineOf("oneArgumentAppend").includes("append takes 6 values, got 1"));
    assert(lineOf("uniformReplay").includes("not run in this preset"));
  });

  it("says what a fault costs, and no more than the runs decide", () => {
    const wrongTail = "costs 63 at the end [61, 65], p = 0.050; over training: costs 32 [31, 33], p = 0.050";
    assert(lineOf("quantileWrongTail").includes(wrongTail), lineOf("quantileWrongTail"));
    assert(lineOf("staleErrors").includes("no measurable cost at the end"));
    assert(lineOf("doubleIsNot").includes("gains 10 at the end"));
    assert(lineOf("returnCountedTwice").includes("reports 11 more at the end"));
  });
});

describe("partOf()", () => {
  it("takes arms in the order given and leaves out what was not run", () => {
    const part = partOf(madeUp(), ["doubleIsNot", "none", "quantile"]);
    assertEquals(part.comparison.arms.map(({ name }) => name), ["doubleIsNot", "quantile"]);
    assertEquals(part.runs.length, 6);
    assertEquals(part.comparison.runs.length, 6);
  });
});

describe("the experiment", () => {
  it("shows every fault that can be switched on in one of its parts", () => {
    const shown = new Set<string>(Object.values(PARTS).flat());
    const names = SUPER_REPORT.arms.map(({ name }) => name);
    assertEquals(names.filter((name) => !shown.has(name)), []);
    assertEquals([...shown].filter((name) => !names.includes(name)), []);
  });
});
