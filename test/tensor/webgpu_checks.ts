/** Checks on a GPU or software Vulkan; `webgpu_test.ts` runs them in a process of their own. */
import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import * as tf from "@tensorflow/tfjs";
import { newFragment } from "relay/replay/fragment.ts";
import { PrioritizedReplay } from "relay/replay/prioritized_replay.ts";
import { openStream } from "relay/rng/stream.ts";
import { QNetworks } from "relay/tensor/q_network.ts";
import type { QNetworkSpec } from "relay/tensor/q_network_plan.ts";
import { StackedAdam } from "relay/tensor/stacked_adam.ts";
import { huberTdLoss, tdGradients, tdTarget } from "relay/tensor/td_loss.ts";
import { type Gpu, hasGpu, openGpu } from "relay/tensor/webgpu/gpu_device.ts";
import { GpuLearner } from "relay/tensor/webgpu/gpu_learner.ts";
import type { GpuLearnerOptions } from "relay/tensor/webgpu/gpu_learner_work.ts";
import { GpuReadback } from "relay/tensor/webgpu/gpu_readback.ts";
import type { TransitionBatch } from "relay/tensor/webgpu/gpu_td_pass.ts";
import { assertClose, normals, startSimd, valuesOf } from "./support.ts";

const A = 5;
const GAMMA = 0.9;
const UPDATES = 10;
/** After which update online → target. */
const TARGET_UPDATE = 4;
/** A large ε: where a gradient is rounding error alone, Adam's step would be an arbitrary sign. */
const ADAM = { learningRate: 3e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-4, clipNorm: 0.5 };
const SPECS: Record<string, QNetworkSpec> = {
  "dense, dueling, tanh and ReLU": {
    kind: "fc",
    hidden: [17, 9],
    headHidden: 22,
    dueling: true,
    obsShape: [13],
    actions: A,
  },
  "dense, one linear head": {
    kind: "fc",
    hidden: [70],
    headHidden: null,
    dueling: false,
    obsShape: [13],
    actions: A,
  },
  "heads alone": { kind: "fc", hidden: [], headHidden: 8, dueling: true, obsShape: [13], actions: A },
  "convolutions, dueling": { kind: "conv", dueling: true, obsShape: [5, 6, 2], actions: A },
};
const DENSE = SPECS["dense, dueling, tanh and ReLU"]!;

const product = (shape: readonly number[]) => shape.reduce((size, length) => size * length, 1);
const streamsOf = (P: number) => Array.from({ length: P }, (_, p) => openStream(1).fork(`${p}`));

/** A batch of B transitions for each of P networks; network p's are the same for every P. */
function batchOf(seed: number, { P, B, obsShape }: { P: number; B: number; obsShape: readonly number[] }) {
  const O = product(obsShape);
  const rowsOf = (size: number, column: number) =>
    Float32Array.from(
      Array.from({ length: P }, (_, p) => [...normals(1000 * seed + 10 * p + column, size)]).flat(),
    );
  return {
    obs: rowsOf(B * O, 0),
    nextObs: rowsOf(B * O, 1),
    actions: Int32Array.from(rowsOf(B, 2), (x) => Math.floor(100 * Math.abs(x)) % A),
    rewards: rowsOf(B, 3),
    notTerminal: rowsOf(B, 4).map((x) => x > -0.5 ? 1 : 0),
    isWeights: rowsOf(B, 5).map(Math.abs),
  };
}

/** Transitions [P, F] as a fragment of P agents and as a batch. */
function fragmentOf(
  seed: number,
  { P, F, O, dtype }: { P: number; F: number; O: number; dtype: "uint8" | "float32" },
) {
  const batch = batchOf(seed, { P, B: F, obsShape: [O] });
  if (dtype === "uint8") {
    for (const obs of [batch.obs, batch.nextObs]) {
      obs.forEach((x, i) => obs[i] = Math.floor(100 * Math.abs(x)) % 4);
    }
  }
  const fragment = newFragment(F, P, { O, dtype });
  fragment.obs.set(batch.obs);
  fragment.nextObs.set(batch.nextObs);
  fragment.actions.set(batch.actions);
  fragment.rewards.set(batch.rewards);
  fragment.terminated.set(batch.notTerminal.map((on) => 1 - on));
  return { batch, fragment };
}

/** The CPU engine: the reference. */
class CpuLearner {
  readonly online: QNetworks;
  readonly target: QNetworks;
  readonly adam: StackedAdam;
  readonly #double: boolean;

  constructor(spec: QNetworkSpec, P: number, double: boolean) {
    this.online = new QNetworks(spec, streamsOf(P));
    this.target = this.online.clone();
    this.adam = new StackedAdam(this.online.variables, ADAM);
    this.#double = double;
  }

