import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { openStream } from "relay/rng/stream.ts";
import { BOOTSTRAP, bootstrapInterval, oneTask } from "relay/stats/bootstrap.ts";
import { curveBand } from "relay/stats/curve_band.ts";
import { iqm } from "relay/stats/iqm.ts";
import { mean } from "relay/stats/mean.ts";
import { permutationPValue } from "relay/stats/permutation_p_value.ts";
import { probabilityOfImprovement } from "relay/stats/probability_of_improvement.ts";

const MANY = { resamples: 20_000, confidence: 0.95 };

// Reference values: numpy 2.4.6 and scipy 1.17.1; bootstrap limits from 200,000 numpy resamples drawn as rliable 1.2.0
// draws them, so they carry a sampling error of their own.
const EIGHT_RUNS_TWO_TASKS = [
  [31.2, 0.2],
  [44.5, 0.9],
  [12.9, 0.4],
  [60.1, 0.1],
  [38.0, 0.5],
  [5, 0.55],
  [77, 0.6],
  [20, 0.3],
];
const A = [31.2, 44.5, 12.9, 60.1, 38.0];
const B = [10.4, 33.3, 25.0, 8.8, -12.1];

describe("bootstrapInterval", () => {
  it("agrees with numpy on the IQM of runs × tasks, resampled within each task", () => {
    const { estimate, low, high } = bootstrapInterval(EIGHT_RUNS_TWO_TASKS, iqm, {
      ...MANY,
      stream: openStream(3),
    });
    assertAlmostEquals(estimate, 8.95625, 1e-12);
    assertAlmostEquals(low, 3.7875, 0.15);
    assertAlmostEquals(high, 18.425, 0.25);
  });

  it("keeps the runs of a task in that task", () => {
    // Were the tasks mixed, a resample could hold four values of one of them.
    const seen = new Set<number>();
    bootstrapInterval([[0, 100], [1, 100]], (flat) => {
      seen.add(Array.from(flat).filter((score) => score === 100).length);
      return 0;
    }, { ...BOOTSTRAP, stream: openStream(1) });
    assertEquals([...seen], [2]);
  });

  it("covers the mean of ten normal runs nearly as often as it says", () => {
    const draws = openStream(11);
    let covered = 0;
    for (let trial = 0; trial < 400; trial++) {
      const runs = Array.from({ length: 10 }, () => draws.normal());
      const options = { resamples: 300, confidence: 0.95, stream: draws };
      const { low, high } = bootstrapInterval(oneTask(runs), mean, options);
      if (low <= 0 && 0 <= high) covered++;
    }
    // Percentile intervals of the mean of 10 normal values cover about 90 %; the share of 400 trials has a σ of 1.5 %.
    assert(covered / 400 > 0.85 && covered / 400 < 0.95, `covered ${covered} of 400`);
  });

  it("is the same for the same stream and has no width for one run or equal runs", () => {
    const interval = (values: number[]) =>
      bootstrapInterval(oneTask(values), iqm, { ...BOOTSTRAP, stream: openStream(5) });
    assertEquals(interval(A), interval(A));
    assertEquals(interval([7]), { estimate: 7, low: 7, high: 7 });
    assertEquals(interval([2, 2, 2]), { estimate: 2, low: 2, high: 2 });
  });

  it("names what is wrong", () => {
    const stream = openStream(1);
    assertThrows(
      () => bootstrapInterval(oneTask([1, NaN]), mean, { ...BOOTSTRAP, stream }),
      RangeError,
      "Cannot bootstrap: value 1 of 2 is NaN",
    );
    assertThrows(
      () => bootstrapInterval(oneTask([1]), mean, { resamples: 0, confidence: 0.95, stream }),
      RangeError,
      "resamples is 0",
    );
    assertThrows(
      () => bootstrapInterval(oneTask([1]), mean, { resamples: 10, confidence: 95, stream }),
      RangeError,
      "confidence is 95, expected a number in (0, 1)",
    );
    assertThrows(() => bootstrapInterval([], mean, { ...BOOTSTRAP, stream }), RangeError, "got no value");
  });
});

describe("probabilityOfImprovement", () => {
  const options = () => ({ ...MANY, stream: openStream(9) });

  it("agrees with numpy in estimate and interval", () => {
    const { estimate, low, high } = probabilityOfImprovement(oneTask(A), oneTask(B), options());
    assertAlmostEquals(estimate, 0.88, 1e-12);
    assertAlmostEquals(low, 0.6, 1e-9);
    assertAlmostEquals(high, 1, 1e-9);
  });

  it("counts ties one half, as Mann and Whitney's U over the number of pairs", () => {
    // scipy.stats.mannwhitneyu([3, 3, 5, 9], [1, 3, 3, 4, 5]).statistic / 20
    const { estimate } = probabilityOfImprovement(
      oneTask([3, 3, 5, 9]),
      oneTask([1, 3, 3, 4, 5]),
      options(),
    );
    assertAlmostEquals(estimate, 0.675, 1e-12);
    assertEquals(probabilityOfImprovement(oneTask([4]), oneTask([4]), options()), {
      estimate: 0.5,
      low: 0.5,
      high: 0.5,
    });
  });

  it("averages over tasks and compares within a task only", () => {
    const x = [[1, 500], [1, 500]];
    const y = [[0, 900], [0, 900], [0, 400]];
    assertAlmostEquals(
      probabilityOfImprovement(x, y, options()).estimate,
      (1 + 1 / 3) / 2,
      1e-12,
    );
    assertThrows(() => probabilityOfImprovement(x, [[1]], options()), RangeError, "2 tasks against 1");
  });
});

describe("permutationPValue", () => {
  it("agrees with scipy's exact tests, with and without ties", () => {
    // mannwhitneyu(A, B, alternative="greater", method="exact") and permutation_test over all 126 relabellings
    assertAlmostEquals(permutationPValue(A, B, openStream(1)), 0.027777777777777776, 1e-14);
    assertAlmostEquals(
      permutationPValue([3, 3, 5, 9], [1, 3, 3, 4, 5], openStream(1)),
      0.25396825396825395,
      1e-14,
    );
  });

  it("draws relabellings where there are too many to count", () => {
    // scipy exact, 15 against 15: 0.008215861109692833; 20,000 draws have a σ of 0.0006.
    const y = Array.from({ length: 15 }, (_, i) => i);
    assertAlmostEquals(permutationPValue(y.map((v) => v + 4.5), y, openStream(2)), 0.00822, 0.0025);
  });

  it("cannot be small for few runs", () => {
    const smallest = (n: number) => {
      const y = Array.from({ length: n }, (_, i) => i);
      return permutationPValue(y.map((v) => v + 100), y, openStream(1));
    };
    assertEquals([1, 2, 3, 5].map(smallest), [1 / 2, 1 / 6, 1 / 20, 1 / 252]);
  });
});

describe("curveBand", () => {
  it("joins the steps that all runs have and equals bootstrapInterval at each of them", () => {
    const runs = [
      { envSteps: [0, 10, 20], values: [1, 2, 3] },
      { envSteps: [10, 20], values: [6, 9] },
    ];
    const band = curveBand(runs, mean, { ...BOOTSTRAP, stream: openStream(4) });
    assertEquals(band, { envSteps: [10, 20], estimate: [4, 6], low: [2, 3], high: [6, 9], runs: 2 });
  });

  it("is empty without runs", () => {
    const band = curveBand([], mean, { ...BOOTSTRAP, stream: openStream(4) });
    assertEquals(band, { envSteps: [], estimate: [], low: [], high: [], runs: 0 });
  });
});
