/**
 * The CPU engine as the reference of the checks on WebGPU, and batches for both.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { newFragment } from "relay/replay/fragment.ts";
import { openStream } from "relay/rng/stream.ts";
import { QNetworks } from "relay/tensor/q_network.ts";
import type { QNetworkSpec } from "relay/tensor/q_network_plan.ts";
import { StackedAdam } from "relay/tensor/stacked_adam.ts";
import { huberTdLoss, tdGradients, tdTarget } from "relay/tensor/td_loss.ts";
import type { Gpu } from "relay/tensor/webgpu/gpu_device.ts";
import { GpuLearner } from "relay/tensor/webgpu/gpu_learner.ts";
import type { GpuLearnerOptions } from "relay/tensor/webgpu/gpu_learner_work.ts";
import type { TransitionBatch } from "relay/tensor/webgpu/gpu_td_pass.ts";
import { normals, valuesOf } from "./support.ts";

export const A = 5;
export const GAMMA = 0.9;
/** A large ε: where a gradient is rounding error alone, Adam's step would be an arbitrary sign. */
export const ADAM = { learningRate: 3e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-4, clipNorm: 0.5 };
export const SPECS: Record<string, QNetworkSpec> = {
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
export const DENSE = SPECS["dense, dueling, tanh and ReLU"]!;

export const product = (shape: readonly number[]) => shape.reduce((size, length) => size * length, 1);
export const streamsOf = (P: number) => Array.from({ length: P }, (_, p) => openStream(1).fork(`${p}`));

/** A batch of B transitions for each of P networks; network p's are the same for every P. */
export function batchOf(
  seed: number,
  { P, B, obsShape }: { P: number; B: number; obsShape: readonly number[] },
) {
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
export function fragmentOf(
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
export class CpuLearner {
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

/** A learner on the GPU with the settings of {@link CpuLearner}, unless others are given. */
export function openLearner(
  gpu: Gpu,
  { P, B, ...options }: { P: number; B: number } & Partial<GpuLearnerOptions>,
): Promise<GpuLearner> {
  return GpuLearner.open(gpu, {
    spec: DENSE,
    streams: streamsOf(P),
    batchSize: B,
    gamma: GAMMA,
    double: true,
    adam: ADAM,
    ...options,
  });
}
