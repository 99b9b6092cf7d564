/**
 * Prioritized replay in WGSL: insertion, sampling, gathering, priorities.
 * @module
 */
import { WORKGROUP_SIZE } from "./gpu_step.ts";

/** Sizes of a replay, which the shaders are written for. */
export interface ReplaySizes {
  /** Transitions kept a network. */
  readonly capacity: number;
  /** Leaves of a tree: the least power of two that holds the capacity. */
  readonly leaves: number;
  /** O: values of an observation. */
  readonly O: number;
  /** How an observation is kept: `uint8` takes a quarter of the room. */
  readonly dtype: "uint8" | "float32";
}

/** Larger than any priority: the minimum of nothing. */
export const NO_PRIORITY = 3e38;
const COPY_THREADS = 64;

/** Words of 4 bytes that one observation takes. */
export function wordsOf({ O, dtype }: ReplaySizes): number {
  return dtype === "uint8" ? Math.ceil(O / 4) : O;
}

/**
 * Copies transitions of a fragment into the rings, dispatched as (entries).
 *
 * Bindings: entries [network, slot, row of the fragment, priority^α], the fragment's observations [2, count, O] and
 * transitions [4, count], then rings: observations and next observations [networks, capacity, words], facts
 * [networks, capacity] of (reward, 2 · action + notTerminal).
 */
export function insertShader(sizes: ReplaySizes, count: number): string {
  const { capacity, O } = sizes;
  const words = wordsOf(sizes);
  return `
@group(0) @binding(0) var<storage, read> entries: array<vec4i>;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read> transitions: array<f32>;
@group(0) @binding(3) var<storage, read_write> obs: array<u32>;
@group(0) @binding(4) var<storage, read_write> nextObs: array<u32>;
@group(0) @binding(5) var<storage, read_write> facts: array<vec2f>;

fn wordOf(row: u32, word: u32) -> u32 {
${
    sizes.dtype === "float32" ? `  return bitcast<u32>(input[row * ${O}u + word]);` : `  var bytes = 0u;
  for (var j = 0u; j < 4u && 4u * word + j < ${O}u; j++) {
    bytes |= u32(input[row * ${O}u + 4u * word + j]) << (8u * j);
  }
  return bytes;`
  }
}

@compute @workgroup_size(${COPY_THREADS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let entry = vec4u(entries[group.x]);
  let place = entry.x * ${capacity}u + entry.y;
  let row = entry.z;
  for (var word = thread; word < ${words}u; word += ${COPY_THREADS}u) {
    obs[place * ${words}u + word] = wordOf(row, word);
    nextObs[place * ${words}u + word] = wordOf(${count}u + row, word);
  }
  if (thread == 0u) {
    facts[place] = vec2f(
      transitions[${count}u + row],
      2.0 * transitions[row] + transitions[${2 * count}u + row],
    );
  }
}
`;
}

/** Priorities of inserted entries, dispatched as (P). Bindings: sums, minima, entries, ranges [P] of (begin, end). */
export function insertedPrioritiesShader(sizes: ReplaySizes): string {
  return treeShader(sizes, {
    bindings: `
@group(0) @binding(2) var<storage, read> entries: array<vec4i>;
@group(0) @binding(3) var<storage, read> ranges: array<vec2u>;
fn rangeOf(network: u32) -> vec2u { return ranges[network]; }
fn slotOf(i: u32) -> u32 { return u32(entries[i].y); }
fn priorityOf(i: u32) -> f32 { return bitcast<f32>(entries[i].w); }`,
  });
}

/**
 * (|δ| + ε)^α of the sampled transitions, dispatched as (P). Bindings: sums, minima, slots [P, B], results that begin
 * with δ [P, B].
 */
export function updatedPrioritiesShader(
  sizes: ReplaySizes,
  { rows, alpha, epsilon }: { readonly rows: number; readonly alpha: number; readonly epsilon: number },
): string {
  return treeShader(sizes, {
    bindings: `
@group(0) @binding(2) var<storage, read> slots: array<u32>;
@group(0) @binding(3) var<storage, read> results: array<f32>;
fn rangeOf(network: u32) -> vec2u { return vec2u(network * ${rows}u, (network + 1u) * ${rows}u); }
fn slotOf(i: u32) -> u32 { return slots[i]; }
fn priorityOf(i: u32) -> f32 { return pow(abs(results[i]) + f32(${epsilon}), f32(${alpha})); }`,
  });
}

