import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { openStream } from "relay/rng/stream.ts";
import { compileSelector, selectorSource } from "relay/share/custom.ts";
import { all } from "relay/share/all.ts";
import { gaussian } from "relay/share/gaussian.ts";
import { none } from "relay/share/none.ts";
import { normalQuantile } from "relay/share/normal_quantile.ts";
import { quantile } from "relay/share/quantile.ts";
import { random } from "relay/share/random.ts";
import { checkSelection, type Selector, SelectorError } from "relay/share/selector.ts";
import { SHARE, sharingTeam } from "relay/share/share_config.ts";
import { sendProbabilities, stochastic } from "relay/share/stochastic.ts";
import { SlidingWindow } from "relay/share/td_error_window.ts";
import { readGolden } from "../support/golden.ts";

interface Golden {
  deterministic: {
    mode: "quantile" | "gaussian";
    bandwidth: number;
    window: number;
    batches: {
      td: number[];
      mean: number;
      var: number;
      threshold: number | string | null;
      selected: number[];
    }[];
  }[];
  stochastic: { bandwidth: number; td: number[]; probabilities: number[] }[];
}

const golden = readGolden("super_selection_vectors.json.gz") as Golden;
const stream = openStream(7);

describe("deterministic selectors against numpy and scipy (golden/super_selection_vectors.json)", () => {
  for (const { mode, bandwidth, window: size, batches } of golden.deterministic) {
    it(`${mode} at β = ${bandwidth} over a window of ${size} selects the recorded indices`, () => {
      const select = mode === "quantile"
        ? quantile({ bandwidth, strict: true })
        : gaussian({ bandwidth, spread: "variance", strict: true });
      const window = new SlidingWindow(size);
      assertEquals(batches.length, 12);
      for (const batch of batches) {
        const absTdErrors = Float32Array.from(batch.td, Math.abs);
        window.push(absTdErrors);
        assertAlmostEquals(window.mean(), batch.mean, 1e-6);
        assertAlmostEquals(window.variance(), batch.var, 1e-5);
        assertEquals([...select(absTdErrors, window, stream)], batch.selected);
      }
    });
  }

  it("quantile()'s threshold is numpy's linear interpolation", () => {
    const { window: size, batches, bandwidth } = golden.deterministic[0]!;
    const window = new SlidingWindow(size);
    for (const { td, threshold } of batches) {
      window.push(td.map(Math.abs));
      assertAlmostEquals(window.quantile(1 - bandwidth), Number(threshold), 1e-12);
    }
  });
});

describe("stochastic()", () => {
  for (const [k, { bandwidth, td, probabilities }] of golden.stochastic.entries()) {
    it(`sends with the recorded probabilities (case ${k})`, () => {
      const abs = Float32Array.from(td, Math.abs);
      const mean = abs.reduce((a, b) => a + b, 0) / abs.length;
      const ours = sendProbabilities(abs, mean, bandwidth);
      for (const [t, p] of probabilities.entries()) assertAlmostEquals(ours[t]!, p, 1e-6);
    });
  }

  it("realises β over many fragments, in both scopes", () => {
    for (const scope of ["fragment", "window"] as const) {
      const select = stochastic({ bandwidth: 0.1, scope });
      const window = new SlidingWindow(1500);
      let sent = 0;
      for (let n = 0; n < 20_000; n++) {
        const fragment = Float32Array.from({ length: 4 }, () => 0.5 + stream.random());
        window.push(fragment);
        sent += select(fragment, window, stream).length;
      }
      assertAlmostEquals(sent / 80_000, 0.1, 0.005); // 5 standard errors
    }
  });
});

describe("random()", () => {
  it("sends β of the transitions, large errors as often as small ones", () => {
    const select = random({ bandwidth: 0.1 });
    const sent = [0, 0];
    for (let n = 0; n < 40_000; n++) {
      for (const t of select(Float32Array.of(0, 100), new SlidingWindow(1), stream)) sent[t]!++;
    }
    for (const count of sent) assertAlmostEquals(count / 40_000, 0.1, 0.0075); // 5 standard errors
  });
});

describe("quantile() and gaussian() options", () => {
  const fragment = Float32Array.of(1, 2, 2, 2);
  const window = new SlidingWindow(10);
  window.push(fragment);

  it("strict leaves out errors that equal the threshold, ≥ sends them", () => {
    assertEquals([...quantile({ bandwidth: 0.5, strict: true })(fragment, window, stream)], []);
    assertEquals([...quantile({ bandwidth: 0.5, strict: false })(fragment, window, stream)], [1, 2, 3]);
  });

  it("β = 0 sends nothing and gaussian at β = 1 everything", () => {
    assertEquals([...quantile({ bandwidth: 0, strict: false })(fragment, window, stream)], []);
    assertEquals([
      ...gaussian({ bandwidth: 0, spread: "deviation", strict: false })(fragment, window, stream),
    ], []);
    assertEquals(
      [...gaussian({ bandwidth: 1, spread: "variance", strict: true })(fragment, window, stream)],
      [0, 1, 2, 3],
    );
  });

  it("a window without spread sends nothing", () => {
    const flat = new SlidingWindow(4);
    flat.push([1, 1, 1, 1]);
    assertEquals([
      ...gaussian({ bandwidth: 0.5, spread: "variance", strict: false })(Float32Array.of(9), flat, stream),
    ], []);
  });

  it("with σ the realised bandwidth of normal errors is β whatever their scale; with σ² it is not", () => {
    const realised = (spread: "deviation" | "variance", scale: number) => {
      const errors = Array.from(
        { length: 30_000 },
        () => 100 + scale * normalQuantile(1e-9 + stream.random() * (1 - 2e-9)),
      );
      const wide = new SlidingWindow(30_000);
      wide.push(errors);
      return gaussian({ bandwidth: 0.1, spread, strict: true })(Float32Array.from(errors), wide, stream)
        .length / 30_000;
    };
    assertAlmostEquals(realised("deviation", 0.5), 0.1, 0.01);
    assertAlmostEquals(realised("deviation", 4), 0.1, 0.01);
    assert(realised("variance", 0.5) > 0.2);
    assert(realised("variance", 4) < 0.001);
  });
});

