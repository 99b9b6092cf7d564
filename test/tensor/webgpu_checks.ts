/** Checks on a GPU or software Vulkan; `webgpu_test.ts` runs them in a process of their own. */
import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import * as tf from "@tensorflow/tfjs";
import { QNetworks } from "relay/tensor/q_network.ts";
import type { QNetworkSpec } from "relay/tensor/q_network_plan.ts";
import { type Gpu, hasGpu, openGpu } from "relay/tensor/webgpu/gpu_device.ts";
import { GpuReadback } from "relay/tensor/webgpu/gpu_readback.ts";
import { assertClose, normals, startSimd, valuesOf } from "./support.ts";
import { batchOf, CpuLearner, DENSE, openLearner, product, SPECS, streamsOf } from "./webgpu_support.ts";

const UPDATES = 10;
/** After which update online → target. */
const TARGET_UPDATE = 4;

describe("a learner on WebGPU", () => {
  let gpu: Gpu;
  beforeAll(async () => {
    await startSimd();
    gpu = await openGpu();
  });
  afterAll(() => gpu.device.destroy());

  for (const [name, spec] of Object.entries(SPECS)) {
    it(`agrees with the CPU engine over ten updates (${name})`, async () => {
      const [P, B] = [3, 10];
      const cpu = new CpuLearner(spec, P, true);
      const learner = await openLearner(gpu, { P, B, spec });
      assertEquals(learner.layout.map(({ name }) => name), cpu.online.parameters.map(({ name }) => name));
      assertEquals(await learner.parameters(), valuesOf(cpu.online.variables));
      for (let step = 1; step <= UPDATES; step++) {
        const batch = batchOf(step, { P, B, obsShape: spec.obsShape });
        const { gradientNorms, arrays: [losses, tdErrors, ...gradients] } = cpu.update(batch);
        const actual = await learner.update(batch);
        const tolerance = 1e-5;
        assertClose(actual.losses, losses!, { tolerance, name: "loss" });
        assertClose(actual.tdErrors, tdErrors!, { tolerance, name: "TD error" });
        assertClose(actual.gradientNorms, gradientNorms, { tolerance, name: "gradient norm" });
        (await learner.gradients()).forEach((values, i) =>
          assertClose(values, gradients[i]!, { tolerance, name: `gradient of ${learner.layout[i]!.name}` })
        );
        if (step !== TARGET_UPDATE) continue;
        learner.copyToTarget();
        cpu.target.copyFrom(cpu.online);
      }
      (await learner.parameters()).forEach((values, i) =>
        assertClose(values, valuesOf([cpu.online.variables[i]!])[0]!, {
          tolerance: 1e-5,
          floor: 0.1,
          name: learner.layout[i]!.name,
        })
      );
      const obs = normals(77, P * product(spec.obsShape));
      assertEquals(
        await learner.greedy(obs),
        cpu.online.greedy(tf.tensor(obs, [P, 1, ...spec.obsShape])),
      );
      learner.dispose();
      cpu.dispose();
    });
  }

  it(
    "lets the target networks select without double DQN, and clips nothing without a bound",
    async () => {
      const [P, B] = [2, 7];
      const batch = batchOf(1, { P, B, obsShape: DENSE.obsShape });
      const cpu = new CpuLearner(DENSE, P, false);
      const learner = await openLearner(gpu, { P, B, double: false, adam: { learningRate: 1e-3 } });
      for (let step = 1; step <= 3; step++) {
        const { arrays } = cpu.update(batch);
        const { tdErrors } = await learner.update(batch);
        if (step === 1) assertClose(tdErrors, arrays[1]!, { name: "TD error" });
      }
      learner.dispose();
      cpu.dispose();
    },
  );

  it(
    "computes every network's same bits whatever is stacked beside it, and the same twice",
    async () => {
      const B = 9;
      const runs = await Promise.all([8, 24, 24].map(async (P) => {
        const learner = await openLearner(gpu, { P, B, fragmentRows: 4 });
        const outcomes: Float32Array[] = [];
        for (let step = 1; step <= 3; step++) {
          const { tdErrors, losses, gradientNorms } = await learner.update(
            batchOf(step, { P, B, obsShape: DENSE.obsShape }),
          );
          outcomes.push(tdErrors, losses, gradientNorms);
        }
        outcomes.push(await learner.tdErrors(batchOf(9, { P, B: 4, obsShape: DENSE.obsShape })));
        outcomes.push(...await learner.parameters());
        learner.dispose();
        return outcomes.map((values) => [...values.subarray(0, values.length * 8 / P)]);
      }));
      assertEquals(runs[1], runs[0]);
      assertEquals(runs[2], runs[0]);
    },
  );

  it("tells a fragment's TD errors as an update does, and acts on several observations", async () => {
    const [P, B] = [3, 6];
    const learner = await openLearner(gpu, { P, B, fragmentRows: B, actRows: [1, 4] });
    const batch = batchOf(1, { P, B, obsShape: DENSE.obsShape });
    const before = await learner.tdErrors(batch);
    assertEquals((await learner.update(batch)).tdErrors, before);
    const obs = normals(5, P * 4 * 13);
    const networks = new QNetworks(DENSE, streamsOf(P));
    networks.restore(await learner.parameters());
    assertEquals(await learner.greedy(obs), networks.greedy(tf.tensor(obs, [P, 4, 13])));
    networks.dispose();
    learner.dispose();
  });

  it("goes on after a restore as if nothing had happened, with awaited reads, too", async () => {
    const [P, B] = [2, 5];
    const batch = (step: number) => batchOf(step, { P, B, obsShape: DENSE.obsShape });
    const first = await openLearner(gpu, { P, B });
    await first.update(batch(1));
    first.copyToTarget();
    await first.update(batch(2));
    const second = await openLearner({ ...gpu, promptReadback: false }, { P, B });
    second.restore(await first.state());
    assertEquals(await second.update(batch(3)), await first.update(batch(3)));
    assertEquals(await second.state(), await first.state());
    for (const learner of [first, second]) learner.dispose();
  });

  it("takes tensors' values, which are in shared memory", async () => {
    const learner = await openLearner(gpu, { P: 1, B: 2 });
    const batch = batchOf(1, { P: 1, B: 2, obsShape: DENSE.obsShape });
    const obs = new Float32Array(new SharedArrayBuffer(4 * batch.obs.length));
    obs.set(batch.obs);
    assert(Number.isFinite((await learner.update({ ...batch, obs })).losses[0]));
    learner.dispose();
  });

  it("says what does not fit", async () => {
    await assertRejects(() => openLearner(gpu, { P: 0, B: 4 }), RangeError, "networks is 0");
    await assertRejects(() => openLearner(gpu, { P: 1, B: 2.5 }), RangeError, "batchSize is 2.5");
    const spec = { ...DENSE, hidden: [2 ** 16, 2 ** 16] } as QNetworkSpec;
    await assertRejects(() => openLearner(gpu, { P: 8, B: 4, spec }), RangeError, "stack fewer networks");
    const learner = await openLearner(gpu, { P: 1, B: 4 });
    const batch = batchOf(1, { P: 1, B: 4, obsShape: DENSE.obsShape });
    const short = { ...batch, rewards: batch.rewards.subarray(1) };
    await assertRejects(() => learner.update(short), RangeError, "3 rewards, expected 4");
    await assertRejects(() => learner.greedy(new Float32Array(5)), RangeError, "5 values");
    await assertRejects(() => learner.tdErrors(batch), Error, "no fragmentRows");
    assertThrows(() => learner.insert([]), Error, "option replay");
    const state = await learner.state();
    assertThrows(() => learner.restore({ ...state, online: [] }), RangeError, "fc1.weight");
    learner.dispose();
  });

  it("ends with an error, not a hang, when the GPU is gone", async () => {
    const lost = await openGpu();
    const learner = await openLearner(lost, { P: 1, B: 4 });
    lost.device.destroy();
    await assertRejects(() => learner.greedy(new Float32Array(13)), Error, "Cannot read the GPU's results");
  });
});

describe("reading back", () => {
  it("knows of an adapter", async () => assert(await hasGpu()));

  it("gives what was submitted, a thousand times", async () => {
    const gpu = await openGpu();
    const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const source = gpu.device.createBuffer({ size: 4, usage });
    const readback = await GpuReadback.open(gpu, source);
    for (let i = 0; i < 1000; i++) {
      gpu.device.queue.writeBuffer(source, 0, Float32Array.of(i));
      const encoder = gpu.device.createCommandEncoder();
      readback.encode(encoder);
      gpu.device.queue.submit([encoder.finish()]);
      assertAlmostEquals(new Float32Array(await readback.read())[0]!, i);
    }
    readback.dispose();
    gpu.device.destroy();
  });
});
