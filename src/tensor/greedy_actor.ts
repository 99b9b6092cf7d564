/**
 * Acting: greedy actions by bare kernel calls.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { ListedCalls } from "./capture/listed_calls.ts";
import { ACTIVATION_CODES } from "./kernel_exports.ts";
import { type HeapTensor, heapTensor } from "./heap_tensor.ts";
import type { QNetworkLayer } from "./q_network.ts";
import type { LayerPlan } from "./q_network_plan.ts";
import { type SimdEngine, simdEngine } from "./simd_backend.ts";
import { maxPoolInto, padInto } from "./stacked_pool2d.ts";

/** What a layer writes into. */
interface LayerBuffers {
  /** The image with its margin, where the layer gives it one. */
  readonly framed: HeapTensor<Float32Array> | undefined;
  /** Before the max-pool, where the layer has one. */
  readonly unpooled: HeapTensor<Float32Array> | undefined;
  readonly output: HeapTensor<Float32Array>;
}

/** Multiply-adds from which on acting is worth waking a Worker; in training it is mostly awake. */
const LEAST_SHARED_WORK = 200_000;

/** Buffers for one number of rows. */
interface Buffers {
  readonly layers: readonly LayerBuffers[];
  readonly actions: HeapTensor<Int32Array>;
  /** What threads compute, and where observations and parameters lay when it was recorded. */
  listed:
    | { readonly calls: ListedCalls; readonly input: number; readonly parameters: readonly number[] }
    | undefined;
}

/**
 * Runs a chain of layers and takes the argmax, with buffers made once for each number of rows B: in training B is one
 * and tfjs's bookkeeping would cost more than the arithmetic.
 */
export class GreedyActor {
  readonly #layers: readonly QNetworkLayer[];
  readonly #networks: number;
  readonly #parameters: readonly tf.Variable[];
  /** Whether nothing but kernels computes. */
  readonly #isListable: boolean;
  readonly #buffers = new Map<number, Buffers>();

  /**
   * @param layers from the observation to [A]
   * @param networks P
   */
  constructor(layers: readonly QNetworkLayer[], networks: number) {
    this.#layers = layers;
    this.#networks = networks;
    this.#parameters = layers.flatMap(({ weight, bias }) => [weight, bias]);
    this.#isListable = networks > 1 && layers.every(({ plan: { margin, pool } }) => !margin && !pool);
  }