describe("SlidingWindow", () => {
  it("equals sorting the last k values, after any pushes", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.array(fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 6 })),
        (size, pushes) => {
          const window = new SlidingWindow(size);
          pushes.forEach((values) => window.push(values));
          const last = pushes.flat().slice(-size);
          assertEquals([...window.sorted], last.toSorted((a, b) => a - b));
          assertEquals(window.save(), last);
        },
      ),
      { seed: 1 },
    );
  });

  it("goes on identically after save() and restore()", () => {
    const a = new SlidingWindow(5);
    a.push([5, 3, 9, 1, 7, 2, 8]);
    const b = new SlidingWindow(5);
    b.restore(a.save());
    a.push([4, 6]);
    b.push([4, 6]);
    assertEquals(b.save(), a.save());
    assertEquals([...b.sorted], [...a.sorted]);
  });
});

describe("built-in selectors", () => {
  it("return valid ascending indices for any errors", () => {
    const selectors: Selector[] = [
      quantile({ bandwidth: 0.3, strict: true }),
      gaussian({ bandwidth: 0.3, spread: "variance", strict: false }),
      stochastic({ bandwidth: 0.3, scope: "fragment" }),
      random({ bandwidth: 0.3 }),
      all(),
      none(),
    ];
    fc.assert(
      fc.property(
        fc.array(fc.float({ min: 0, max: 1000, noNaN: true }), { minLength: 1, maxLength: 8 }),
        (errors) => {
          const absTdErrors = Float32Array.from(errors);
          const window = new SlidingWindow(50);
          window.push(absTdErrors);
          for (const select of selectors) {
            const chosen = select(absTdErrors, window, stream);
            assertEquals(checkSelection(chosen, errors.length), Array.from(chosen));
          }
        },
      ),
      { seed: 2 },
    );
  });
});

describe("checkSelection()", () => {
  it("sorts a valid selection", () => assertEquals(checkSelection([3, 0], 4), [0, 3]));
  for (
    const [selection, message] of [
      [[1, 1], "the index 1 twice"],
      [[4], "the index 4, expected 0 … 3"],
      [[-1], "the index -1, expected 0 … 3"],
      [[0.5], "the index 0.5, expected an integer"],
      [[NaN], "the index NaN, expected an integer"],
      [[1n], "the index 1, expected an integer"],
      [[undefined], "the index undefined, expected an integer"],
      [[Object.create(null)], "the index that is an object, expected an integer"],
      [undefined, "returned undefined, expected an array"],
      [null, "returned null, expected an array"],
    ] as const
  ) {
    it(`refuses what is wrong: ${message}`, () => {
      assertThrows(() => checkSelection(selection as unknown as number[], 4), SelectorError, message);
    });
  }
});

describe("compileSelector()", () => {
  it("rebuilds a function from its source text", async () => {
    const select = await compileSelector(selectorSource((errors) => [errors.indexOf(Math.max(...errors))]));
    assertEquals([...select(Float32Array.of(1, 5, 2), new SlidingWindow(1), stream)], [1]);
  });

  it("says which outer variable a selector reaches for", async () => {
    const outer = 0.5;
    const source = selectorSource((errors) => Array.from(errors.keys()).filter((t) => errors[t]! > outer));
    await assertRejects(() => compileSelector(source), SelectorError, "outer variable outer");
  });

  it("tries it on a fragment of the run's own length", async () => {
    const last = await compileSelector("() => [7];", { F: 8, windowSize: 3 });
    assertEquals([...last(new Float32Array(8), new SlidingWindow(1), stream)], [7]);
    await assertRejects(
      () => compileSelector("() => [7]", { F: 4, windowSize: 3 }),
      SelectorError,
      "expected 0 … 3",
    );
  });

  it("refuses a selector that breaks the contract on its trial", async () => {
    await assertRejects(() => compileSelector("() => [0, 0]"), SelectorError, "the index 0 twice");
    await assertRejects(() => compileSelector("() => [99]"), SelectorError, "the index 99");
    await assertRejects(() => compileSelector("() => [0.5]"), SelectorError, "an integer");
  });

  it("refuses what is no function, does not parse, or has no source", async () => {
    await assertRejects(() => compileSelector("42"), SelectorError, "a number, expected a function");
    await assertRejects(() => compileSelector("(a, b => 1"), SelectorError, "Cannot read the selector");
    assertThrows(() => selectorSource((() => []).bind(null)), SelectorError, "source text is not available");
  });
});

describe("sharingTeam()", () => {
  const agents = ["blue_0", "red_0", "blue_1"];
  it("takes agents whose name contains the filter", () => {
    assertEquals(sharingTeam({ ...SHARE.quantile, team: "blue" }, agents), [0, 2]);
    assertEquals(sharingTeam(SHARE.quantile, agents), [0, 1, 2]);
    assertEquals(sharingTeam(SHARE.none, agents), []);
  });
});
