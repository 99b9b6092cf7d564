/**
 * Layers of stacked networks in WGSL: forward, gradients of weights and biases, gradients of inputs.
 *
 * A dense layer is a convolution whose image and filter are one pixel, hence one source for both; patches are addressed
 * where they stand and never written out (an implicit im2col).
 * @module
 */
import type { Activation } from "../kernel_exports.ts";
import type { LayerPlan } from "../q_network_plan.ts";
import type { GemmShader } from "./gemm_shader.ts";
import type { PlacedLayer } from "./parameter_layout.ts";

/** Where a forward shader stands. */
export interface ForwardPlace {
  /** B: observations a network. */
  readonly rows: number;
  /**
   * Passes that are dispatched, slot = pass · P + network: online networks on o, target networks on o′, online networks
   * on o′.
   */
  readonly passes: number;
  /** Whether the input is the observations, of which o′ serves two passes. */
  readonly first: boolean;
  /** Values of one network's parameters. */
  readonly networkSize: number;
}

/** y = activation(x·W + b). Bindings: x, parameters [online; target], y. */
export function forwardShader({ plan, offset, K, O }: PlacedLayer, place: ForwardPlace): GemmShader {
  const { rows, passes, first, networkSize } = place;
  const shape = imageOf(plan);
  const M = rows * shape.OH * shape.OW;
  const input = first ? "network + select(0u, P, passIndex > 0u)" : "slot";
  return {
    M,
    N: O,
    K,
    aFastest: "k",
    bFastest: "column",
    functions: `
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

fn bases(slot: u32, slots: u32) -> vec3u {
  let P = slots / ${passes}u;
  let passIndex = slot / P;
  let network = slot % P;
  let inputSlot = ${input};
  let owner = network + select(0u, P, passIndex == 1u);
  return vec3u(
    inputSlot * ${rows * shape.H * shape.W * shape.C}u,
    owner * ${networkSize}u + ${offset}u,
    slot * ${M * O}u,
  );
}
${patchFunction(shape)}
fn loadA(at: vec3u, row: u32, k: u32) -> f32 { return x[at.x + addressOf(row, k)]; }
fn loadB(at: vec3u, k: u32, column: u32) -> f32 { return parameters[at.y + k * ${O}u + column]; }
fn store(at: vec3u, row: u32, column: u32, sum: f32) {
  let z = sum + parameters[at.y + ${K * O}u + column];
  y[at.z + row * ${O}u + column] = ${ACTIVATE[plan.activation]};
}
`,
  };
}

/** Where a weight gradient stands. */
export interface GradientPlace {
  /** B: observations a network. */
  readonly rows: number;
  /** Values of one network's parameters. */
  readonly networkSize: number;
}

/**
 * [dW; db] = [xᵀ; 1]·dz: biases are a row more of the weights. Bindings: x, dz, gradients.
 */
export function weightGradientShader({ plan, offset, K, O }: PlacedLayer, place: GradientPlace): GemmShader {
  const shape = imageOf(plan);
  const outputs = place.rows * shape.OH * shape.OW;
  return {
    M: K + 1,
    N: O,
    K: outputs,
    aFastest: "row",
    bFastest: "column",
    functions: `
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> dz: array<f32>;
@group(0) @binding(2) var<storage, read_write> gradients: array<f32>;

fn bases(slot: u32, slots: u32) -> vec3u {
  return vec3u(
    slot * ${place.rows * shape.H * shape.W * shape.C}u,
    slot * ${outputs * O}u,
    slot * ${place.networkSize}u + ${offset}u,
  );
}
${patchFunction(shape)}
fn loadA(at: vec3u, row: u32, k: u32) -> f32 {
  if (row == ${K}u) { return 1.0; }
  return x[at.x + addressOf(k, row)];
}
fn loadB(at: vec3u, k: u32, column: u32) -> f32 { return dz[at.y + k * ${O}u + column]; }
fn store(at: vec3u, row: u32, column: u32, sum: f32) {
  gradients[at.z + row * ${O}u + column] = sum;
}
`,
  };
}

