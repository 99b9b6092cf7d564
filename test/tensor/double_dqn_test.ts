import { assertEquals } from "@std/assert";
import { beforeAll, describe, it } from "@std/testing/bdd";
import * as tf from "@tensorflow/tfjs";
import { openStream } from "relay/rng/stream.ts";
import { heapTensor } from "relay/tensor/heap_tensor.ts";
import { QNetworks } from "relay/tensor/q_network.ts";
import type { SimdEngine } from "relay/tensor/simd_backend.ts";
import { StackedAdam } from "relay/tensor/stacked_adam.ts";
import { huberTdLoss, tdGradients, tdTarget } from "relay/tensor/td_loss.ts";
import * as support from "./support.ts";

const { assertClose, normals, valuesOf } = support;
const [P, B, O, A] = [3, 10, 13, 5];
const GAMMA = 0.9;
const UPDATES = 10;
const ADAM = { learningRate: 3e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipNorm: 0.5 };
const SPEC = {
  kind: "fc",
  hidden: [17, 9],
  headHidden: 22,
  dueling: true,
  obsShape: [O],
  actions: A,
} as const;

interface Batch {
  readonly obs: tf.Tensor;
  readonly nextObs: tf.Tensor;
  readonly actions: tf.Tensor;
  readonly rewards: tf.Tensor;
  readonly notTerminal: tf.Tensor;
  readonly isWeights: tf.Tensor;
}

function batchOf(update: number): Batch {
  const row = (seed: number) => tf.tensor2d(normals(1000 * update + seed, P * B), [P, B]);
  return {
    obs: tf.tensor3d(normals(1000 * update, P * B * O), [P, B, O]),
    nextObs: tf.tensor3d(normals(1000 * update + 1, P * B * O), [P, B, O]),
    actions: tf.tensor2d(Array.from({ length: P * B }, (_, i) => (i * 7 + update) % A), [P, B], "int32"),
    rewards: row(2).mul(2),
    notTerminal: tf.tensor2d(Array.from({ length: P * B }, (_, i) => i % 4 === update % 4 ? 0 : 1), [P, B]),
    isWeights: row(3).abs(),
  };
}

/** One update; `targets` stand still at the given networks. */
function update(online: QNetworks, target: QNetworks, adam: StackedAdam, batch: Batch): Float32Array[] {
  return tf.tidy(() => {
    const { rewards, notTerminal, actions, isWeights } = batch;
    const next = { rewards, notTerminal, gamma: GAMMA };
    const targets = tdTarget(online.advantage(batch.nextObs), target.forward(batch.nextObs), next);
    const loss = () => huberTdLoss(online.forward(batch.obs), { actions, targets, isWeights });
    const { losses, tdErrors, gradients } = tdGradients(loss, online.variables);
    adam.step(gradients);
    return valuesOf([losses, tdErrors]);
  }) as unknown as Float32Array[];
}

/** The same network out of stock operations, from parameters in the order of `QNetworks.variables`. */
function plainQ(weights: readonly tf.Tensor[], obs: tf.Tensor): tf.Tensor {
  const layer = (x: tf.Tensor, index: number, activation: string) =>
    support.plainDense(x, weights[2 * index]!, weights[2 * index + 1]!, activation);
  const features = layer(layer(obs, 0, "tanh"), 1, "tanh");
  const head = (index: number) => layer(layer(features, index, "relu"), index + 1, "linear");
  return support.plainDueling(head(2), head(4));
}

/** Adam with clipping per network in double precision; changes `values`, `m` and `v`. */
function plainAdam(
  step: number,
  values: Float64Array[],
  gradients: Float32Array[],
  m: Float64Array[],
  v: Float64Array[],
) {
  for (let p = 0; p < P; p++) {
    const own = gradients.map((g) => g.subarray(p * g.length / P, (p + 1) * g.length / P));
    const norm = Math.sqrt(own.reduce((sum, g) => sum + g.reduce((squares, x) => squares + x * x, 0), 0));
    const scale = Math.min(1, ADAM.clipNorm / (norm + 1e-6));
    own.forEach((g, i) =>
      g.forEach((x, k) => {
        const j = p * g.length + k;
        m[i]![j] = ADAM.beta1 * m[i]![j]! + (1 - ADAM.beta1) * x * scale;
        v[i]![j] = ADAM.beta2 * v[i]![j]! + (1 - ADAM.beta2) * (x * scale) ** 2;
        const root = Math.sqrt(v[i]![j]! / (1 - ADAM.beta2 ** step)) + ADAM.epsilon;
        values[i]![j]! -= ADAM.learningRate * m[i]![j]! / (1 - ADAM.beta1 ** step) / root;
      })
    );
  }
}

