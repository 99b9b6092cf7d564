import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { openStream, type Stream } from "relay/rng/stream.ts";

/** Deterministic property runs: a failure found once is found again. */
const FIXED = { seed: 20240607, numRuns: 60 };

function draw(stream: Stream, count: number): number[] {
  return Array.from({ length: count }, () => stream.u32());
}

const seeds = fc.maxSafeNat();
const names = fc.stringMatching(/^[a-z0-9 _\u00e9]{1,12}$/);

describe("openStream", () => {
  it("gives the numbers of an independent Python implementation", () => {
    assertEquals(draw(openStream(0), 4), [3195657435, 3088878794, 917838478, 3226689157]);
    assertEquals(draw(openStream(42).fork("x/y"), 4), [3013150238, 3362527518, 1528993228, 766169388]);
    const deep = openStream(2 ** 53 - 1).fork("agent/3/explore");
    assertEquals(draw(deep, 4), [4048280904, 1300912093, 713284675, 1108065794]);
  });

  it("refuses a seed that is not an integer in [0, 2^53)", () => {
    assertThrows(() => openStream(-1), RangeError, "seed is -1");
    assertThrows(() => openStream(1.5), RangeError, "seed is 1.5");
    assertThrows(() => openStream(2 ** 53), RangeError, "expected an integer in [0, 2^53)");
  });
});

describe("Stream.fork", () => {
  it("of a path is the fork of its names one by one", () => {
    fc.assert(
      fc.property(seeds, fc.array(names, { minLength: 1, maxLength: 5 }), (seed, path) => {
        const byName = path.reduce((stream, name) => stream.fork(name), openStream(seed));
        assertEquals(draw(byName, 5), draw(openStream(seed).fork(path.join("/")), 5));
      }),
      FIXED,
    );
  });

  it("gives siblings whose numbers do not depend on the order in which they are drawn", () => {
    fc.assert(
      fc.property(seeds, fc.array(fc.nat(2), { maxLength: 60 }), (seed, schedule) => {
        const paths = ["a", "b", "a/b"];
        const alone = paths.map((path) => draw(openStream(seed).fork(path), schedule.length));
        const root = openStream(seed);
        const siblings = paths.map((path) => root.fork(path));
        const together: number[][] = [[], [], []];
        for (const which of schedule) {
          root.u32();
          together[which]!.push(siblings[which]!.u32());
        }
        together.forEach((drawn, which) => assertEquals(drawn, alone[which]!.slice(0, drawn.length)));
      }),
      FIXED,
    );
  });

  it("is not moved by draws, restores or earlier forks of its parent", () => {
    const parent = openStream(5).fork("p");
    const expected = draw(parent.fork("child"), 8);
    parent.normal();
    parent.restore([1, 2, 3, 4]);
    parent.fork("other").u32();
    assertEquals(draw(parent.fork("child"), 8), expected);
  });

  it("gives different numbers for different seeds and for paths that only look alike", () => {
    const streams = [
      openStream(1),
      openStream(1 + 2 ** 32),
      openStream(2),
      ...["a", "b", "ab", "a/b", "b/a", "a\u0000", "A"].map((path) => openStream(1).fork(path)),
    ];
    const firsts = streams.map((stream) => draw(stream, 2).join());
    assertEquals(new Set(firsts).size, streams.length);
  });

  it("refuses an empty name", () => {
    for (const path of ["", "a//b", "/a", "a/"]) {
      assertThrows(() => openStream(0).fork(path), RangeError, `expected names joined by "/"`);
    }
    assertThrows(() => openStream(0).fork("a").fork(""), RangeError, `Cannot fork stream at "a/"`);
  });
});

