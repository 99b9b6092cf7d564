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

/**
 * Image networks of the kind that the student report on SUPER used (spec/super.md §12, items 24 and 25): 3 × 3 convolutions that keep the
 * image's size, each with ReLU and a halving by max-pool, one dense ReLU layer, one output layer that begins near zero.
 */
export interface ConvPoolQNetworkSpec {
  readonly kind: "conv_pool";
  /** Output channels of each convolution. */
  readonly channels: readonly number[];
  /** Width of the dense layer. */
  readonly hidden: number;
  /** Q = V + A − mean A; else Q is the advantage head's output. */
  readonly dueling: boolean;
  /** [height, width, channels]. */
  readonly obsShape: readonly number[];
  /** A: number of actions. */
  readonly actions: number;
}

/** A Q-network as plain data. */
export type QNetworkSpec = ConvQNetworkSpec | DenseQNetworkSpec | ConvPoolQNetworkSpec;

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
  /** Times the first weights; 1 unless given. */
  readonly gain?: number;
  /** Zeros on each side of the image before a convolution; none unless given. */
  readonly margin?: number;
  /** Side of the blocks that a max-pool behind the activation takes together; no pool unless given. */
  readonly pool?: number;
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
/** Of the report's network. */
const POOL = { kernelSize: 3, size: 2, outputGain: 0.01 } as const;

/**
 * The layers of a network.
 * @throws {RangeError} if the observation is too small for the convolutions
 */
export function planQNetwork(spec: QNetworkSpec): QNetworkPlan {
  if (spec.kind === "conv_pool") return planConvPool(spec);
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

function planConvPool(spec: ConvPoolQNetworkSpec): QNetworkPlan {
  const { channels, hidden, obsShape, actions, dueling } = spec;
  const shrink = POOL.size ** channels.length;
  if (obsShape.length !== 3 || !(obsShape[0]! >= shrink && obsShape[1]! >= shrink)) {
    throw new RangeError(
      `Cannot build the network with max-pools: obsShape is [${obsShape}], expected [H, W, C] with H and W ≥ ${shrink}`,
    );
  }
  let inputShape = obsShape;
  const convolutions = channels.map((outputs, index): LayerPlan => {
    const [height, width, inputs] = inputShape as [number, number, number];
    const layer: LayerPlan = {
      name: `conv${index + 1}`,
      kind: "conv",
      weightShape: [POOL.kernelSize, POOL.kernelSize, inputs, outputs],
      inputShape,
      outputShape: [Math.floor(height / POOL.size), Math.floor(width / POOL.size), outputs],
      activation: "relu",
      initialization: "torch",
      margin: (POOL.kernelSize - 1) / 2,
      pool: POOL.size,
    };
    inputShape = layer.outputShape;
    return layer;
  });
  const output = (name: string, width: number): LayerPlan => ({
    ...dense(name, [hidden, width], "linear", "xavier"),
    gain: POOL.outputGain,
  });
  return {
    torso: [...convolutions, dense("fc", [sizeOf(inputShape), hidden], "relu")],
    advantage: [output("advantage", actions)],
    value: dueling ? [output("value", 1)] : [],
  };
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
  fillUniform(values.weight, bound * (layer.gain ?? 1), stream);
  if (xavier) values.bias.fill(0);
  else fillUniform(values.bias, bound, stream);
}

function fillUniform(values: Float32Array, bound: number, stream: Stream): void {
  for (let i = 0; i < values.length; i++) values[i] = bound * (2 * stream.random() - 1);
}
