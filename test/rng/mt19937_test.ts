import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { gymSeedKey } from "relay/rng/gym_seed_key.ts";
import { Mt19937 } from "relay/rng/mt19937.ts";
import { readGolden } from "../support/golden.ts";

interface Vectors {
  randomstate: Record<string, Record<string, number[]>>;
  gym018: Record<string, Record<string, number[]>>;
  python_random_shuffle: Record<string, number[]>;
}

const vectors = readGolden("rng_vectors.json.gz") as Vectors;

function times(count: number, draw: () => number): number[] {
  return Array.from({ length: count }, draw);
}

describe("Mt19937 as RandomState", () => {
  for (const [seed, expected] of Object.entries(vectors.randomstate)) {
    it(`gives numpy's draws for seed ${seed}`, () => {
      const fresh = () => new Mt19937(Number(seed));
      const [ints, samples, uniforms] = [fresh(), fresh(), fresh()];
      assertEquals(times(12, () => ints.randint(0, 10)), expected["randint_0_10_x12"]);
      assertEquals(times(4, () => samples.randomSample()), expected["random_sample"]);
      assertEquals(times(4, () => uniforms.uniform(-1, 1)), expected["uniform_m1_1_x4"]);
      assertEquals(fresh().permutation(44), expected["permutation_44"]);
      assertEquals(fresh().choice(110, 4, false), expected["choice_110_size4_norep"]);
      assertEquals(fresh().choice(4, 6), expected["choice_4_size6_rep"]);
    });
  }

  it("continues after save and restore across a regeneration of its words", () => {
    const rng = new Mt19937(7);
    times(620, () => rng.next32());
    const other = new Mt19937(0);
    other.restore(JSON.parse(JSON.stringify(rng.save())));
    assertEquals(times(700, () => other.next32()), times(700, () => rng.next32()));
  });

  it("refuses unfit seeds, ranges, samples and states", () => {
    assertThrows(() => new Mt19937(-1), RangeError, "Cannot seed MT19937 with -1");
    assertThrows(() => new Mt19937([]), RangeError, "expected 32-bit words");
    const rng = new Mt19937(0);
    assertThrows(() => rng.randint(2, 2), RangeError, "Cannot draw randint from [2, 2)");
    assertThrows(() => rng.choice(3, 4, false), RangeError, "Cannot choose 4 of 3");
    assertThrows(() => rng.restore([1]), RangeError, "Cannot restore MT19937 from 1 words");
    assertEquals(rng.randint(5, 6), 5);
    assertEquals(rng.next32(), new Mt19937(0).next32());
  });
});

describe("gymSeedKey", () => {
  for (const [seed, expected] of Object.entries(vectors.gym018)) {
    it(`gives gym 0.18's key and draws for seed ${seed}`, () => {
      const key = gymSeedKey(Number(seed));
      assertEquals(key, expected["key"]);
      // The recording took the integers from the same generator, after the doubles.
      const rng = new Mt19937(key);
      assertEquals(times(3, () => rng.randomSample()), expected["random_sample"]);
      assertEquals(times(8, () => rng.randint(0, 10)), expected["randint_0_10_x8"]);
    });
  }

  it("refuses a seed that is not a nonnegative integer", () => {
    assertThrows(() => gymSeedKey(-2), RangeError, "from seed -2");
  });
});

describe("Mt19937 as random.Random", () => {
  for (const [name, expected] of Object.entries(vectors.python_random_shuffle)) {
    it(`shuffles as CPython does: ${name}`, () => {
      const [count, seed] = name.match(/\d+/g)!.map(Number) as [number, number];
      const values = Array.from({ length: count }, (_, i) => i);
      new Mt19937([seed]).shuffleLikePython(values);
      assertEquals(values, expected);
    });
  }
});
