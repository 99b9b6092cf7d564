/**
 * Checkpoints of runs whose networks and replays are on the GPU, in the format of any other run: a run that was stopped on
 * one engine can go on with another.
 * @module
 */
import type { StoredTensor } from "relay/dataset/safetensors.ts";
import { notTerminalAt } from "relay/replay/fragment.ts";
import type { ReplayColumns } from "relay/replay/prioritized_replay.ts";
import type { GpuLearner, GpuLearnerState } from "relay/tensor/webgpu/gpu_learner.ts";
import type { GpuReplayCounts } from "relay/tensor/webgpu/gpu_replay.ts";
import type { GpuReplaySlots, GpuReplayTransitions } from "relay/tensor/webgpu/gpu_replay_rings.ts";
import {
  memberTensors,
  restoreMembers,
  restoreMemberTensors,
  saveMembers,
  segmentSlots,
  type StoredRun,
  vector,
} from "relay/train/checkpoint_files.ts";
import { newColumns } from "./replay_columns.ts";
import type { GpuRun } from "./gpu_run.ts";
import type { KeptRun } from "./kept_run.ts";
import type { Lockstep } from "./lockstep.ts";

/** Saves every run of a group. */
export async function saveGroup(kept: readonly KeptRun[], lockstep: Lockstep): Promise<void> {
  const { learner } = lockstep;
  const state = await learner.state();
  const counts = await learner.replay.counts();
  for (const [r, own] of kept.entries()) {
    const { run, checkpoint, elapsedMs, lengths } = own;
    const networks = Array.from({ length: lockstep.P }, (_, p) => r * lockstep.P + p);
    const ownCounts = networks.map((network) => counts[network]!);
    const segments = await readSegments(own, learner, { networks, counts: ownCounts });
    const tensors = { ...stateTensors(learner, { state, networks }), ...memberTensors(run.env, run.team) };
    ownCounts.forEach(({ storedPriorities }, p) =>
      tensors[`replay/${p}/priorities`] = vector(Float64Array.from(storedPriorities))
    );
    const { envSteps } = run;
    checkpoint.save(
      { envSteps, elapsedMs, adamStep: state.adam.step, lengths, ...saveMembers(run) },
      {
        tensors,
        replays: ownCounts.map(({ inserted }, p) => ({
          inserted,
          maxPriority: run.maxPriorities[p]!,
          capacity: run.config.replay.capacity,
          segment: (segment) => segments[p]!.get(segment)!,
        })),
      },
    );
  }
}

/** Puts a group's runs, all at step 0, into their saved states. */
export function restoreGroup(stored: readonly StoredRun[], lockstep: Lockstep): void {
  const { learner, runs, P } = lockstep;
  const joined = (prefix: string) =>
    learner.layout.map(({ name }) =>
      concat(stored.map(({ tensors }) => floats(tensors, `${prefix}/${name}`)))
    );
  learner.restore({
    online: joined("online"),
    target: joined("target"),
    adam: { step: stored[0]!.state.adamStep, m: joined("adam/m"), v: joined("adam/v") },
  });
  for (const [r, run] of runs.entries()) {
    const own = stored[r]!;
    run.envSteps = own.state.envSteps;
    restoreMembers(run, own.state);
    restoreMemberTensors(run.env, run.team, own.tensors);
    own.replays.forEach(({ inserted, maxPriority }, p) => {
      run.maxPriorities[p] = maxPriority;
      const storedPriorities = Float32Array.from(own.tensors[`replay/${p}/priorities`]!.data);
      learner.replay.restore(r * P + p, { inserted, storedPriorities });
      restoreRing(own, { run, learner, p, network: r * P + p });
    });
  }
}

/**
 * Networks of the stack as tensors.
 * @param prefix of their names
 */
export function networkTensors(
  { layout }: GpuLearner,
  prefix: string,
  { values, networks }: { values: readonly Float32Array[]; networks: readonly number[] },
): Record<string, StoredTensor> {
  const P = networks.length;
  const first = networks[0]!;
  return Object.fromEntries(layout.map(({ name, size, shape }, i) => [
    `${prefix}/${name}`,
    { shape: [P, ...shape], data: values[i]!.subarray(first * size, (first + P) * size) },
  ]));
}