  /**
   * @param obs [P, B, …]
   * @returns actions [P·B], overwritten by the next call with the same B
   * @throws {RangeError} unless `obs` has P · B observations
   */
  act(obs: tf.Tensor): Int32Array {
    const P = this.#networks;
    const B = obs.shape[1]!;
    const size = this.#layers[0]!.plan.inputShape.reduce((product, length) => product * length, P * B);
    if (obs.size !== size) {
      throw new RangeError(
        `Cannot act: observations are [${obs.shape}], expected [${P}, B, …] of ${size} values`,
      );
    }
    const buffers = this.#buffers.get(B) ?? this.#newBuffers(B);
    if (this.#isListable && ListedCalls.areOfUse) this.#actTogether(obs, buffers);
    else this.#compute(obs, buffers);
    return buffers.actions.values;
  }

  /** Frees the buffers. */
  dispose(): void {
    for (const { layers, actions, listed } of this.#buffers.values()) {
      listed?.calls.dispose();
      for (const buffer of layers.flatMap((layer) => Object.values(layer))) buffer?.dispose();
      actions.dispose();
    }
    this.#buffers.clear();
  }

  /** By all threads. */
  #actTogether(obs: tf.Tensor, buffers: Buffers): void {
    const engine = simdEngine();
    const address = (tensor: tf.Tensor) => engine.address(tensor);
    const { listed } = buffers;
    const isCurrent = listed?.input === address(obs) &&
      this.#parameters.every((parameter, i) => address(parameter) === listed.parameters[i]);
    if (isCurrent) return listed.calls.run();
    listed?.calls.dispose();
    const calls = new ListedCalls(() => this.#compute(obs, buffers), LEAST_SHARED_WORK);
    buffers.listed = { calls, input: address(obs), parameters: this.#parameters.map(address) };
  }

  #compute(obs: tf.Tensor, { layers, actions }: Buffers): void {
    const engine = simdEngine();
    const P = this.#networks;
    const B = obs.shape[1]!;
    let input = engine.address(obs);
    for (let i = 0; i < this.#layers.length; i++) {
      applyLayer(engine, this.#layers[i]!, { P, B, input, buffers: layers[i]! });
      input = layers[i]!.output.values.byteOffset;
    }
    const A = this.#layers.at(-1)!.plan.outputShape[0]!;
    engine.kernels.argmax_rows(P * B, A, input, actions.values.byteOffset);
  }

  #newBuffers(B: number): Buffers {
    const P = this.#networks;
    const buffers: Buffers = {
      layers: this.#layers.map(({ plan }) => newLayerBuffers(plan, P, B)),
      actions: heapTensor([P * B], "int32"),
      listed: undefined,
    };
    this.#buffers.set(B, buffers);
    return buffers;
  }
}

function newLayerBuffers(
  { kind, inputShape, outputShape, margin = 0, pool }: LayerPlan,
  P: number,
  B: number,
): LayerBuffers {
  const [H, W, C] = inputShape as [number, number, number];
  return {
    framed: margin > 0 ? heapTensor([P, B, H + 2 * margin, W + 2 * margin, C], "float32") : undefined,
    // Only layers that keep the image's size are pooled.
    unpooled: kind === "conv" && pool ? heapTensor([P, B, H, W, outputShape[2]!], "float32") : undefined,
    output: heapTensor([P, B, ...outputShape], "float32"),
  };
}

interface LayerCall {
  readonly P: number;
  readonly B: number;
  /** Address of [P, B, …]. */
  readonly input: number;
  readonly buffers: LayerBuffers;
}

function applyLayer(engine: SimdEngine, { plan, weight, bias }: QNetworkLayer, call: LayerCall): void {
  const { kernels, scratch } = engine;
  const { P, B, input, buffers } = call;
  if (plan.kind === "conv") return applyConvolution(engine, { plan, weight, bias }, call);
  const [w, b, code] = [engine.address(weight), engine.address(bias), ACTIVATION_CODES[plan.activation]];
  const [I, O] = plan.weightShape as [number, number];
  const output = buffers.output.values.byteOffset;
  kernels.dense_forward(0, P, B, I, O, input, 4 * B * I, w, b, output, code, scratch);
}

function applyConvolution(engine: SimdEngine, { plan, weight, bias }: QNetworkLayer, call: LayerCall): void {
  const { kernels, scratch, columns } = engine;
  const { P, B, buffers: { framed, unpooled, output } } = call;
  const [w, b, code] = [engine.address(weight), engine.address(bias), ACTIVATION_CODES[plan.activation]];
  const { margin = 0, pool } = plan;
  const [plainH, plainW, C] = plan.inputShape as [number, number, number];
  const [H, W] = [plainH + 2 * margin, plainW + 2 * margin];
  const [kh, kw, , O] = plan.weightShape as [number, number, number, number];
  if (framed) {
    const images = { count: P * B, H: plainH, W: plainW, C };
    const plain = new Float32Array(engine.buffer, call.input, P * B * plainH * plainW * C);
    padInto(plain, framed.values, { images, margin });
  }
  const input = framed?.values.byteOffset ?? call.input;
  const result = (unpooled ?? output).values;
  const stride = 4 * B * H * W * C;
  // deno-fmt-ignore
  kernels.conv2d_forward(0, P, B, H, W, C, kh, kw, O, input, stride, w, b, result.byteOffset, code, scratch, columns);
  if (!unpooled || !pool) return;
  maxPoolInto(unpooled.values, output.values, {
    images: { count: P * B, H: plainH, W: plainW, C: O },
    size: pool,
  });
}
