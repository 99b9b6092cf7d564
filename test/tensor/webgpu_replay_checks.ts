/** Checks on a GPU or software Vulkan; `webgpu_test.ts` runs them in a process of their own. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { PrioritizedReplay } from "relay/replay/prioritized_replay.ts";
import { openStream } from "relay/rng/stream.ts";
import { type Gpu, openGpu } from "relay/tensor/webgpu/gpu_device.ts";
import { assertClose, normals, startSimd } from "./support.ts";
import { batchOf, CpuLearner, DENSE, fragmentOf, openLearner } from "./webgpu_support.ts";

describe("replay on WebGPU", () => {
  let gpu: Gpu;
  beforeAll(async () => {
    await startSimd();
    gpu = await openGpu();
  });
  afterAll(() => gpu.device.destroy());

  for (const dtype of ["uint8", "float32"] as const) {
    it(`replays as the CPU's prioritized replay does (${dtype})`, async () => {
      const [P, B, F, capacity] = [3, 16, 4, 10];
      const [O, alpha, beta, epsilon] = [13, 0.6, 0.4, 1e-3];
      const largestBuffer = 2 * capacity * (dtype === "uint8" ? 16 : 4 * O); // of two networks of the three
      const setup = { fragmentRows: F, replay: { capacity, dtype, alpha, beta, epsilon, largestBuffer } };
      const learner = await openLearner(gpu, { P, B, ...setup });
      const cpu = new CpuLearner(DENSE, P, true);
      const options = { capacity, alpha, beta, epsilon, obs: { O, dtype } };
      const replays = Array.from({ length: P }, () => new PrioritizedReplay(options));
      assertThrows(() => learner.insert([{ network: 3, row: 0, priority: 1 }]), RangeError, "network 3");
      await assertRejects(() => learner.updateFromReplay(new Float32Array(P * B)), Error, "empty replay");
      for (let round = 1; round <= 6; round++) {
        const fragment = fragmentOf(round, { P, F, O, dtype });
        const evaluated = { ...fragment.batch, isWeights: new Float32Array(P * F).fill(1) };
        await learner.tdErrors(evaluated);
        // Every network gets its own transitions and, from the second round on, one of its neighbour's.
        const entries = Array.from({ length: P }, (_, network) => {
          const own = Array.from({ length: F }, (_, t) => network * F + t);
          return [...own, ...(round > 1 ? [(network + 1) % P * F + 1] : [])]
            .map((row) => ({ network, row, priority: 0.5 + row }));
        }).flat();
        learner.insert(entries);
        for (const { network, row, priority } of entries) {
          replays[network]!.insert(fragment.fragment, { agent: Math.floor(row / F), t: row % F }, priority);
        }
        const uniforms = normals(50 + round, P * B).map((x) => Math.abs(x) % 1);
        const batch = batchOf(1, { P, B, obsShape: [O] });
        const slots = replays.map((replay, p) => {
          const drawn = new Int32Array(B);
          let next = p * B;
          replay.sample(drawn, { ...openStream(0), random: () => uniforms[next++]! });
          replay.gather(drawn, batch, { p, bootstrapAtTimeLimit: false });
          return drawn;
        });
        const { arrays: [losses, tdErrors] } = cpu.update(batch);
        const actual = await learner.updateFromReplay(uniforms);
        assertClose(actual.tdErrors, tdErrors!, { tolerance: 1e-5, name: "TD error" });
        assertClose(actual.losses, losses!, { tolerance: 1e-5, name: "loss" });
        replays.forEach((replay, p) =>
          replay.updatePriorities(slots[p]!, tdErrors!.subarray(p * B, (p + 1) * B))
        );
      }
      const restored = await openLearner(gpu, { P, B, ...setup });
      const counts = await learner.replay.counts();
      replays.forEach((replay, p) =>
        assertClose(counts[p]!.storedPriorities, replay.storedPriorities, {
          tolerance: 1e-5,
          name: "priority",
        })
      );
      restored.restore(await learner.state());
      counts.forEach((ofNetwork, p) => restored.replay.restore(p, ofNetwork));
      const all = Array.from({ length: P }, (_, network) => ({ network, from: 0, to: capacity }));
      const transitions = await learner.replay.rings.read(all);
      transitions.forEach((values, p) => restored.replay.rings.write(all[p]!, values));
      const uniforms = normals(99, P * B).map((x) => Math.abs(x) % 1);
      assertEquals(await restored.updateFromReplay(uniforms), await learner.updateFromReplay(uniforms));
      assertEquals(await restored.state(), await learner.state());
      assertEquals(await restored.replay.counts(), await learner.replay.counts());
      assertEquals(await restored.replay.rings.read(all), transitions);
      const [first] = transitions;
      const short = { ...first!, facts: new Float32Array(1) };
      assertThrows(() => restored.replay.rings.write(all[0]!, short), RangeError, "1 facts");
      const none = { inserted: 5, storedPriorities: new Float32Array(4) };
      assertThrows(() => restored.replay.restore(0, none), RangeError, "4 priorities, expected 5");
      restored.dispose();
      learner.dispose();
      cpu.dispose();
    });
  }
});