function stateTensors(
  learner: GpuLearner,
  { state, networks }: { state: GpuLearnerState; networks: readonly number[] },
): Record<string, StoredTensor> {
  const { online, target, adam } = state;
  return {
    ...networkTensors(learner, "online", { values: online, networks }),
    ...networkTensors(learner, "target", { values: target, networks }),
    ...networkTensors(learner, "adam/m", { values: adam.m, networks }),
    ...networkTensors(learner, "adam/v", { values: adam.v, networks }),
  };
}

/** Of each network the segments that changed since the last save. */
async function readSegments(
  { run, checkpoint }: KeptRun,
  learner: GpuLearner,
  { networks, counts }: { networks: readonly number[]; counts: readonly GpuReplayCounts[] },
): Promise<Map<number, ReplayColumns>[]> {
  const { capacity } = run.config.replay;
  const wanted = networks.flatMap((network, p) =>
    checkpoint.changedSegments(p, { inserted: counts[p]!.inserted, capacity }).map((segment) => (
      { p, segment, network, ...segmentSlots(segment, capacity) }
    ))
  );
  const read = await learner.replay.rings.read(wanted);
  const segments = networks.map(() => new Map<number, ReplayColumns>());
  wanted.forEach(({ p, segment, from, to }, k) => {
    const columns = newColumns(run.env, to - from);
    decode(read[k]!, columns);
    segments[p]!.set(segment, columns);
  });
  return segments;
}

function restoreRing(
  stored: StoredRun,
  { run, learner, p, network }: { run: GpuRun; learner: GpuLearner; p: number; network: number },
): void {
  const { capacity } = run.config.replay;
  const segments: { slots: GpuReplaySlots; columns: ReplayColumns }[] = [];
  stored.readSegments(p, (segment) => {
    const slots = { network, ...segmentSlots(segment, capacity) };
    const columns = newColumns(run.env, slots.to - slots.from);
    segments.push({ slots, columns });
    return columns;
  });
  for (const { slots, columns } of segments) {
    learner.replay.rings.write(slots, encode(columns, run.config.bootstrapAtTimeLimit));
  }
}

/** The GPU's words as columns; it keeps of both flags only whether the return goes on, which stands as `terminated`. */
function decode({ obs, nextObs, facts }: GpuReplayTransitions, columns: ReplayColumns): void {
  const slots = columns.actions.length;
  for (const [words, values] of [[obs, columns.obs], [nextObs, columns.nextObs]] as const) {
    const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
    const ring = values instanceof Uint8Array ? bytes : new Float32Array(bytes.buffer, bytes.byteOffset);
    const [padded, O] = [ring.length / slots, values.length / slots];
    for (let slot = 0; slot < slots; slot++) {
      values.set(ring.subarray(slot * padded, slot * padded + O), slot * O);
    }
  }
  for (let slot = 0; slot < slots; slot++) {
    columns.rewards[slot] = facts[2 * slot]!;
    columns.actions[slot] = facts[2 * slot + 1]! >> 1;
    columns.terminated[slot] = 1 - (facts[2 * slot + 1]! & 1);
  }
}

/** Inverse of {@link decode}. */
function encode(columns: ReplayColumns, bootstrapAtTimeLimit: boolean): GpuReplayTransitions {
  const slots = columns.actions.length;
  const wordsOf = (values: ReplayColumns["obs"]) => {
    const O = values.length / slots;
    const words = new Uint32Array(slots * Math.ceil(O * values.BYTES_PER_ELEMENT / 4));
    const ring = values instanceof Uint8Array ? new Uint8Array(words.buffer) : new Float32Array(words.buffer);
    const padded = ring.length / slots;
    for (let slot = 0; slot < slots; slot++) {
      ring.set(values.subarray(slot * O, (slot + 1) * O), slot * padded);
    }
    return words;
  };
  const facts = new Float32Array(2 * slots);
  for (let slot = 0; slot < slots; slot++) {
    facts[2 * slot] = columns.rewards[slot]!;
    facts[2 * slot + 1] = 2 * columns.actions[slot]! + notTerminalAt(columns, slot, bootstrapAtTimeLimit);
  }
  return { obs: wordsOf(columns.obs), nextObs: wordsOf(columns.nextObs), facts };
}

function floats(tensors: StoredRun["tensors"], name: string): Float32Array {
  return tensors[name]!.data as Float32Array;
}

function concat(parts: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const own of parts) {
    joined.set(own, at);
    at += own.length;
  }
  return joined;
}
