import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { openStream } from "relay/rng/stream.ts";
import { BOOTSTRAP } from "relay/stats/bootstrap.ts";
import { type Claim, evaluateClaim } from "relay/stats/claim.ts";
import { realisedBandwidth, runScore, type ScoredRun, seriesOf } from "relay/stats/run_series.ts";

function run(arm: string, metric: string, points: readonly (readonly [number, number])[]): ScoredRun {
  return {
    runId: `${arm}-${points[0]?.[1]}`,
    arm,
    rows: points.map(([envSteps, value]) => ({ envSteps, metric, value })),
  };
}

function ending(arm: string, returns: readonly number[]): ScoredRun[] {
  return returns.map((value) => run(arm, "eval/return", [[4000, value]]));
}

function verdict(claim: Claim, runs: readonly ScoredRun[]) {
  return evaluateClaim(claim, runs, { ...BOOTSTRAP, stream: openStream(1) });
}

const GREATER: Claim = {
  id: "q-none",
  text: "quantile ends above none",
  kind: "greater",
  metric: "final",
  arm: "quantile",
  baseline: "none",
  minProbability: 0.5,
};

describe("a claim that one arm is greater", () => {
  it("holds, fails or stays open as the runs say", () => {
    const none = ending("none", [1, 2, 3, 4, 5]);
    const holds = (quantile: number[]) => verdict(GREATER, [...none, ...ending("quantile", quantile)]).holds;
    assertEquals(holds([6, 7, 8, 9, 10]), true);
    assertEquals(holds([0, -1, -2, -3, -4]), false);
    assertEquals(holds([1, 2, 3, 4, 6]), "undecided");
  });

  it("is not decided by two runs, though they give the interval [1, 1]", () => {
    const got = verdict(GREATER, [...ending("none", [1, 2]), ...ending("quantile", [8, 9])]);
    assertEquals([got.holds, got.low, got.high, got.n], ["undecided", 1, 1, 2]);
    assert(got.text.includes("2 runs an arm cannot decide it, 3 are needed"), got.text);
  });

  it("is not decided by an interval above one half that chance alone gives too often", () => {
    // 3 against 3 with one pair the wrong way round: 2 of 20 relabellings do as well.
    const got = verdict(GREATER, [...ending("none", [1, 2, 5]), ...ending("quantile", [4, 8, 9])]);
    assertEquals(got.holds, "undecided");
    assert(got.text.includes("p = 0.10"), got.text);
  });

  it("says which arm has no run", () => {
    const got = verdict(GREATER, ending("quantile", [1, 2, 3]));
    assertEquals([got.holds, got.n, got.text], ["undecided", 0, 'There is no run of "none".']);
  });

  it("reads the whole curve when it is about the area", () => {
    const early = [0, 1, 2].map((i) => run("quantile", "eval/return", [[0, 0], [10, 50 + i], [20, 10]]));
    const late = [0, 1, 2].map((i) => run("none", "eval/return", [[0, 0], [10, i], [20, 20]]));
    assertEquals(verdict({ ...GREATER, metric: "auc" }, [...early, ...late]).holds, true);
    assertEquals(verdict(GREATER, [...early, ...late]).holds, false);
  });
});

describe("a claim that an arm exceeds a value", () => {
  it("compares the interval with the value", () => {
    const claim: Claim = { id: "a", text: "a", kind: "exceeds", metric: "final", arm: "none", value: -372 };
    const holds = (returns: number[]) => verdict(claim, ending("none", returns)).holds;
    assertEquals([holds([-370, -365, -360]), holds([-380, -379, -373]), holds([-380, -360, -350])], [
      true,
      false,
      "undecided",
    ]);
  });
});

describe("a claim about bandwidth", () => {
  const claim: Claim = { id: "b", text: "b", kind: "bandwidth", arm: "q", target: 0.1, tolerance: 0.2 };
  const sending = (fractions: number[]) => fractions.map((f) => run("q", "share/fraction", [[1000, f]]));

  it("holds inside the tolerance, fails outside it, and stays open across its border", () => {
    const holds = (fractions: number[]) => verdict(claim, sending(fractions)).holds;
    assertEquals([holds([0.1, 0.11, 0.105]), holds([0.02, 0.03, 0.04]), holds([0.3, 0.2, 0.21])], [
      true,
      false,
      false,
    ]);
    assertEquals(holds([0.1, 0.11, 0.15]), "undecided");
  });

  it("leaves out the reports up to fromEnvSteps", () => {
    const filling = [1, 2, 3].map(() => run("q", "share/fraction", [[1000, 0], [2000, 0.1]]));
    assertEquals(verdict({ ...claim, fromEnvSteps: 1000 }, filling).holds, true);
    assertEquals(verdict(claim, filling).holds, false);
  });
});

describe("a claim about bandwidth after more steps than were run", () => {
  it("stays open and says why", () => {
    const runs = [1, 2, 3].map(() => run("q", "share/fraction", [[1000, 0.1]]));
    const claim = {
      id: "b",
      text: "b",
      kind: "bandwidth",
      arm: "q",
      target: 0.1,
      tolerance: 0.2,
      fromEnvSteps: 1000,
    } as const;
    const got = verdict(claim, runs);
    assertEquals([got.holds, got.text], [
      "undecided",
      'There is no run of "q" that reports bandwidth after 1000 env steps.',
    ]);
  });
});

describe("numbers of a run", () => {
  it("end with the mean of the last tenth", () => {
    const last = run("a", "eval/return", [[0, -300], [8999, -90], [9000, 10], [10_000, 20]]);
    assertEquals(runScore(last, "final"), 15);
  });

  it("weigh bandwidth by the steps since the report before", () => {
    const uneven = run("a", "share/fraction", [[1000, 1], [4000, 0.2]]);
    assertAlmostEquals(realisedBandwidth(uneven), (1 + 3 * 0.2) / 4, 1e-12);
  });

  it("take the later of two rows at one step and sort the steps", () => {
    const { rows } = run("a", "m", [[20, 1], [10, 2], [20, 3]]);
    assertEquals(seriesOf(rows, "m"), { envSteps: [10, 20], values: [2, 3] });
  });

  it("name the run, the step and the metric that cannot be used", () => {
    const nan = run("a", "eval/return", [[0, 5], [4000, NaN]]);
    assertThrows(
      () => runScore(nan, "final"),
      RangeError,
      'Cannot score a-5: "eval/return" at 4000 env steps is NaN',
    );
    assertThrows(() => realisedBandwidth(nan), RangeError, 'it has no "share/fraction" row');
    const early = run("a", "share/fraction", [[1000, 0]]);
    assertThrows(() => realisedBandwidth(early, 1000), RangeError, "expected one after 1000");
  });
});