/** Where an input gradient stands. */
export interface InputGradientPlace extends GradientPlace {
  /** Activation of the layer whose output the input is. */
  readonly inputActivation: Activation;
  /** `first` of two heads writes its sum alone, `last` adds its own; `only` does both at once. */
  readonly head: "first" | "last" | "only";
}

/**
 * dz of the layer before: (dz·Wᵀ) · activation′. Bindings: dz, parameters, dInput and, unless the head is `first`,
 * the input, which is the output of the layer before.
 */
export function inputGradientShader(
  { plan, offset, O }: PlacedLayer,
  { rows, networkSize, inputActivation, head }: InputGradientPlace,
): GemmShader {
  const { H, W, C, kh, kw, OH, OW } = imageOf(plan);
  const inputs = rows * H * W;
  const sum = head === "last" ? "(dInput[index] + sum)" : "sum";
  const finished = head !== "first";
  const needsInput = finished && inputActivation !== "linear";
  return {
    M: inputs,
    N: C,
    K: kh * kw * O,
    aFastest: "k",
    bFastest: "k",
    functions: `
@group(0) @binding(0) var<storage, read> dz: array<f32>;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read_write> dInput: array<f32>;
${needsInput ? "@group(0) @binding(3) var<storage, read> x: array<f32>;" : ""}

fn bases(slot: u32, slots: u32) -> vec3u {
  return vec3u(
    slot * ${rows * OH * OW * O}u,
    slot * ${networkSize}u + ${offset}u,
    slot * ${inputs * C}u,
  );
}
fn loadA(at: vec3u, row: u32, k: u32) -> f32 {
  let tap = k / ${O}u;
  // Wraps around below zero, beyond every image.
  let oy = row / ${W}u % ${H}u - tap / ${kw}u;
  let ox = row % ${W}u - tap % ${kw}u;
  if (oy >= ${OH}u || ox >= ${OW}u) { return 0.0; }
  let image = row / ${H * W}u;
  return dz[at.x + ((image * ${OH}u + oy) * ${OW}u + ox) * ${O}u + k % ${O}u];
}
fn loadB(at: vec3u, k: u32, column: u32) -> f32 {
  return parameters[at.y + (k / ${O}u * ${C}u + column) * ${O}u + k % ${O}u];
}
fn store(at: vec3u, row: u32, column: u32, sum: f32) {
  let index = at.z + row * ${C}u + column;
  let dy = ${sum};
${needsInput ? "  let y = x[index];" : ""}
  dInput[index] = ${finished ? DIFFERENTIATE[inputActivation] : "dy"};
}
`,
  };
}

/** Of z. WGSL leaves tanh open where its exponentials overflow; ±10 is where float32 has reached ±1. */
const ACTIVATE: Readonly<Record<Activation, string>> = {
  linear: "z",
  relu: "max(z, 0.0)",
  tanh: "tanh(clamp(z, -10.0, 10.0))",
};

/** Gradient of z, from dy and the output y. */
const DIFFERENTIATE: Readonly<Record<Activation, string>> = {
  linear: "dy",
  relu: "select(0.0, dy, y > 0.0)",
  tanh: "dy * (1.0 - y * y)",
};

interface Image {
  readonly H: number;
  readonly W: number;
  readonly C: number;
  readonly kh: number;
  readonly kw: number;
  readonly OH: number;
  readonly OW: number;
}

function imageOf({ kind, inputShape, weightShape }: LayerPlan): Image {
  if (kind === "dense") return { H: 1, W: 1, C: weightShape[0]!, kh: 1, kw: 1, OH: 1, OW: 1 };
  const [H, W, C] = inputShape as [number, number, number];
  const [kh, kw] = weightShape as [number, number];
  return { H, W, C, kh, kw, OH: H - kh + 1, OW: W - kw + 1 };
}

/** Where the k-th value of a result row's patch stands in the images. */
function patchFunction({ H, W, C, kw, OH, OW }: Image): string {
  return `
fn addressOf(row: u32, k: u32) -> u32 {
  let tap = k / ${C}u;
  let image = row / ${OH * OW}u;
  let iy = row / ${OW}u % ${OH}u + tap / ${kw}u;
  let ix = row % ${OW}u + tap % ${kw}u;
  return ((image * ${H}u + iy) * ${W}u + ix) * ${C}u + k % ${C}u;
}`;
}
