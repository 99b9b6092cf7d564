import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { naturalBins } from "relay/stats/natural_bins.ts";
import { pooledProfile, sharingProfile } from "relay/stats/sharing_profile.ts";

const RANGES = [{ label: "low", from: 0, below: 1 }, { label: "high", from: 1, below: Infinity }];

describe("sharingProfile()", () => {
  it("counts a value on the border above it, and none that is NaN or outside", () => {
    const values = [0, 1, 0.5, NaN, -1, 7];
    assertEquals(sharingProfile({ values, isSent: Uint8Array.of(1, 1, 0, 1, 1, 0) }, RANGES), [
      { label: "low", collected: 2, sent: 1 },
      { label: "high", collected: 2, sent: 1 },
    ]);
  });

  it("refuses marks of another number of transitions", () => {
    assertThrows(
      () => sharingProfile({ values: [1, 2], isSent: new Uint8Array(3) }, RANGES),
      RangeError,
      "Cannot profile 2 transitions: there are 3 marks",
    );
  });
});

describe("pooledProfile()", () => {
  it("adds the counts of all runs", () => {
    const runs = [[1, 4], [2, 6]].map(([sent, collected]) =>
      RANGES.map(({ label }, k) => ({ label, sent: sent! + k, collected: collected! }))
    );
    assertEquals(pooledProfile(runs), [
      { label: "low", collected: 10, sent: 3 },
      { label: "high", collected: 10, sent: 5 },
    ]);
    assertEquals(pooledProfile([]), []);
  });
});

describe("naturalBins()", () => {
  it("keeps what is common apart and joins what is rare and near", () => {
    const rewards = [
      ...new Array<number>(900).fill(-0.1),
      ...new Array<number>(90).fill(-0.05),
      ...[4.9, 4.92, 4.95, 9.9],
    ];
    const bins = naturalBins(rewards, 4);
    assertEquals(bins.map(({ low, high, count }) => [low, high, count]), [
      [-0.1, -0.1, 900],
      [-0.05, -0.05, 90],
      [4.9, 4.95, 3],
      [9.9, 9.9, 1],
    ]);
  });

  it("divides any values among bins that do not overlap", () => {
    const values = Float32Array.from({ length: 2000 }, (_, k) => Math.sin(k * k) * (k % 7));
    const bins = naturalBins(values, 8);
    assertEquals(bins.length, 8);
    for (const [k, { low, high, count }] of bins.entries()) {
      assertEquals(count, values.filter((value) => value >= low && value <= high).length);
      assertEquals(high >= low && high < (bins[k + 1]?.low ?? Infinity), true);
    }
    assertEquals(bins.reduce((sum, { count }) => sum + count, 0), 2000);
  });

  it("has a bin for one value, and none for no values", () => {
    assertEquals(naturalBins([3, 3], 5), [{ low: 3, high: 3, count: 2 }]);
    assertEquals(naturalBins([], 5), []);
  });
});
