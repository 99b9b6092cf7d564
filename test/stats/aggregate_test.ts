import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { areaUnderCurve } from "relay/stats/area_under_curve.ts";
import { oneTask } from "relay/stats/bootstrap.ts";
import { iqm } from "relay/stats/iqm.ts";
import { mean } from "relay/stats/mean.ts";
import { performanceProfile } from "relay/stats/performance_profile.ts";
import { quantileOfSorted } from "relay/stats/quantile_of_sorted.ts";
import { trimmedMean } from "relay/stats/trimmed_mean.ts";

// Reference values: scipy 1.17.1 and numpy 2.4.6 under CPython 3.11.
const VALUES = [2.5, -1, 4, 7, 7, 12, 30, -50, 3.25, 8];

describe("trimmedMean and iqm", () => {
  it("agree with scipy.stats.trim_mean", () => {
    assertAlmostEquals(trimmedMean(VALUES, 0.25), 5.291666666666667, 1e-14);
    assertAlmostEquals(trimmedMean(VALUES, 0.1), 5.34375, 1e-14);
    assertAlmostEquals(iqm([1, 2, 100]), 34.333333333333336, 1e-13);
  });

  it("leave their input in its order", () => {
    const values = [3, 1, 2, 0];
    iqm(values);
    assertEquals(values, [3, 1, 2, 0]);
  });

  it("are the value itself for one value", () => {
    assertEquals([mean([-7]), iqm([-7]), trimmedMean([-7], 0.49)], [-7, -7, -7]);
  });

  it("name the value that is not finite and the fraction out of range", () => {
    assertThrows(() => iqm([1, NaN, 3]), RangeError, "value 1 of 3 is NaN, expected a finite number");
    assertThrows(() => mean([Infinity]), RangeError, "Cannot take the mean: value 0 of 1 is Infinity");
    assertThrows(() => mean([]), RangeError, "got no value, expected at least one");
    assertThrows(() => trimmedMean([1], 0.5), RangeError, "fraction is 0.5, expected one in [0, 0.5)");
  });
});

describe("quantileOfSorted", () => {
  it("interpolates as numpy.percentile does", () => {
    // numpy.percentile([1, 2, 4, 8, 16], [0, 2.5, 60, 97.5, 100])
    const at = [0, 0.025, 0.6, 0.975, 1].map((q) => quantileOfSorted([1, 2, 4, 8, 16], q));
    [1, 1.1, 5.6, 15.2, 16].forEach((expected, i) => assertAlmostEquals(at[i]!, expected, 1e-12));
    assertEquals(quantileOfSorted([5], 0.3), 5);
  });
});

describe("areaUnderCurve", () => {
  it("agrees with numpy.trapezoid divided by the length on an uneven grid", () => {
    const envSteps = [0, 1000, 3000, 3500, 10_000];
    assertAlmostEquals(areaUnderCurve({ envSteps, values: [0, 3, 1, 8, 2] }), 4.025, 1e-12);
  });

  it("does not depend on where the grid begins or on the unit of its steps", () => {
    const values = [5, 1, 9];
    const expected = areaUnderCurve({ envSteps: [0, 1, 3], values });
    assertAlmostEquals(areaUnderCurve({ envSteps: [500, 600, 800], values }), expected, 1e-12);
  });

  it("is the value of a single point and rejects a grid that stands still", () => {
    assertEquals(areaUnderCurve({ envSteps: [4000], values: [-3] }), -3);
    assertThrows(
      () => areaUnderCurve({ envSteps: [0, 8, 8], values: [1, 2, 3] }),
      RangeError,
      "env steps 8 are followed by 8",
    );
  });
});

describe("performanceProfile", () => {
  it("falls from 1 to 0 and counts scores strictly above the threshold over all tasks", () => {
    assertEquals(performanceProfile([[0, 10], [4, 20]], [-1, 0, 4, 10, 20]), [1, 0.75, 0.5, 0.25, 0]);
    assertEquals(performanceProfile(oneTask([3, 3, 3]), [2.9, 3]), [1, 0]);
  });

  it("rejects a matrix whose runs have different tasks", () => {
    assertThrows(
      () => performanceProfile([[1, 2], [3]], [0]),
      RangeError,
      "run 1 has 1 tasks, expected 2 as in run 0",
    );
  });
});
