import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { openStream } from "relay/rng/stream.ts";
import { sharingBins } from "relay/share/sharing_bins.ts";
import { encodeSharedTransitions, type SharedTransition } from "relay/share/sharing_log.ts";

const stream = openStream(4);
const RECORDS: SharedTransition[] = Array.from({ length: 500 }, (_, k) => ({
  envStep: 1 + Math.floor(k * 999 / 500),
  sender: stream.below(3),
  receivers: 2,
  absTdError: Math.fround(stream.random()),
  reward: stream.below(5),
}));
const LOG = encodeSharedTransitions(RECORDS);

describe("sharingBins()", () => {
  const bins = sharingBins(LOG, { agents: 3, envSteps: 999 });

  it("adds up to the log's records, by agent and stretch", () => {
    assertEquals(bins.reduce((sum, { sent }) => sum + sent, 0), RECORDS.length);
    for (const bin of bins) {
      const own = RECORDS.filter(({ sender, envStep }) =>
        sender === bin.agent && envStep >= bin.firstEnvStep && envStep <= bin.lastEnvStep
      );
      assertEquals(bin.sent, own.length);
      const meanOf = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
      assertAlmostEquals(bin.meanAbsTdError, meanOf(own.map(({ absTdError }) => absTdError)), 1e-12);
      assertAlmostEquals(bin.meanReward, meanOf(own.map(({ reward }) => reward)), 1e-12);
    }
  });

  it("covers the run without gap in stretches of a round number of steps", () => {
    for (const agent of [0, 1, 2]) {
      const own = bins.filter((bin) => bin.agent === agent);
      assertEquals(
        own.map(({ firstEnvStep }) => firstEnvStep),
        Array.from({ length: 50 }, (_, k) => 20 * k + 1),
      );
      assertEquals(own.reduce((sum, { collected }) => sum + collected, 0), 999);
      assertEquals(own.at(-1)!.lastEnvStep, 999);
    }
  });

  it("has at most so many stretches, and at least a step in each", () => {
    for (const [envSteps, count] of [[7, 7], [120, 60], [121, 25], [800_000, 40]] as const) {
      assertEquals(sharingBins(new Uint8Array(), { agents: 1, envSteps }).length, count);
    }
  });

  it("refuses bytes that are no log of the run", () => {
    assertThrows(
      () => sharingBins(LOG.subarray(1), { agents: 3, envSteps: 999 }),
      RangeError,
      "multiple of 16",
    );
    assertThrows(() => sharingBins(LOG, { agents: 3, envSteps: 500 }), RangeError, "steps from 1 to 500");
    assertThrows(() => sharingBins(LOG, { agents: 2, envSteps: 999 }), RangeError, "agents below 2");
  });
});
