import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { type NumpyPcg64State, Pcg64 } from "relay/rng/pcg64.ts";
import { multiplyHigh } from "relay/rng/pcg64_core.ts";
import { seedSequence } from "relay/rng/seed_sequence.ts";
import { readGolden } from "../support/golden.ts";

const FIXED = { seed: 20240607, numRuns: 60 };

function times<T>(count: number, draw: () => T): T[] {
  return Array.from({ length: count }, draw);
}

function integers(rng: Pcg64, count: number, high: number): number[] {
  return times(count, () => rng.integers(0, high));
}

interface Pcg64Vectors {
  [name: string]: unknown;
  generate_state_8_u32: number[];
}

describe("Pcg64 against numpy_pcg64_vectors", () => {
  const all = readGolden("numpy_pcg64_vectors.json.gz") as Record<string, Pcg64Vectors>;
  for (const [seedText, vectors] of Object.entries(all)) {
    const fresh = () => new Pcg64(BigInt(seedText));
    it(`gives numpy's words, doubles and integers for seed ${seedText}`, () => {
      const seed = BigInt(seedText);
      const entropy = [Number(seed & 0xffffffffn), ...(seed >> 32n > 0n ? [Number(seed >> 32n)] : [])];
      assertEquals([...seedSequence(entropy, 8)], vectors.generate_state_8_u32);
      assertEquals(times(8, ((rng) => () => String(rng.next64()))(fresh())), vectors["random_raw_8"]);
      assertEquals(times(6, ((rng) => () => rng.random())(fresh())), vectors["random_6"]);
      assertEquals(integers(fresh(), 12, 16), vectors["integers_0_16_x12"]);
      assertEquals(integers(fresh(), 20, 5), vectors["integers_5_x20"]);
      assertEquals(integers(fresh(), 4, 2 ** 31), vectors["integers_0_(2^31)_x4"]);
      assertEquals(integers(fresh(), 4, 2 ** 40).map(String), vectors["integers_0_(2^40)_x4"]);
      assertEquals(integers(fresh(), 6, 3_000_000_000), vectors["integers_3000000000_x6"]);
      assertEquals(fresh().permutation(10), vectors["permutation_10"]);
    });

    it(`keeps numpy's buffered half across 64-bit draws for seed ${seedText}`, () => {
      const rng = fresh();
      const mixed = [rng.uniform(0, 0), rng.uniform(0, 0), ...integers(rng, 6, 16)];
      mixed.push(rng.random(), ...integers(rng, 3, 16));
      const key = Object.keys(vectors).find((name) => name.startsWith("mixed"))!;
      assertEquals(mixed, vectors[key]);
    });
  }
});

interface GeneratorVectors {
  raw_u64: string[];
  random: number[];
  integers_0_10_x12: number[];
  choice_110_size4_norep: number[];
  choice_4_size6_rep: number[];
  permutation_9: number[];
  shuffle_list_10: number[];
}

describe("Pcg64 against rng_vectors", () => {
  const { generator } = readGolden("rng_vectors.json.gz") as { generator: Record<string, GeneratorVectors> };
  for (const [seed, vectors] of Object.entries(generator)) {
    it(`gives numpy's choices and shuffles for seed ${seed}`, () => {
      const fresh = () => new Pcg64(Number(seed));
      assertEquals(times(4, ((rng) => () => String(rng.next64()))(fresh())), vectors.raw_u64);
      assertEquals(times(4, ((rng) => () => rng.random())(fresh())), vectors.random);
      assertEquals(integers(fresh(), 12, 10), vectors.integers_0_10_x12);
      assertEquals(fresh().choice(110, 4, { replace: false }), vectors.choice_110_size4_norep);
      assertEquals(fresh().choice(4, 6), vectors.choice_4_size6_rep);
      assertEquals(fresh().permutation(9), vectors.permutation_9);
      const list = times(10, ((n) => () => n++)(0));
      fresh().shuffle(list);
      assertEquals(list, vectors.shuffle_list_10);
    });
  }
});

interface ChoiceVectors {
  [name: string]: unknown;
  seed: string;
  state_after_integers_9: NumpyPcg64State;
}

