/**
 * Ten double-DQN updates of small networks, on the `simd` backend and by stock tfjs with Adam in doubles.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { openStream } from "relay/rng/stream.ts";
import { QNetworks } from "relay/tensor/q_network.ts";
import { StackedAdam } from "relay/tensor/stacked_adam.ts";
import { huberTdLoss, tdGradients, tdTarget } from "relay/tensor/td_loss.ts";
import * as support from "./support.ts";

const { assertClose, normals, valuesOf } = support;
/** Networks. */
export const P = 3;
/** Actions. */
export const A = 5;
const GAMMA = 0.9;
const UPDATES = 10;
export const ADAM = { learningRate: 3e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipNorm: 0.5 };

/** Sizes of the networks and their batch. */
export interface UpdateSizes {
  /** Observations of one network. */
  readonly B: number;
  /** Length of an observation. */
  readonly O: number;
  readonly hidden: readonly number[];
  readonly headHidden: number;
}

/** Sizes that fit no vector. */
export const ODD_SIZES: UpdateSizes = { B: 10, O: 13, hidden: [17, 9], headHidden: 22 };
/** Sizes at which an engine with a BLAS calls it for all but the last layers. */
export const LARGE_SIZES: UpdateSizes = { B: 32, O: 40, hidden: [72, 64], headHidden: 128 };

/** The networks of these sizes. */
export function specOf({ O, hidden, headHidden }: UpdateSizes) {
  return { kind: "fc", hidden: [...hidden], headHidden, dueling: true, obsShape: [O], actions: A } as const;
}

/** What one update learns from. */
export interface Batch {
  readonly obs: tf.Tensor;
  readonly nextObs: tf.Tensor;
  readonly actions: tf.Tensor;
  readonly rewards: tf.Tensor;
  readonly notTerminal: tf.Tensor;
  readonly isWeights: tf.Tensor;
}

function batchOf(update: number, { B, O }: UpdateSizes): Batch {
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

/** One update: losses [P] and TD errors [P, B]; `targets` stand still at the given networks. */
export function update(
  online: QNetworks,
  target: QNetworks,
  adam: StackedAdam,
  batch: Batch,
): Float32Array[] {
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
function plainUpdates(
  start: Float32Array[],
  targetStart: Float32Array[],
  { shapes, sizes }: { shapes: number[][]; sizes: UpdateSizes },
) {
  const values = start.map((array) => Float64Array.from(array));
  const [m, v] = [0, 1].map(() => values.map((array) => new Float64Array(array.length)));
  const losses: number[] = [];
  for (let step = 1; step <= UPDATES; step++) {
    tf.tidy(() => {
      const batch = batchOf(step, sizes);
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

/**
 * Fails unless ten updates by the backend agree with stock tfjs.
 * @returns losses of every update, summed over networks, and the final parameters
 */
export async function checkTenUpdates(sizes: UpdateSizes): Promise<
  { losses: number[]; parameters: Float32Array[] }
> {
  const networks = (seed: number) =>
    new QNetworks(specOf(sizes), Array.from({ length: P }, (_, p) => openStream(seed).fork(`${p}`)));
  const [online, target] = [networks(1), networks(2)];
  const [start, targetStart] = [valuesOf(online.variables), valuesOf(target.variables)];
  const shapes = online.variables.map((variable) => variable.shape);
  const expected = await support.onCpu(() => plainUpdates(start, targetStart, { shapes, sizes }));
  const adam = new StackedAdam(online.variables, ADAM);
  const losses: number[] = [];
  for (let step = 1; step <= UPDATES; step++) {
    const batch = batchOf(step, sizes);
    losses.push(update(online, target, adam, batch)[0]!.reduce((sum, loss) => sum + loss, 0));
    tf.dispose(Object.values(batch));
  }
  const parameters = valuesOf(online.variables);
  assertClose(losses, expected.losses, { tolerance: 1e-5, name: "loss" });
  parameters.forEach((values, i) =>
    assertClose(values, expected.values[i]!, {
      tolerance: 1e-4,
      floor: 0.1,
      name: online.parameters[i]!.name,
    })
  );
  for (const owner of [online, target, adam]) owner.dispose();
  return { losses, parameters };
}
