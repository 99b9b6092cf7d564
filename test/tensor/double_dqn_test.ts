import { assertEquals } from "@std/assert";
import { beforeAll, describe, it } from "@std/testing/bdd";
import * as tf from "@tensorflow/tfjs";
import { openStream } from "relay/rng/stream.ts";
import { heapTensor } from "relay/tensor/heap_tensor.ts";
import { QNetworks } from "relay/tensor/q_network.ts";
import type { SimdEngine } from "relay/tensor/simd_backend.ts";
import { StackedAdam } from "relay/tensor/stacked_adam.ts";
import * as support from "./support.ts";
import { A, ADAM, type Batch, checkTenUpdates, ODD_SIZES, P, specOf, update } from "./ten_updates.ts";

describe("double-DQN updates from end to end", () => {
  let engine: SimdEngine;
  beforeAll(async () => void (engine = await support.startSimd()));

  it("agree with stock tfjs and Adam in doubles over ten updates", async () => {
    await checkTenUpdates(ODD_SIZES);
  });

  for (const kind of ["fc", "conv"] as const) {
    it(`leave no memory behind, however many (${kind})`, () => {
      const spec = kind === "fc"
        ? specOf(ODD_SIZES)
        : { kind, dueling: true, obsShape: [5, 5, 2], actions: A };
      const streams = Array.from({ length: P }, (_, p) => openStream(1).fork(`${p}`));
      const online = new QNetworks(spec, streams);
      const target = online.clone();
      const adam = new StackedAdam(online.variables, ADAM);
      const float = (shape: number[], seed: number) => {
        const tensor = heapTensor(shape, "float32");
        tensor.values.set(support.normals(seed, tensor.values.length).map(Math.abs));
        return tensor;
      };
      const obs = float([P, ODD_SIZES.B, ...spec.obsShape], 1);
      const batch: Batch = {
        obs: obs.tensor,
        nextObs: float([P, ODD_SIZES.B, ...spec.obsShape], 2).tensor,
        actions: heapTensor([P, ODD_SIZES.B], "int32").tensor,
        rewards: float([P, ODD_SIZES.B], 3).tensor,
        notTerminal: float([P, ODD_SIZES.B], 4).tensor,
        isWeights: float([P, ODD_SIZES.B], 5).tensor,
      };
      const work = () => {
        obs.values[0]! += 1;
        update(online, target, adam, batch);
        online.greedy(batch.obs);
        target.copyFrom(online);
      };
      const memory = () => ({ ...tf.memory(), ...engine.heapUsage() });
      for (let i = 0; i < 3; i++) work();
      const before = memory();
      for (let i = 0; i < 5; i++) work();
      assertEquals(memory(), before);
      for (let i = 0; i < 100; i++) work();
      assertEquals(memory(), before);
      tf.dispose(Object.values(batch));
      for (const owner of [online, target, adam]) owner.dispose();
    });
  }
});
