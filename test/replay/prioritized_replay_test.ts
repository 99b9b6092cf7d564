import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { newFragment } from "relay/replay/fragment.ts";
import { PrioritizedReplay } from "relay/replay/prioritized_replay.ts";
import { PriorityTrees } from "relay/replay/segment_tree.ts";
import { openStream, type Stream } from "relay/rng/stream.ts";

/** From golden/ddqn_per_golden.json, `per`: uniform number → index and importance weight. */
const GOLDEN = {
  alpha: 0.6,
  beta: 0.4,
  priorities: [1.0, 0.2, 3.5, 0.01, 2.0, 1.0],
  stored: [1.0, 0.3807307877431757, 2.1205124498413204, 0.06309573444801933, 1.515716566510398, 1.0],
  total: 6.080055538542913,
  samples: [
    [0.0, 0, 0.3311311214825911],
    [0.1, 0, 0.3311311214825911],
    [0.25, 2, 0.24514535538524218],
    [0.5, 2, 0.24514535538524218],
    [0.75, 4, 0.28038372489273056],
    [0.9, 5, 0.3311311214825911],
    [0.999, 5, 0.3311311214825911],
  ],
} as const;

const obs = { O: 2, dtype: "uint8" } as const;

function filled(capacity: number, priorities: readonly number[], alpha = 0.6): PrioritizedReplay {
  const replay = new PrioritizedReplay({ capacity, alpha, beta: 0.4, epsilon: 0.5, obs });
  const fragment = newFragment(1, 1, obs);
  for (const [k, priority] of priorities.entries()) {
    fragment.obs.set([k, k + 1]);
    fragment.nextObs.set([k + 1, k + 2]);
    fragment.actions[0] = k % 5;
    fragment.rewards[0] = k / 2;
    fragment.terminated[0] = k % 2;
    fragment.truncated[0] = k === 2 ? 1 : 0;
    replay.insert(fragment, { agent: 0, t: 0 }, priority);
  }
  return replay;
}

/** A stream that gives the listed uniform numbers. */
function scripted(numbers: readonly number[]): Stream {
  let next = 0;
  return { ...openStream(0), random: () => numbers[next++]! } as unknown as Stream;
}

describe("PrioritizedReplay against RLlib's numbers (golden/ddqn_per_golden.json)", () => {
  const replay = filled(8, GOLDEN.priorities);

  it("stores priority^α", () => {
    for (const [i, stored] of GOLDEN.stored.entries()) {
      assertAlmostEquals(replay.storedPriorities[i]!, stored, 1e-15);
    }
  });

  it("finds the recorded index for each uniform number", () => {
    const slots = new Int32Array(GOLDEN.samples.length);
    replay.sample(slots, scripted(GOLDEN.samples.map(([u]) => u)));
    assertEquals([...slots], GOLDEN.samples.map(([, index]) => index));
  });

  it("gives the recorded importance weights", () => {
    for (const [, index, weight] of GOLDEN.samples) {
      assertAlmostEquals(replay.importanceWeight(index), weight, 1e-14);
    }
  });
});