describe("Pcg64 against numpy_choice_vectors (recorded with numpy 2.4.6)", () => {
  const { cases } = readGolden("numpy_choice_vectors.json.gz") as { cases: ChoiceVectors[] };
  for (const vectors of cases) {
    const fresh = () => new Pcg64(BigInt(vectors.seed));
    it(`gives numpy's weighted and large choices for seed ${vectors.seed}`, () => {
      const p = [0.1, 0, 0.25, 0.3, 0.35];
      assertEquals(fresh().choice(5, 8, { p }), vectors["choice_5_8_p"]);
      assertEquals(fresh().choice(5, 4, { p, replace: false }), vectors["choice_5_4_p_norep"]);
      const rising = times(20, ((n) => () => ++n / 210)(0));
      assertEquals(fresh().choice(20, 12, { p: rising, replace: false }), vectors["choice_20_12_p_norep"]);
      const tail = fresh().choice(12000, 300, { replace: false });
      const sum = tail.reduce((total, index) => total + index, 0);
      const weighted = tail.reduce((total, index, i) => total + i * index, 0);
      assertEquals([sum, ...tail.slice(0, 5), weighted], vectors["choice_12000_300_norep_sum_head"]);
      const floyd = fresh().choice(12000, 200, { replace: false });
      assertEquals(floyd.slice(0, 6), vectors["choice_12000_200_norep"]);
      assertEquals(fresh().choice(10, 10, { replace: false }), vectors["choice_10_10_norep"]);
    });

    it(`gives numpy's 64-bit ranges, single precision and state for seed ${vectors.seed}`, () => {
      assertEquals([fresh().uniform(-3, 5)], vectors["uniform_-3_5"]);
      assertEquals(times(3, ((rng) => () => rng.randomFloat32())(fresh())), vectors["float32_3"]);
      const draw64 = (count: number, low: bigint, high: bigint) =>
        times(count, ((rng) => () => String(rng.integers64(low, high)))(fresh()));
      assertEquals(draw64(3, -(2n ** 63n), 2n ** 63n), vectors["int64_full"]);
      assertEquals(draw64(3, 0n, 2n ** 64n), vectors["uint64_full"]);
      assertEquals(draw64(6, -(2n ** 62n), 2n ** 63n - 1n), vectors["int_2^62*3"]);
      const rng = fresh();
      const borders = [...integers(rng, 3, 2 ** 32), ...integers(rng, 2, 2 ** 32 - 1)];
      assertEquals([...borders, ...integers(rng, 3, 2 ** 32 + 1)].map(String), vectors["int_2^32_minus"]);
      const mixed = fresh();
      const values = [
        mixed.integers(4, 5),
        mixed.integers(0, 3 * 2 ** 30),
        mixed.random(),
        mixed.integers(-5, 5),
      ];
      assertEquals(values, vectors["integers_1_none"]);
      const shuffled = [0, 1, 2, 3, 4, 5, 6];
      const shuffler = fresh();
      shuffler.shuffle(shuffled);
      assertEquals([...shuffled, shuffler.random()], vectors["shuffle_7_then_random"]);
      const stated = fresh();
      stated.integers(0, 9);
      assertEquals(stated.toNumpyState(), vectors.state_after_integers_9);
    });
  }
});

describe("Pcg64 state", () => {
  it("continues exactly after save and restore, as words and as numpy's decimal strings", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 140n), fc.nat(20), fc.boolean(), (seed, skipped, asText) => {
        const rng = new Pcg64(seed);
        for (let i = 0; i < skipped; i++) rng.next32();
        const other = new Pcg64(0);
        if (asText) other.fromNumpyState(JSON.parse(JSON.stringify(rng.toNumpyState())));
        else other.restore(JSON.parse(JSON.stringify(rng.save())));
        assertEquals(times(9, () => other.next32()), times(9, () => rng.next32()));
        assertEquals(other.save(), rng.save());
      }),
      FIXED,
    );
  });

  it("matches numpy's initial state and increment for seed 0", () => {
    assertEquals(new Pcg64(0).toNumpyState(), {
      state: "35399562948360463058890781895381311971",
      inc: "87136372517582989555478159403783844777",
      has_uint32: 0,
      uinteger: 0,
    });
  });

  it("is that of a new generator after seed(), buffered half included", () => {
    const rng = new Pcg64(4);
    rng.next32();
    rng.seed(9);
    assertEquals(rng.save(), new Pcg64(9).save());
    assertNotEquals(rng.save(), new Pcg64(4).save());
  });
});

describe("Pcg64 errors", () => {
  it("name what was attempted and the value", () => {
    assertThrows(() => new Pcg64(-1), RangeError, "Cannot seed PCG64 with -1");
    assertThrows(() => new Pcg64(0.5), RangeError, "Cannot seed PCG64 with 0.5");
    assertThrows(() => new Pcg64(-1n), RangeError, "expected an integer >= 0");
    const rng = new Pcg64(0);
    assertThrows(() => rng.integers(3, 3), RangeError, "Cannot draw integers from [3, 3)");
    assertThrows(() => rng.integers(0, NaN), RangeError, "[0, NaN)");
    assertThrows(() => rng.integers64(0n, 2n ** 64n + 1n), RangeError, "expected 0 < high - low <= 2^64");
    assertThrows(() => rng.choice(0, 1), RangeError, "Cannot choose 1 of 0");
    assertThrows(() => rng.choice(3, 4, { replace: false }), RangeError, "Cannot choose 4 of 3 without");
    assertThrows(() => rng.choice(2, 1, { p: [0.5, 0.4] }), RangeError, "expected sum 1");
    assertThrows(
      () => rng.choice(2, 2, { p: [1, 0], replace: false }),
      RangeError,
      "entries of p are above 0",
    );
    assertThrows(() => rng.restore([1, 2]), RangeError, "Cannot restore PCG64 from [1, 2]");
  });
});

describe("multiplyHigh", () => {
  it("is the high half of the 64-bit product", () => {
    const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(word, word, (x, y) => {
        assertEquals(BigInt(multiplyHigh(x, y)), (BigInt(x) * BigInt(y)) >> 32n);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  it("gives values that fit 32 bits", () => {
    assert(multiplyHigh(0xffffffff, 0xffffffff) === 0xfffffffe);
  });
});
