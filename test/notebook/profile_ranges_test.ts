import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { distanceRanges, rewardRanges, timeRanges } from "relay/notebook/profile_ranges.ts";

describe("rewardRanges()", () => {
  it("names clumps with as many decimals as tell them apart, and leaves no gap between them", () => {
    const rewards = Float32Array.of(-0.1, -0.1, -0.1, -0.0965, -0.0965, 0.9, 0.9);
    const ranges = rewardRanges(rewards);
    assertEquals(ranges.map(({ label }) => label), ["−0.100", "−0.097", "0.900"]);
    assertEquals(ranges.map(({ from }) => from), [...new Set(rewards)]);
    assertEquals(ranges.map(({ below }) => below), [...new Set(rewards)].slice(1).concat(Infinity));
    assertEquals(rewardRanges(Float32Array.of(-1, -1, 5)).map(({ label }) => label), ["−1.00", "5.00"]);
    const many = rewardRanges(Float32Array.from({ length: 50 }, (_, k) => k));
    assertEquals([many.length, many[0]!.label], [6, "0.00 to 7.00"]);
  });
});

describe("timeRanges() and distanceRanges()", () => {
  it("cover an episode and every distance once", () => {
    assertEquals(timeRanges(500).map(({ label }) => label).slice(0, 2), ["0–49", "50–99"]);
    for (
      const [ranges, most] of [[timeRanges(500), 499], [timeRanges(66), 65], [distanceRanges(), 40]] as const
    ) {
      for (let value = 0; value <= most; value++) {
        assertEquals(ranges.filter(({ from, below }) => value >= from && value < below).length, 1);
      }
    }
    assertEquals(distanceRanges().slice(-3).map(({ label }) => label), ["6–7", "8–10", "11 or more"]);
  });
});
