/**
 * P stacked Q-networks.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Stream } from "relay/rng/stream.ts";
import { copyInto } from "./copy_into.ts";
import { dueling } from "./dueling.ts";
import { GreedyActor } from "./greedy_actor.ts";
import { sizeOf } from "./heap_backend.ts";
import { heapTensor } from "./heap_tensor.ts";
import {
  initializeLayer,
  type LayerPlan,
  planQNetwork,
  type QNetworkPlan,
  type QNetworkSpec,
} from "./q_network_plan.ts";
import { simdEngine } from "./simd_backend.ts";
import { stackedConv2d } from "./stacked_conv2d.ts";
import { stackedDense } from "./stacked_dense.ts";
import { stackedMaxPool2d, stackedPad2d } from "./stacked_pool2d.ts";

/** A named parameter of all networks. */
export interface QNetworkParameter {
  /** Such as `conv1.weight`; unique within the network. */
  readonly name: string;
  /** [P, …]: weights [P, kh, kw, C, O] or [P, I, O], biases [P, 1, O]. */
  readonly variable: tf.Variable;
}

/** A layer with its parameters. */
export interface QNetworkLayer {
  readonly plan: LayerPlan;
  readonly weight: tf.Variable;
  readonly bias: tf.Variable;
}

/** The three parts of a Q-network. */
export type QNetworkLayers = Readonly<Record<keyof QNetworkPlan, readonly QNetworkLayer[]>>;

/**
 * P networks of one structure with parameters of their own, each operation one call for all.
 *
 * Rows of the first dense layer behind convolutions are in the order (y, x, channel), PyTorch's flatten gives
 * (channel, y, x): a permutation that no result shows.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { openStream } from "relay/rng/stream.ts";
 * import { QNetworks } from "relay/tensor/q_network.ts";
 * import { useSimd } from "relay/tensor/simd_backend.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useSimd();
 * const spec = { kind: "conv", dueling: true, obsShape: [7, 7, 3], actions: 5 } as const;
 * const streams = [0, 1].map((agent) => openStream(1).fork(`agent/${agent}`));
 * const networks = new QNetworks(spec, streams);
 * assertEquals(networks.forward(tf.ones([2, 32, 7, 7, 3])).shape, [2, 32, 5]);
 * assertEquals(networks.parametersPerNetwork, 240_486);
 * networks.dispose();
 * ```
 */
export class QNetworks {
  /** As given. */
  readonly spec: QNetworkSpec;
  /** Number of networks. */
  readonly P: number;
  /** All parameters, torso before advantage before value, weights before biases. */
  readonly parameters: readonly QNetworkParameter[];
  /** The parameters' variables in the same order, trained in place. */
  readonly variables: tf.Variable[];
  readonly #layers: QNetworkLayers;
  readonly #actor: GreedyActor;

