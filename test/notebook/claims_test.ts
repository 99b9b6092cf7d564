import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { claim, claims, claimsBundle } from "relay/notebook/claims.ts";
import type { Comparison } from "relay/notebook/comparison.ts";
import { parseRelayOutput, RELAY_MIME } from "relay/notebook/relay_output.ts";
import { Results } from "relay/notebook/results.ts";
import { openStream } from "relay/rng/stream.ts";
import { BOOTSTRAP } from "relay/stats/bootstrap.ts";
import { evaluateClaim, type Verdict } from "relay/stats/claim.ts";
import { madeUpComparison } from "./comparison_fixture.ts";

/** The fixture as a finished training holds it. */
function madeUpResults(): Results {
  const { runs, config, paperConfig, arms, ...input } = madeUpComparison();
  const comparison: Comparison = {
    ...input,
    arms: arms.map((arm) => ({ ...arm, share: { kind: "none" } })),
    runs: [],
    settings: config,
    paperSettings: paperConfig!,
  };
  return new Results(comparison, runs);
}

describe("claims of a comparison", () => {
  it("are evaluateClaim's, with the seed of all reports", async () => {
    const results = madeUpResults();
    const expected = results.comparison.claims.map((one, i) =>
      evaluateClaim(one, results.runs, {
        ...BOOTSTRAP,
        stream: openStream(20_231_101).fork(`claim/${i}`),
      })
    );
    assertEquals(expected.map(({ holds }) => holds), [true, false]);
    assertEquals([...await claims(results)], expected);
    assertEquals([...await claims(results)], expected, "a second time");
  });

  it("are shown with verdict, estimate, interval and number of runs, none hidden", async () => {
    const bundle = claimsBundle(await claims(madeUpResults()), "test");
    const output = parseRelayOutput(bundle[RELAY_MIME]);
    assert(output?.kind === "claims");
    assertEquals(output.claims.map(({ text, holds, n }) => [text, holds, n]), [
      ["Quantile ends above no sharing", true, 3],
      ["No sharing ends above 100", false, 3],
    ]);
    const lines = String(bundle["text/plain"]).split("\n");
    assertEquals(
      lines[0],
      "✓ holds: Quantile ends above no sharing. Probability of improvement 1.00 [1.00, 1.00], chance alone p = 0.05; 3 runs an arm.",
    );
    assert(lines[1]!.startsWith("✗ fails: No sharing ends above 100. Interquartile mean"), lines[1]);
    const markup = String(bundle["text/html"]);
    assert(
      /claim holds.*✓ holds.*1\.00 \[1\.00, 1\.00\].*3 runs an arm.*claim fails.*✗ fails.*3 runs an arm/s
        .test(markup),
      markup,
    );
  });

  it("say so where a preset claims nothing", () => {
    const { "text/plain": text, [RELAY_MIME]: output } = claimsBundle([], "smoke");
    assertEquals(text, "Preset “smoke” claims nothing: its runs are too short to show anything.");
    assertEquals(output, undefined);
  });

  it("are escaped, and what does not exist is null", () => {
    const verdict: Verdict = {
      claim: { id: "x", text: "<b>x</b>", kind: "exceeds", metric: "final", arm: "<i>", value: 0 },
      holds: "undecided",
      estimate: NaN,
      low: NaN,
      high: NaN,
      n: 0,
      text: `There is no run of "<i>".`,
    };
    const bundle = claimsBundle([verdict], "test");
    assert(!/<[bi]>/.test(String(bundle["text/html"])));
    const output = parseRelayOutput(JSON.parse(JSON.stringify(bundle[RELAY_MIME])));
    assert(output?.kind === "claims");
    assertEquals([output.claims[0]!.estimate, output.claims[0]!.low], [null, null]);
  });
});

describe("a claim of one's own", () => {
  it("is decided by its evidence, the same each time, whatever was claimed before", async () => {
    const results = madeUpResults();
    const evidence = { results, kind: "exceeds", metric: "final", arm: "quantile", value: 0 } as const;
    const first = await claim("quantile ends above 0", evidence);
    await claim("quantile ends above 1000", { ...evidence, value: 1000 });
    const again = await claim("quantile ends above 0", evidence);
    assertEquals([first.holds, first.n, first.claim.text], [true, 3, "quantile ends above 0"]);
    assertEquals(again, first);
  });

  it("prints nothing more when a cell ends with it", async () => {
    const verdict = await claim("x", {
      results: madeUpResults(),
      kind: "exceeds",
      metric: "final",
      arm: "none",
      value: 0,
    });
    const { [Symbol.for("Jupyter.display")]: echo } = verdict as unknown as Record<symbol, () => unknown>;
    assertEquals(echo!(), {});
    assertEquals(
      JSON.stringify(Object.keys(verdict).sort()),
      '["claim","estimate","high","holds","low","n","text"]',
    );
  });
});

describe("results", () => {
  it("that may not be read any more show nothing", () => {
    const { comparison, runs } = madeUpResults();
    const requireFresh = () => {
      throw new Error("stale");
    };
    const stale = new Results(comparison, runs, { requireFresh });
    for (const read of [() => stale.runs, () => stale.input, () => stale.pageInput]) {
      assertThrows(read, Error, "stale");
    }
  });
});
