/**
 * Q-networks as data: which layers they have and how these begin.
 * @module
 */
import type { Stream } from "relay/rng/stream.ts";
import type { Activation } from "./kernel_exports.ts";
import { sizeOf } from "./heap_backend.ts";

/** The paper's network (spec/super.md §7): three convolutions, two dense layers, RLlib's heads. */
export interface ConvQNetworkSpec {
  readonly kind: "conv";
  /** Q = V + A − mean A; else Q is the advantage head's output. */
  readonly dueling: boolean;
  /** [height, width, channels]. */
  readonly obsShape: readonly number[];
  /** A: number of actions. */
  readonly actions: number;
}

/** A network of dense layers, for flattened observations. */
export interface DenseQNetworkSpec {
  readonly kind: "fc";
  /** Widths of the tanh layers. */
  readonly hidden: readonly number[];
  /** Width of each head's ReLU layer; null: heads are one linear layer. */
  readonly headHidden: number | null;
  /** Q = V + A − mean A; else Q is the advantage head's output. */
  readonly dueling: boolean;
  /** Flattened. */
  readonly obsShape: readonly number[];
  /** A: number of actions. */
  readonly actions: number;
}

/** A Q-network as plain data. */
export type QNetworkSpec = ConvQNetworkSpec | DenseQNetworkSpec;

/** One layer of every stacked network. */
export interface LayerPlan {
  /** Parameters are called `<name>.weight` and `<name>.bias`. */
  readonly name: string;
  readonly kind: "conv" | "dense";
  /** Of one network: [kh, kw, C, O] or [I, O]. */
  readonly weightShape: readonly number[];
  /** Of one observation: [H, W, C] or [I]. */
  readonly inputShape: readonly number[];
  /** Of one observation. */
  readonly outputShape: readonly number[];
  readonly activation: Activation;
  /** PyTorch's default for weights and biases, or Xavier-uniform weights and zero biases. */
  readonly initialization: "torch" | "xavier";
}

/** The layers in the order of computation. */
export interface QNetworkPlan {
  readonly torso: readonly LayerPlan[];
  /** On the torso's output, ends in [A]. */
  readonly advantage: readonly LayerPlan[];
  /** On the torso's output, ends in [1]; empty without dueling. */
  readonly value: readonly LayerPlan[];
}

const KERNEL_SIZE = 2;
const CONV_CHANNELS = [32, 64, 64];
/** Width of RLlib's "policy output" layer, and of its heads' hidden layer (`hiddens`). */
const PAPER_WIDTH = 256;

/**
 * The layers of a network.
 * @throws {RangeError} if the observation is too small for the convolutions
 */
export function planQNetwork(spec: QNetworkSpec): QNetworkPlan {
  const torso = spec.kind === "conv" ? convTorso(spec) : denseTorso(spec);
  const headHidden = spec.kind === "conv" ? PAPER_WIDTH : spec.headHidden;
  const width = sizeOf(torso.at(-1)?.outputShape ?? spec.obsShape);
  return {
    torso,
    advantage: head("advantage", [width, headHidden, spec.actions], spec.dueling),
    value: spec.dueling ? head("value", [width, headHidden, 1], true) : [],
  };
}

function convTorso({ obsShape }: ConvQNetworkSpec): LayerPlan[] {
  const margin = CONV_CHANNELS.length * (KERNEL_SIZE - 1);
  if (obsShape.length !== 3 || !(obsShape[0]! > margin && obsShape[1]! > margin)) {
    throw new RangeError(
      `Cannot build the convolutional network: obsShape is [${obsShape}], expected [H, W, C] with H and W > ${margin}`,
    );
  }
  let inputShape = obsShape;
  const layers = CONV_CHANNELS.map((channels, index): LayerPlan => {
    const [height, width, inputChannels] = inputShape as [number, number, number];
    const layer: LayerPlan = {
      name: `conv${index + 1}`,
      kind: "conv",
      weightShape: [KERNEL_SIZE, KERNEL_SIZE, inputChannels, channels],
      inputShape,
      outputShape: [height - KERNEL_SIZE + 1, width - KERNEL_SIZE + 1, channels],
      activation: "relu",
      initialization: "torch",
    };
    inputShape = layer.outputShape;
    return layer;
  });
  return [
    ...layers,
    dense("fc", [sizeOf(inputShape), 64], "relu"),
    dense("policy", [64, PAPER_WIDTH], "linear"),
  ];
}

function denseTorso({ hidden, obsShape }: DenseQNetworkSpec): LayerPlan[] {
  const widths = [sizeOf(obsShape), ...hidden];
  return hidden.map((width, index) => dense(`fc${index + 1}`, [widths[index]!, width], "tanh"));
}

/** A head of RLlib's; a lone linear output layer without dueling counts as torso. */
function head(name: string, widths: [number, number | null, number], dueling: boolean): LayerPlan[] {
  const [input, hidden, output] = widths;
  if (hidden === null) return [dense(name, [input, output], "linear", dueling ? "xavier" : "torch")];
  return [
    dense(`${name}.hidden`, [input, hidden], "relu", "xavier"),
    dense(`${name}.output`, [hidden, output], "linear", "xavier"),
  ];
}

function dense(
  name: string,
  weightShape: [number, number],
  activation: Activation,
  initialization: LayerPlan["initialization"] = "torch",
): LayerPlan {
  const [input, output] = weightShape;
  return {
    name,
    kind: "dense",
    weightShape,
    inputShape: [input],
    outputShape: [output],
    activation,
    initialization,
  };
}

/**
 * Draws one network's first values of a layer, weights before biases, in the order of their storage: uniform within
 * ±1/√fanIn (PyTorch's default), or weights uniform within ±√(6/(fanIn + fanOut)) and zero biases (Glorot & Bengio
 * 2010).
 */
export function initializeLayer(
  layer: LayerPlan,
  values: { readonly weight: Float32Array; readonly bias: Float32Array },
  stream: Stream,
): void {
  const fanIn = sizeOf(layer.weightShape.slice(0, -1));
  const fanOut = layer.weightShape.at(-1)!;
  const xavier = layer.initialization === "xavier";
  const bound = xavier ? Math.sqrt(6 / (fanIn + fanOut)) : 1 / Math.sqrt(fanIn);
  fillUniform(values.weight, bound, stream);
  if (xavier) values.bias.fill(0);
  else fillUniform(values.bias, bound, stream);
}

function fillUniform(values: Float32Array, bound: number, stream: Stream): void {
  for (let i = 0; i < values.length; i++) values[i] = bound * (2 * stream.random() - 1);
}