/** Ten updates by stock tfjs on the cpu backend and Adam in doubles: losses [updates][P] and final parameters. */
function plainUpdates(start: Float32Array[], targetStart: Float32Array[], shapes: number[][]) {
  const values = start.map((array) => Float64Array.from(array));
  const [m, v] = [0, 1].map(() => values.map((array) => new Float64Array(array.length)));
  const losses: number[] = [];
  for (let step = 1; step <= UPDATES; step++) {
    tf.tidy(() => {
      const batch = batchOf(step);
      const asTensors = (arrays: ArrayLike<number>[]) =>
        arrays.map((array, i) => tf.tensor(Float32Array.from(array), shapes[i]));
      const weights = asTensors(values);
      const selected = tf.oneHot(plainQ(weights, batch.nextObs).argMax(-1).cast("int32"), A).cast("float32");
      const next = plainQ(asTensors(targetStart), batch.nextObs).mul(selected).sum(-1);
      const targets = next.mul(batch.notTerminal).mul(GAMMA).add(batch.rewards);
      const loss = (...xs: tf.Tensor[]) => support.plainHuber(plainQ(xs, batch.obs), { ...batch, targets });
      const { value, grads } = tf.valueAndGrads(loss)(weights);
      losses.push(value.dataSync()[0]!);
      plainAdam(step, values, valuesOf(grads), m!, v!);
    });
  }
  return { losses, values };
}

describe("double-DQN updates from end to end", () => {
  let engine: SimdEngine;
  beforeAll(async () => void (engine = await support.startSimd()));

  it("agree with stock tfjs and Adam in doubles over ten updates", async () => {
    const networks = (seed: number) =>
      new QNetworks(SPEC, Array.from({ length: P }, (_, p) => openStream(seed).fork(`${p}`)));
    const [online, target] = [networks(1), networks(2)];
    const [start, targetStart] = [valuesOf(online.variables), valuesOf(target.variables)];
    const shapes = online.variables.map((variable) => variable.shape);
    const expected = await support.onCpu(() => plainUpdates(start, targetStart, shapes));
    const adam = new StackedAdam(online.variables, ADAM);
    const losses: number[] = [];
    for (let step = 1; step <= UPDATES; step++) {
      const batch = batchOf(step);
      losses.push(update(online, target, adam, batch)[0]!.reduce((sum, loss) => sum + loss, 0));
      tf.dispose(Object.values(batch));
    }
    assertClose(losses, expected.losses, { tolerance: 1e-5, name: "loss" });
    valuesOf(online.variables).forEach((values, i) =>
      assertClose(values, expected.values[i]!, {
        tolerance: 1e-4,
        floor: 0.1,
        name: online.parameters[i]!.name,
      })
    );
    for (const owner of [online, target, adam]) owner.dispose();
  });

  for (const kind of ["fc", "conv"] as const) {
    it(`leave no memory behind, however many (${kind})`, () => {
      const spec = kind === "fc" ? SPEC : { kind, dueling: true, obsShape: [5, 5, 2], actions: A };
      const streams = Array.from({ length: P }, (_, p) => openStream(1).fork(`${p}`));
      const online = new QNetworks(spec, streams);
      const target = online.clone();
      const adam = new StackedAdam(online.variables, ADAM);
      const float = (shape: number[], seed: number) => {
        const tensor = heapTensor(shape, "float32");
        tensor.values.set(normals(seed, tensor.values.length).map(Math.abs));
        return tensor;
      };
      const obs = float([P, B, ...spec.obsShape], 1);
      const batch: Batch = {
        obs: obs.tensor,
        nextObs: float([P, B, ...spec.obsShape], 2).tensor,
        actions: heapTensor([P, B], "int32").tensor,
        rewards: float([P, B], 3).tensor,
        notTerminal: float([P, B], 4).tensor,
        isWeights: float([P, B], 5).tensor,
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
