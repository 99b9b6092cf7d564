/**
 * P stacked actors and critics.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Stream } from "relay/rng/stream.ts";
import { heapTensor } from "./heap_tensor.ts";
import type { Activation } from "./kernel_exports.ts";
import { fillOrthogonal } from "./orthogonal.ts";
import type { QNetworkParameter } from "./q_network.ts";
import { simdEngine } from "./simd_backend.ts";
import { stackedDense } from "./stacked_dense.ts";

/** An actor and a critic as plain data: dense ReLU layers on flat observations, nothing shared between the two. */
export interface ActorCriticSpec {
  /** O: length of a flat observation. */
  readonly obsLength: number;
  /** Widths of the ReLU layers of either. */
  readonly hidden: readonly number[];
  /** A: number of actions. */
  readonly actions: number;
}

interface Layer {
  readonly name: string;
  readonly activation: Activation;
  readonly weight: tf.Variable;
  readonly bias: tf.Variable;
}

interface LayerPlan {
  readonly name: string;
  readonly activation: Activation;
  readonly I: number;
  readonly O: number;
  readonly gain: number;
}

/** Gain of the policy's output layer: the first policy is nearly uniform. */
const POLICY_GAIN = 0.01;

/**
 * P actors and P critics with parameters of their own, each layer one call for all. Weights begin orthogonal (gain √2, the policy's
 * output 0.01), biases at zero (spec/seac.md §5).
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { openStream } from "relay/rng/stream.ts";
 * import { ActorCritics } from "relay/tensor/actor_critic.ts";
 * import { useSimd } from "relay/tensor/simd_backend.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useSimd();
 * const streams = [0, 1].map((agent) => openStream(1).fork(`agent/${agent}`));
 * const networks = new ActorCritics({ obsLength: 147, hidden: [64, 64], actions: 5 }, streams);
 * assertEquals(networks.logits(tf.ones([1, 32, 147])).shape, [2, 32, 5]);
 * assertEquals(networks.values(tf.ones([1, 32, 147])).shape, [2, 32]);
 * networks.dispose();
 * ```
 */
export class ActorCritics {
  /** As given. */
  readonly spec: ActorCriticSpec;
  /** Number of actors, and of critics. */
  readonly P: number;
  /** All parameters, actor before critic, weights before biases. */
  readonly parameters: readonly QNetworkParameter[];
  /** The parameters' variables in the same order, trained in place. */
  readonly variables: tf.Variable[];
  readonly #actor: readonly Layer[];
  readonly #critic: readonly Layer[];

  /** @param streams one a network, from which its first parameters are drawn */
  constructor(spec: ActorCriticSpec, streams: readonly Stream[]) {
    this.spec = spec;
    this.P = streams.length;
    this.#actor = planLayers("actor", spec, { O: spec.actions, gain: POLICY_GAIN })
      .map((plan) => newLayer(plan, streams));
    this.#critic = planLayers("critic", spec, { O: 1, gain: Math.SQRT2 })
      .map((plan) => newLayer(plan, streams));
    this.parameters = [...this.#actor, ...this.#critic].flatMap(({ name, weight, bias }) => [
      { name: `${name}.weight`, variable: weight },
      { name: `${name}.bias`, variable: bias },
    ]);
    this.variables = this.parameters.map(({ variable }) => variable);
  }

  /**
   * The policies' logits, with gradients.
   * @param x observations [P, B, O], or [1, B, O] for one batch to all networks
   * @returns [P, B, A]
   * @throws {RangeError} if the shapes do not fit
   */
  logits(x: tf.Tensor): tf.Tensor3D {
    return applyLayers(this.#actor, x) as tf.Tensor3D;
  }

  /**
   * V(o), with gradients.
   * @param x as for {@link logits}
   * @returns [P, B]
   */
  values(x: tf.Tensor): tf.Tensor2D {
    return applyLayers(this.#critic, x).reshape([this.P, x.shape[1]!]) as tf.Tensor2D;
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
    for (const variable of this.variables) variable.dispose();
  }
}

function planLayers(
  part: string,
  { obsLength, hidden }: ActorCriticSpec,
  output: { readonly O: number; readonly gain: number },
): LayerPlan[] {
  const widths = [obsLength, ...hidden];
  const layers = hidden.map((O, index): LayerPlan => ({
    name: `${part}.fc${index + 1}`,
    activation: "relu",
    I: widths[index]!,
    O,
    gain: Math.SQRT2,
  }));
  return [...layers, { name: `${part}.output`, activation: "linear", I: widths.at(-1)!, ...output }];
}

function newLayer({ name, activation, I, O, gain }: LayerPlan, streams: readonly Stream[]): Layer {
  const P = streams.length;
  const weight = heapTensor([P, I, O], "float32");
  const bias = heapTensor([P, 1, O], "float32");
  streams.forEach((stream, p) =>
    fillOrthogonal(weight.values.subarray(p * I * O, (p + 1) * I * O), { I, O, gain }, stream)
  );
  const layer = { name, activation, weight: tf.variable(weight.tensor), bias: tf.variable(bias.tensor) };
  weight.dispose();
  bias.dispose();
  return layer;
}

function applyLayers(layers: readonly Layer[], x: tf.Tensor): tf.Tensor {
  return layers.reduce(
    (input, { weight, bias, activation }) => stackedDense(input, weight, bias, activation),
    x,
  );
}
