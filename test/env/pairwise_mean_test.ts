import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { pairwiseMean } from "relay/env/pursuit/pairwise_mean.ts";

describe("pairwiseMean", () => {
  // numpy 2.4.6: numpy.array([(i * 0.37 + 0.1) % 1.0 for i in range(n)]).mean()
  const MEANS = [
    [1, 0.1],
    [3, 0.47],
    [7, 0.4957142857142857],
    [8, 0.52],
    [13, 0.47384615384615386],
    [128, 0.4934375000000006],
    [129, 0.493178294573644],
    [300, 0.49499999999999744],
    [1000, 0.4950000000000018],
  ] as const;
  for (const [n, mean] of MEANS) {
    it(`is numpy's mean of ${n} numbers to the last bit`, () => {
      assertEquals(pairwiseMean(Float64Array.from({ length: n }, (_, i) => (i * 0.37 + 0.1) % 1)), mean);
    });
  }
});