/** Sets leaves, then every node above one of them, level by level; a slot named twice has one priority. */
function treeShader({ leaves }: ReplaySizes, { bindings }: { readonly bindings: string }): string {
  return `
@group(0) @binding(0) var<storage, read_write> sums: array<f32>;
@group(0) @binding(1) var<storage, read_write> minima: array<f32>;
${bindings}

@compute @workgroup_size(${WORKGROUP_SIZE})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let root = group.x * ${2 * leaves}u;
  let range = rangeOf(group.x);
  for (var i = range.x + thread; i < range.y; i += ${WORKGROUP_SIZE}u) {
    let leaf = root + ${leaves}u + slotOf(i);
    let priority = priorityOf(i);
    sums[leaf] = priority;
    minima[leaf] = priority;
  }
  storageBarrier();
  for (var level = 1u; level <= ${Math.log2(leaves)}u; level++) {
    for (var i = range.x + thread; i < range.y; i += ${WORKGROUP_SIZE}u) {
      let node = (${leaves}u + slotOf(i)) >> level;
      let left = root + 2u * node;
      sums[root + node] = sums[left] + sums[left + 1u];
      minima[root + node] = min(minima[left], minima[left + 1u]);
    }
    storageBarrier();
  }
}
`;
}

/**
 * Slots drawn in proportion to their priorities, and importance weights (p/min p)^−β, dispatched as
 * (⌈P · B / 256⌉). Bindings: sums, minima, uniforms [P, B] in [0, 1), slots [P, B], transitions [4, P · B], of which the
 * last column is written.
 */
export function sampleShader(
  { leaves, capacity }: ReplaySizes,
  { rows, count, beta }: { readonly rows: number; readonly count: number; readonly beta: number },
): string {
  return `
@group(0) @binding(0) var<storage, read> sums: array<f32>;
@group(0) @binding(1) var<storage, read> minima: array<f32>;
@group(0) @binding(2) var<storage, read> uniforms: array<f32>;
@group(0) @binding(3) var<storage, read_write> slots: array<u32>;
@group(0) @binding(4) var<storage, read_write> transitions: array<f32>;

@compute @workgroup_size(${WORKGROUP_SIZE})
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= ${count}u) { return; }
  let root = id.x / ${rows}u * ${2 * leaves}u;
  var rest = uniforms[id.x] * sums[root + 1u];
  var node = 1u;
  while (node < ${leaves}u) {
    node *= 2u;
    let left = sums[root + node];
    // Rounding may leave a rest that no leaf takes: stay where something was stored.
    if (left <= rest && sums[root + node + 1u] > 0.0) {
      rest -= left;
      node++;
    }
  }
  slots[id.x] = min(node - ${leaves}u, ${capacity - 1}u);
  transitions[${3 * count}u + id.x] = pow(sums[root + node] / minima[root + 1u], f32(${-beta}));
}
`;
}

/**
 * The drawn transitions of the networks from `first` on as a part of the batch, dispatched as (B, networks). Bindings:
 * those networks' rings of observations, next observations and facts, slots [P, B], the batch's observations
 * [2, P · B, O] and transitions [4, P · B].
 */
export function gatherShader(
  sizes: ReplaySizes,
  { rows, count, first }: { readonly rows: number; readonly count: number; readonly first: number },
): string {
  const { O, capacity } = sizes;
  const words = wordsOf(sizes);
  const value = (ring: string) =>
    sizes.dtype === "float32"
      ? `bitcast<f32>(${ring}[place * ${words}u + k])`
      : `f32((${ring}[place * ${words}u + k / 4u] >> (8u * (k % 4u))) & 255u)`;
  return `
@group(0) @binding(0) var<storage, read> obs: array<u32>;
@group(0) @binding(1) var<storage, read> nextObs: array<u32>;
@group(0) @binding(2) var<storage, read> facts: array<vec2f>;
@group(0) @binding(3) var<storage, read> slots: array<u32>;
@group(0) @binding(4) var<storage, read_write> input: array<f32>;
@group(0) @binding(5) var<storage, read_write> transitions: array<f32>;

@compute @workgroup_size(${COPY_THREADS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let row = (${first}u + group.y) * ${rows}u + group.x;
  let place = group.y * ${capacity}u + slots[row];
  for (var k = thread; k < ${O}u; k += ${COPY_THREADS}u) {
    input[row * ${O}u + k] = ${value("obs")};
    input[(${count}u + row) * ${O}u + k] = ${value("nextObs")};
  }
  if (thread == 0u) {
    let code = u32(facts[place].y);
    transitions[row] = f32(code / 2u);
    transitions[${count}u + row] = facts[place].x;
    transitions[${2 * count}u + row] = f32(code % 2u);
  }
}
`;
}