describe("PrioritizedReplay", () => {
  it("samples in proportion to the stored priorities", () => {
    const replay = filled(4, [1, 2, 3, 4], 1);
    const slots = new Int32Array(40_000);
    replay.sample(slots, openStream(3));
    const counts = [0, 0, 0, 0];
    for (const slot of slots) counts[slot]!++;
    for (const [slot, count] of counts.entries()) assertAlmostEquals(count / 40_000, (slot + 1) / 10, 0.012); // 5 se
  });

  it("overwrites the oldest when full and never samples a slot beyond its size", () => {
    const replay = filled(3, [1, 1, 1, 1]);
    assertEquals(replay.size, 3);
    assertEquals(replay.inserted, 4);
    assertEquals([...replay.columns.obs], [3, 4, 1, 2, 2, 3]);
    const partly = filled(1000, [1, 1]);
    const slots = new Int32Array(500);
    partly.sample(slots, scripted(Array.from({ length: 500 }, (_, i) => i % 2 ? 0.9999999999999999 : 0)));
    assertEquals(new Set(slots), new Set([0, 1]));
  });

  it("gathers every column of the same transition into the learner's row", () => {
    const replay = filled(8, [1, 1, 1, 1]);
    const rows = 4;
    const into = {
      obs: new Float32Array(rows * 2),
      nextObs: new Float32Array(rows * 2),
      actions: new Int32Array(rows),
      rewards: new Float32Array(rows),
      notTerminal: new Float32Array(rows),
      isWeights: new Float32Array(rows),
    };
    replay.gather(Int32Array.of(2, 3), into, { p: 1, bootstrapAtTimeLimit: false });
    assertEquals([...into.obs], [0, 0, 0, 0, 2, 3, 3, 4]);
    assertEquals([...into.nextObs], [0, 0, 0, 0, 3, 4, 4, 5]);
    assertEquals([...into.actions], [0, 0, 2, 3]);
    assertEquals([...into.rewards], [0, 0, 1, 1.5]);
    assertEquals([...into.notTerminal], [0, 0, 0, 0]);
    assertEquals([...into.isWeights], [0, 0, 1, 1]);
    replay.gather(Int32Array.of(2, 3), into, { p: 1, bootstrapAtTimeLimit: true });
    assertEquals([...into.notTerminal], [0, 0, 1, 0]);
  });

  it("writes |δ| + ε back as the new priority and remembers the largest", () => {
    const replay = filled(8, [1, 1, 1]);
    replay.updatePriorities(Int32Array.of(0, 2), Float32Array.of(-3.5, 0));
    assertAlmostEquals(replay.storedPriorities[0]!, 4 ** 0.6);
    assertAlmostEquals(replay.storedPriorities[2]!, 0.5 ** 0.6);
    assertEquals(replay.storedPriorities[1], 1);
    assertEquals(replay.maxPriority, 4);
  });

  it("refuses to sample when empty", () => {
    const replay = filled(2, []);
    assertThrows(() => replay.sample(new Int32Array(1), openStream(0)), Error, "empty replay");
  });
});

describe("PriorityTrees", () => {
  it("does for many leaves at once what it does for one, to the last bit", () => {
    const write = fc.tuple(fc.nat(12), fc.double({ min: 0.001, max: 100, noNaN: true }));
    fc.assert(
      fc.property(
        fc.array(write, { minLength: 1, maxLength: 40 }),
        fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { maxLength: 20 }),
        (writes, us) => {
          const one = new PriorityTrees(13);
          const many = new PriorityTrees(13);
          for (const [leaf, value] of writes) one.set(leaf, value);
          many.setAll(
            Int32Array.from(writes, ([leaf]) => leaf),
            Float64Array.from(writes, ([, value]) => value),
          );
          assertEquals([many.total, many.minimum, ...many.leaves(13)], [
            one.total,
            one.minimum,
            ...one.leaves(13),
          ]);
          const found = new Int32Array(us.length);
          many.findAll(Float64Array.from(us, (u) => u * many.total), found);
          assertEquals([...found], us.map((u) => one.find(u * one.total)));
        },
      ),
    );
  });

  it("agrees with a linear scan and is rebuilt to the last bit", () => {
    const operation = fc.tuple(fc.nat(12), fc.float({ min: Math.fround(0.001), max: 100, noNaN: true }));
    fc.assert(
      fc.property(
        fc.array(operation, { minLength: 1, maxLength: 60 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (operations, u) => {
          const trees = new PriorityTrees(13);
          const values = new Array<number>(13).fill(0);
          for (const [i, value] of operations) {
            trees.set(i, value);
            values[i] = value;
          }
          const sum = values.reduce((a, b) => a + b, 0);
          assertAlmostEquals(trees.total, sum, 1e-9 * sum);
          assertEquals(trees.minimum, Math.min(...values.filter((value) => value > 0)));
          const found = trees.find(u * trees.total);
          const before = values.slice(0, found).reduce((a, b) => a + b, 0);
          assert(before <= u * sum + 1e-6 && u * sum < before + values[found]! + 1e-6);
          const rebuilt = new PriorityTrees(13);
          rebuilt.restore(trees.leaves(13).map((leaf) => leaf));
          assertEquals(rebuilt.total, trees.total);
          assertEquals(rebuilt.find(u * trees.total), found);
        },
      ),
      { seed: 3 },
    );
  });
});
