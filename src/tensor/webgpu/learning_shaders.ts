/**
 * What learning needs besides layers, in WGSL: TD errors, Huber loss, clipping, Adam, target networks, argmax.
 * @module
 */
import { WORKGROUP_SIZE } from "./gpu_step.ts";

/** Gradient values whose squares one workgroup sums. */
const NORM_CHUNK = 16 * WORKGROUP_SIZE;
/** Parameters that one thread of Adam changes. */
const ADAM_ITEMS = 4;
/** torch's `clip_grad_norm_` adds this to the norm before it divides. */
const NORM_EPSILON = 1e-6;
/** A norm's bound that no float32 gradient meets. */
const NO_CLIPPING = 3e38;

/** Settings of {@link tdShader}. */
export interface TdShaderOptions {
  /** B: transitions a network. */
  readonly rows: number;
  /** A: number of actions. */
  readonly actions: number;
  readonly dueling: boolean;
  /** Whether the online networks select the action at o′ (pass 2); else the target networks do (pass 1). */
  readonly double: boolean;
  /** γ. */
  readonly gamma: number;
  /** Whether gradients of the heads' outputs are written. */
  readonly gradients: boolean;
}

/**
 * TD errors, losses and gradients of the heads; a workgroup a network.
 *
 * Bindings: transitions [actions, rewards, notTerminal, isWeights; P, B], results [P·B TD errors, P losses, P norms],
 * advantages [passes, P, B, A], gradients of them [P, B, A] if wanted; with dueling, values [2, P, B] and gradients of
 * them if wanted.
 */
export function tdShader(options: TdShaderOptions): string {
  const { rows, actions, dueling, double, gamma, gradients } = options;
  const bindings = [
    "read> transitions",
    "read_write> results",
    "read> advantages",
    ...(gradients ? ["read_write> dAdvantages"] : []),
    ...(dueling ? ["read> values"] : []),
    ...(dueling && gradients ? ["read_write> dValues"] : []),
  ];
  return `
${bindings.map(storageBinding).join("\n")}
var<workgroup> losses: array<f32, ${rows}>;

fn qOf(slot: u32, b: u32, action: u32) -> f32 {
  let at = (slot * ${rows}u + b) * ${actions}u;
${
    dueling
      ? `  var sum = 0.0;
  for (var a = 0u; a < ${actions}u; a++) { sum += advantages[at + a]; }
  return values[slot * ${rows}u + b] + advantages[at + action] - sum / ${float(actions)};`
      : "  return advantages[at + action];"
  }
}

// The first action of the largest value; V shifts all alike, so that advantages do.
fn bestOf(slot: u32, b: u32) -> u32 {
  let at = (slot * ${rows}u + b) * ${actions}u;
  var best = 0u;
  for (var a = 1u; a < ${actions}u; a++) {
    if (advantages[at + a] > advantages[at + best]) { best = a; }
  }
  return best;
}

@compute @workgroup_size(${WORKGROUP_SIZE})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let P = groups.x;
  let network = group.x;
  let column = P * ${rows}u;
  for (var b = thread; b < ${rows}u; b += ${WORKGROUP_SIZE}u) {
    let row = network * ${rows}u + b;
    let action = u32(transitions[row]);
    let best = bestOf(${double ? 2 : 1}u * P + network, b);
    let next = transitions[2u * column + row] * qOf(P + network, b, best);
    let delta = qOf(network, b, action) - (transitions[column + row] + ${float(gamma)} * next);
    let weight = transitions[3u * column + row];
    results[row] = delta;
    losses[b] = weight * select(abs(delta) - 0.5, 0.5 * delta * delta, abs(delta) < 1.0);
${gradients ? headGradients(options) : ""}
  }
  workgroupBarrier();
  if (thread == 0u) {
    var sum = 0.0;
    for (var b = 0u; b < ${rows}u; b++) { sum += losses[b]; }
    results[column + network] = sum / ${float(rows)};
  }
}
`;
}

function headGradients({ rows, actions, dueling }: TdShaderOptions): string {
  return `    let dq = weight * clamp(delta, -1.0, 1.0) / ${float(rows)};
    for (var a = 0u; a < ${actions}u; a++) {
      dAdvantages[row * ${actions}u + a] = select(0.0, dq, a == action)${
    dueling ? ` - dq / ${float(actions)}` : ""
  };
    }
${dueling ? "    dValues[row] = dq;" : ""}`;
}

/** Numbers of {@link normShader}'s workgroups a network, each of which writes one sum. */
export function normChunks(networkSize: number): number {
  return Math.ceil(networkSize / NORM_CHUNK);
}

/** Sums of squared gradients, dispatched as (chunks, P). Bindings: gradients [P, size], sums [P, chunks]. */
export function normShader(networkSize: number): string {
  return `
${["read> gradients", "read_write> sums"].map(storageBinding).join("\n")}
${SUM_OVER_WORKGROUP}
@compute @workgroup_size(${WORKGROUP_SIZE})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let end = min((group.x + 1u) * ${NORM_CHUNK}u, ${networkSize}u);
  var sum = 0.0;
  for (var i = group.x * ${NORM_CHUNK}u + thread; i < end; i += ${WORKGROUP_SIZE}u) {
    let gradient = gradients[group.y * ${networkSize}u + i];
    sum = fma(gradient, gradient, sum);
  }
  let total = sumOverWorkgroup(sum, thread);
  if (thread == 0u) { sums[group.y * ${normChunks(networkSize)}u + group.x] = total; }
}
`;
}