  update(batch: TransitionBatch) {
    const { obsShape } = this.online.spec;
    const { P } = this.online;
    const row = (values: Float32Array | Int32Array) =>
      tf.tensor2d(values, [P, values.length / P], values instanceof Int32Array ? "int32" : "float32");
    return tf.tidy(() => {
      const shape = [P, batch.rewards.length / P, ...obsShape];
      const [obs, nextObs] = [tf.tensor(batch.obs, shape), tf.tensor(batch.nextObs, shape)];
      const evaluate = this.target.forward(nextObs);
      const select = this.#double ? this.online.advantage(nextObs) : evaluate;
      const next = { rewards: row(batch.rewards), notTerminal: row(batch.notTerminal), gamma: GAMMA };
      const targets = tdTarget(select, evaluate, next);
      const { losses, tdErrors, gradients } = tdGradients(() =>
        huberTdLoss(this.online.forward(obs), {
          actions: row(batch.actions),
          targets,
          isWeights: row(batch.isWeights),
        }), this.online.variables);
      const gradientNorms = this.adam.step(gradients).slice();
      const arrays = valuesOf([losses, tdErrors, ...gradients]);
      return { gradientNorms, arrays } as never;
    }) as unknown as { gradientNorms: Float64Array; arrays: Float32Array[] };
  }

  dispose(): void {
    for (const owner of [this.online, this.target, this.adam]) owner.dispose();
  }
}

describe("a learner on WebGPU", () => {
  let gpu: Gpu;
  beforeAll(async () => {
    await startSimd();
    gpu = await openGpu();
  });
  afterAll(() => gpu.device.destroy());

  const openLearner = (P: number, B: number, options: Partial<GpuLearnerOptions> = {}) =>
    GpuLearner.open(gpu, {
      spec: DENSE,
      streams: streamsOf(P),
      batchSize: B,
      gamma: GAMMA,
      double: true,
      adam: ADAM,
      ...options,
    });

  for (const [name, spec] of Object.entries(SPECS)) {
    it(`agrees with the CPU engine over ten updates (${name})`, async () => {
      const [P, B] = [3, 10];
      const cpu = new CpuLearner(spec, P, true);
      const learner = await openLearner(P, B, { spec });
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
      const learner = await openLearner(P, B, { double: false, adam: { learningRate: 1e-3 } });
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
        const learner = await openLearner(P, B, { fragmentRows: 4 });
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
    const learner = await openLearner(P, B, { fragmentRows: B, actRows: 4 });
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
    const first = await openLearner(P, B);
    await first.update(batch(1));
    first.copyToTarget();
    await first.update(batch(2));
    const second = await GpuLearner.open({ ...gpu, promptReadback: false }, {
      spec: DENSE,
      streams: streamsOf(P),
      batchSize: B,
      gamma: GAMMA,
      double: true,
      adam: ADAM,
    });
    second.restore(await first.state());
    assertEquals(await second.update(batch(3)), await first.update(batch(3)));
    assertEquals(await second.state(), await first.state());
    for (const learner of [first, second]) learner.dispose();
  });

  for (const dtype of ["uint8", "float32"] as const) {
    it(`replays as the CPU's prioritized replay does (${dtype})`, async () => {
      const [P, B, F, capacity] = [3, 16, 4, 10];
      const [O, alpha, beta, epsilon] = [13, 0.6, 0.4, 1e-3];
      const learner = await openLearner(P, B, {
        fragmentRows: F,
        replay: { capacity, dtype, alpha, beta, epsilon },
      });
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
      learner.dispose();
      cpu.dispose();
    });
  }

  it("takes tensors' values, which are in shared memory", async () => {
    const learner = await openLearner(1, 2);
    const batch = batchOf(1, { P: 1, B: 2, obsShape: DENSE.obsShape });
    const obs = new Float32Array(new SharedArrayBuffer(4 * batch.obs.length));
    obs.set(batch.obs);
    assert(Number.isFinite((await learner.update({ ...batch, obs })).losses[0]));
    learner.dispose();
  });

  it("says what does not fit", async () => {
    await assertRejects(() => openLearner(0, 4), RangeError, "networks is 0");
    await assertRejects(() => openLearner(1, 2.5), RangeError, "batchSize is 2.5");
    const spec = { ...DENSE, hidden: [2 ** 16, 2 ** 16] } as QNetworkSpec;
    await assertRejects(() => openLearner(8, 4, { spec }), RangeError, "stack fewer networks");
    const learner = await openLearner(1, 4);
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
    const learner = await GpuLearner.open(lost, {
      spec: DENSE,
      streams: streamsOf(1),
      batchSize: 4,
      gamma: GAMMA,
      double: true,
      adam: ADAM,
    });
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
