/**
 * Acting: greedy actions by bare kernel calls.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { ACTIVATION_CODES } from "./kernel_exports.ts";
import { type HeapTensor, heapTensor } from "./heap_tensor.ts";
import type { QNetworkLayer } from "./q_network.ts";
import { type SimdEngine, simdEngine } from "./simd_backend.ts";

/** Buffers for one number of rows. */
interface Buffers {
  readonly outputs: readonly HeapTensor<Float32Array>[];
  readonly actions: HeapTensor<Int32Array>;
}

/**
 * Runs a chain of layers and takes the argmax, with buffers made once for each number of rows B: in training B is one
 * and tfjs's bookkeeping would cost more than the arithmetic.
 */
export class GreedyActor {
  readonly #layers: readonly QNetworkLayer[];
  readonly #networks: number;
  readonly #buffers = new Map<number, Buffers>();

  /**
   * @param layers from the observation to [A]
   * @param networks P
   */
  constructor(layers: readonly QNetworkLayer[], networks: number) {
    this.#layers = layers;
    this.#networks = networks;
  }

  /**
   * @param obs [P, B, …]
   * @returns actions [P·B], overwritten by the next call with the same B
   * @throws {RangeError} unless `obs` has P · B observations
   */
  act(obs: tf.Tensor): Int32Array {
    const P = this.#networks;
    const B = obs.shape[1]!;
    const engine = simdEngine();
    const size = this.#layers[0]!.plan.inputShape.reduce((product, length) => product * length, P * B);
    if (obs.size !== size) {
      throw new RangeError(
        `Cannot act: observations are [${obs.shape}], expected [${P}, B, …] of ${size} values`,
      );
    }
    const buffers = this.#buffers.get(B) ?? this.#newBuffers(B);
    let input = engine.address(obs);
    for (let i = 0; i < this.#layers.length; i++) {
      const output = buffers.outputs[i]!.values.byteOffset;
      applyLayer(engine, this.#layers[i]!, { P, B, input, output });
      input = output;
    }
    const A = this.#layers.at(-1)!.plan.outputShape[0]!;
    engine.kernels.argmax_rows(P * B, A, input, buffers.actions.values.byteOffset);
    return buffers.actions.values;
  }

  /** Frees the buffers. */
  dispose(): void {
    for (const { outputs, actions } of this.#buffers.values()) {
      for (const output of outputs) output.dispose();
      actions.dispose();
    }
    this.#buffers.clear();
  }

  #newBuffers(B: number): Buffers {
    const P = this.#networks;
    const buffers = {
      outputs: this.#layers.map(({ plan }) => heapTensor([P, B, ...plan.outputShape], "float32")),
      actions: heapTensor([P * B], "int32"),
    };
    this.#buffers.set(B, buffers);
    return buffers;
  }
}

function applyLayer(
  engine: SimdEngine,
  { plan, weight, bias }: QNetworkLayer,
  place: { readonly P: number; readonly B: number; readonly input: number; readonly output: number },
): void {
  const { kernels, scratch, columns } = engine;
  const { P, B, input, output } = place;
  const [w, b, code] = [engine.address(weight), engine.address(bias), ACTIVATION_CODES[plan.activation]];
  if (plan.kind === "conv") {
    const [H, W, C] = plan.inputShape as [number, number, number];
    const [kh, kw, , O] = plan.weightShape as [number, number, number, number];
    const stride = 4 * B * H * W * C;
    // deno-fmt-ignore
    kernels.conv2d_forward(0, P, B, H, W, C, kh, kw, O, input, stride, w, b, output, code, scratch, columns);
  } else {
    const [I, O] = plan.weightShape as [number, number];
    kernels.dense_forward(0, P, B, I, O, input, 4 * B * I, w, b, output, code, scratch);
  }
}