  /** @param streams one a network, from which its first parameters are drawn */
  constructor(spec: QNetworkSpec, streams: readonly Stream[]) {
    this.spec = spec;
    this.P = streams.length;
    const plan = planQNetwork(spec);
    const build = (layers: readonly LayerPlan[]) => layers.map((layer) => newLayer(layer, streams));
    this.#layers = { torso: build(plan.torso), advantage: build(plan.advantage), value: build(plan.value) };
    const all = [...this.#layers.torso, ...this.#layers.advantage, ...this.#layers.value];
    this.parameters = all.flatMap(({ plan: { name }, weight, bias }) => [
      { name: `${name}.weight`, variable: weight },
      { name: `${name}.bias`, variable: bias },
    ]);
    this.variables = this.parameters.map(({ variable }) => variable);
    this.#actor = new GreedyActor([...this.#layers.torso, ...this.#layers.advantage], this.P);
  }

  /** Number of values that one network's parameters have. */
  get parametersPerNetwork(): number {
    return this.variables.reduce((sum, variable) => sum + variable.size, 0) / this.P;
  }

  /**
   * Q-values, with gradients to the variables.
   * @param x observations [P, B, …obsShape], [P, B, O], or with 1 in place of P one batch for all
   * @returns [P, B, A]
   */
  forward(x: tf.Tensor): tf.Tensor3D {
    const features = this.#features(x);
    const advantage = applyLayers(this.#layers.advantage, features);
    if (this.#layers.value.length === 0) return advantage as tf.Tensor3D;
    return dueling(advantage, applyLayers(this.#layers.value, features));
  }

  /**
   * The advantage head's output alone, whose argmax is that of the Q-values: cheaper, for double DQN's selection.
   * @param x as for {@link forward}
   * @returns [P, B, A]
   */
  advantage(x: tf.Tensor): tf.Tensor3D {
    return applyLayers(this.#layers.advantage, this.#features(x)) as tf.Tensor3D;
  }

  /**
   * The greedy actions of a few observations a network, past the tape and without new tensors.
   * @param obs of a heap tensor, [P, B, …obsShape] or [P, B, O]
   * @returns [P·B], the first action of the largest Q-value; overwritten by the next call with the same B
   */
  greedy(obs: tf.Tensor): Int32Array {
    return this.#actor.act(obs);
  }

  /** Takes over the parameters of a network of the same structure. */
  copyFrom(other: QNetworks): void {
    copyInto(this.variables, other.variables);
  }

  /** New networks of the same structure with copies of the parameters, such as target networks. */
  clone(): QNetworks {
    const zeros: Stream = { ...ZERO_STREAM, fork: () => zeros };
    const copy = new QNetworks(this.spec, Array.from({ length: this.P }, () => zeros));
    copy.copyFrom(this);
    return copy;
  }

  /**
   * Overwrites the parameters.
   * @param values in the order of {@link parameters}
   * @throws {RangeError} if sizes differ
   */
  restore(values: readonly Float32Array[]): void {
    for (const [index, { name, variable }] of this.parameters.entries()) {
      if (values[index]?.length !== variable.size) {
        throw new RangeError(
          `Cannot restore ${name}: ${values[index]?.length} values, expected ${variable.size}`,
        );
      }
    }
    this.variables.forEach((variable, index) => simdEngine().view(variable).set(values[index]!));
  }

  /** Frees the parameters. */
  dispose(): void {
    this.#actor.dispose();
    for (const variable of this.variables) variable.dispose();
  }

  #features(x: tf.Tensor): tf.Tensor {
    const [P, B] = x.shape as [number, number];
    const obsShape = this.spec.kind === "fc" ? [sizeOf(this.spec.obsShape)] : this.spec.obsShape;
    if (sizeOf(x.shape) !== P * B * sizeOf(obsShape)) {
      throw new RangeError(
        `Cannot evaluate Q-networks: x is [${x.shape}], expected [${this.P}, B, ${this.spec.obsShape}]`,
      );
    }
    const shaped = x.rank === obsShape.length + 2 ? x : x.reshape([P, B, ...obsShape]);
    return applyLayers(this.#layers.torso, shaped);
  }
}

/** Gives up no numbers: a clone's parameters are overwritten anyway. */
const ZERO_STREAM: Omit<Stream, "fork"> = {
  u32: () => 0,
  random: () => 0,
  below: () => 0,
  normal: () => 0,
  save: () => [0, 0, 0, 0],
  restore: () => {},
};

function newLayer(plan: LayerPlan, streams: readonly Stream[]): QNetworkLayer {
  const P = streams.length;
  const weight = heapTensor([P, ...plan.weightShape], "float32");
  const bias = heapTensor([P, 1, plan.weightShape.at(-1)!], "float32");
  const slice = (values: Float32Array, p: number) => {
    const size = values.length / P;
    return values.subarray(p * size, (p + 1) * size);
  };
  streams.forEach((stream, p) =>
    initializeLayer(plan, { weight: slice(weight.values, p), bias: slice(bias.values, p) }, stream)
  );
  const layer = { plan, weight: tf.variable(weight.tensor), bias: tf.variable(bias.tensor) };
  weight.dispose();
  bias.dispose();
  return layer;
}

function applyLayers(layers: readonly QNetworkLayer[], input: tf.Tensor): tf.Tensor {
  let x = input;
  for (const { plan, weight, bias } of layers) {
    if (plan.kind === "conv") {
      const framed = plan.margin ? stackedPad2d(x, plan.margin) : x;
      x = stackedConv2d(framed, weight, bias, plan.activation);
      if (plan.pool) x = stackedMaxPool2d(x, plan.pool);
    } else {
      const flat = x.rank === 3 ? x : x.reshape([x.shape[0]!, x.shape[1]!, -1]);
      x = stackedDense(flat, weight, bias, plan.activation);
    }
  }
  return x;
}