describe("Stream.save", () => {
  it("and restore continue exactly, in the same stream and in another one", () => {
    fc.assert(
      fc.property(seeds, fc.nat(50), (seed, skipped) => {
        const stream = openStream(seed).fork("s");
        draw(stream, skipped);
        const state: number[] = JSON.parse(JSON.stringify(stream.save()));
        const expected = draw(stream, 10);
        stream.restore(state);
        assertEquals(draw(stream, 10), expected);
        const other = openStream(0);
        other.restore(state);
        assertEquals(draw(other, 10), expected);
      }),
      FIXED,
    );
  });

  it("refuses to restore what is not four 32-bit words", () => {
    const stream = openStream(0);
    assertThrows(() => stream.restore([1, 2, 3]), RangeError, "Cannot restore stream from [1, 2, 3]");
    assertThrows(() => stream.restore([1, 2, 3, -1]), RangeError, "expected four 32-bit words");
    assertThrows(() => stream.restore([1, 2, 3, 0.5]), RangeError, "expected four 32-bit words");
  });
});

describe("Stream draws", () => {
  it("below(n) stays in range for every n and refuses other bounds", () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (seed, n) => {
        const stream = openStream(seed);
        for (let i = 0; i < 20; i++) {
          const value = stream.below(n);
          assert(Number.isInteger(value) && value >= 0 && value < n, `below(${n}) gave ${value}`);
        }
      }),
      FIXED,
    );
    assertEquals(openStream(3).below(1), 0);
    assertEquals(openStream(3).below(2 ** 32), openStream(3).u32());
    for (const n of [0, -3, 2.5, NaN, 2 ** 53]) {
      assertThrows(() => openStream(0).below(n), RangeError, `Cannot draw an integer below ${n}`);
    }
  });

  it("below(n) is uniform where a plain remainder of 32 bits would not be", () => {
    // A third of the 32-bit range left over: a bare `u32() % n` gives the low half twice as often as the high half.
    const n = 3 * 2 ** 30;
    const stream = openStream(11);
    let low = 0;
    for (let i = 0; i < 30_000; i++) if (stream.below(n) < 2 ** 30) low++;
    assertAlmostEquals(low, 10_000, 5 * Math.sqrt(30_000 * (1 / 3) * (2 / 3)));
  });

  it("pass a chi-square test in each byte of u32 and over consecutive pairs", () => {
    const stream = openStream(123).fork("chi");
    const draws = 1 << 18;
    const tables = Array.from({ length: 5 }, () => new Float64Array(256));
    let previous = stream.u32();
    for (let i = 0; i < draws; i++) {
      const value = stream.u32();
      for (let byte = 0; byte < 4; byte++) tables[byte]![(value >>> (8 * byte)) & 255]!++;
      tables[4]![((previous >>> 28) << 4) | (value >>> 28)]!++;
      previous = value;
    }
    for (const table of tables) {
      const expected = draws / 256;
      const chiSquare = table.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
      // 255 degrees of freedom: mean 255, standard deviation 22.6; the fixed seed makes the outcome certain.
      assert(chiSquare > 165 && chiSquare < 345, `chi-square ${chiSquare}`);
    }
  });

  it("random() has mean 1/2 and variance 1/12, normal() mean 0, variance 1 and kurtosis 3", () => {
    const stream = openStream(9);
    const count = 100_000;
    const uniform = Array.from({ length: count }, () => stream.random());
    const normal = Array.from({ length: count }, () => stream.normal());
    const moment = (values: number[], power: number, centre = 0) =>
      values.reduce((sum, value) => sum + (value - centre) ** power, 0) / count;
    assert(uniform.every((value) => value >= 0 && value < 1));
    assertAlmostEquals(moment(uniform, 1), 0.5, 0.004);
    assertAlmostEquals(moment(uniform, 2, 0.5), 1 / 12, 0.001);
    assertAlmostEquals(moment(normal, 1), 0, 0.016);
    assertAlmostEquals(moment(normal, 2), 1, 0.023);
    assertAlmostEquals(moment(normal, 4), 3, 0.16);
  });
});