/** Settings of {@link adamShader}. */
export interface AdamShaderOptions {
  readonly networkSize: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly clipNorm: number;
  /** Where the norms begin in the results, in values. */
  readonly normsAt: number;
}

/** Numbers of {@link adamShader}'s workgroups a network. */
export function adamChunks(networkSize: number): number {
  return Math.ceil(networkSize / (ADAM_ITEMS * WORKGROUP_SIZE));
}

/**
 * Clipping and Adam in place, dispatched as (chunks, P). Bindings: parameters [P, size], gradients [P, size], m, v, sums
 * of {@link normShader}, results that take the norms, step [learningRate/(1 − β₁ᵗ), 1/(1 − β₂ᵗ)].
 */
export function adamShader(options: AdamShaderOptions): string {
  const { networkSize, beta1, beta2, epsilon, normsAt } = options;
  const chunks = normChunks(networkSize);
  const bindings = [
    "read_write> parameters",
    "read> gradients",
    "read_write> m",
    "read_write> v",
    "read> sums",
    "read_write> results",
    "read> stepSizes",
  ];
  return `
${bindings.map(storageBinding).join("\n")}
${SUM_OVER_WORKGROUP}
@compute @workgroup_size(${WORKGROUP_SIZE})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  var sum = 0.0;
  for (var i = thread; i < ${chunks}u; i += ${WORKGROUP_SIZE}u) { sum += sums[group.y * ${chunks}u + i]; }
  let norm = sqrt(sumOverWorkgroup(sum, thread));
  if (group.x == 0u && thread == 0u) { results[${normsAt}u + group.y] = norm; }
  let scale = min(1.0, ${float(Math.min(options.clipNorm, NO_CLIPPING))} / (norm + ${float(NORM_EPSILON)}));
  let begin = group.x * ${ADAM_ITEMS * WORKGROUP_SIZE}u;
  let end = min(begin + ${ADAM_ITEMS * WORKGROUP_SIZE}u, ${networkSize}u);
  for (var i = begin + thread; i < end; i += ${WORKGROUP_SIZE}u) {
    let at = group.y * ${networkSize}u + i;
    let gradient = scale * gradients[at];
    let mean = ${float(beta1)} * m[at] + ${float(1 - beta1)} * gradient;
    let square = ${float(beta2)} * v[at] + ${float(1 - beta2)} * gradient * gradient;
    m[at] = mean;
    v[at] = square;
    parameters[at] -= stepSizes[0] * mean / (sqrt(square * stepSizes[1]) + ${float(epsilon)});
  }
}
`;
}

/** Copies the first half of a buffer to the second, dispatched as (chunks of {@link adamChunks}, P). */
export function copyToTargetShader(networkSize: number): string {
  return `
${storageBinding("read_write> parameters", 0)}
@compute @workgroup_size(${WORKGROUP_SIZE})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let begin = group.x * ${ADAM_ITEMS * WORKGROUP_SIZE}u;
  let end = min(begin + ${ADAM_ITEMS * WORKGROUP_SIZE}u, ${networkSize}u);
  for (var i = begin + thread; i < end; i += ${WORKGROUP_SIZE}u) {
    let at = group.y * ${networkSize}u + i;
    parameters[groups.y * ${networkSize}u + at] = parameters[at];
  }
}
`;
}

/** The first action of the largest value of every row. Bindings: values [n, A], int32 actions [n]. */
export function argmaxShader(actions: number): string {
  return `
${storageBinding("read> values", 0)}
@group(0) @binding(1) var<storage, read_write> best: array<i32>;
@compute @workgroup_size(${WORKGROUP_SIZE})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x;
  if (row >= arrayLength(&best)) { return; }
  var action = 0u;
  for (var a = 1u; a < ${actions}u; a++) {
    if (values[row * ${actions}u + a] > values[row * ${actions}u + action]) { action = a; }
  }
  best[row] = i32(action);
}
`;
}

/** A tree's order, the same whatever runs beside. */
const SUM_OVER_WORKGROUP = `
var<workgroup> partialSums: array<f32, ${WORKGROUP_SIZE}>;
fn sumOverWorkgroup(value: f32, thread: u32) -> f32 {
  partialSums[thread] = value;
  workgroupBarrier();
  for (var width = ${WORKGROUP_SIZE / 2}u; width > 0u; width /= 2u) {
    if (thread < width) { partialSums[thread] += partialSums[thread + width]; }
    workgroupBarrier();
  }
  return partialSums[0];
}`;

function storageBinding(accessAndName: string, binding: number): string {
  return `@group(0) @binding(${binding}) var<storage, ${accessAndName}: array<f32>;`;
}

/** A number as WGSL writes the nearest float32. */
function float(value: number): string {
  return `f32(${Math.fround(value)})`;
}
