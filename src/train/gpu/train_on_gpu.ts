/**
 * Training on the GPU: all runs that can be are stepped together.
 * @module
 */
import { StopFlag } from "relay/cluster/worker_pool.ts";
import { type Gpu, openGpu } from "relay/tensor/webgpu/gpu_device.ts";
import { GpuRoomError } from "relay/tensor/webgpu/gpu_memory.ts";
import type { StoredRun } from "relay/train/checkpoint_files.ts";
import { ConfigError, runIdOf, type TrainConfig } from "relay/train/config.ts";
import type { Row } from "relay/train/row.ts";
import { finishedRows, isFinished } from "relay/train/run_folder.ts";
import { networkTensors, restoreGroup, saveGroup } from "./gpu_checkpoint.ts";
import { groupRuns } from "./gpu_groups.ts";
import { KeptRun } from "./kept_run.ts";
import { Lockstep } from "./lockstep.ts";

/** Where runs are kept and who is told. */
export interface GpuTrainOptions {
  readonly runsDir: string;
  /** Seconds between two checkpoints; 30 unless given. */
  readonly checkpointEverySeconds?: number;
  /** Set it to keep everything and end. */
  readonly stop?: StopFlag;
  /** Rows as they come, finished runs' and earlier sittings' included. */
  readonly onRows?: (config: TrainConfig, rows: readonly Row[]) => void;
  /** Told of each run that is finished. */
  readonly onFinished?: (config: TrainConfig) => void;
}

/** Longest time without giving the event loop a turn, milliseconds. */
const YIELD_EVERY_MS = 100;

/**
 * The GPU that {@link trainOnGpu} would use.
 * @returns a line for the user and what the bits depend on; or why there is none, in one line
 */
export async function gpuAvailable(): Promise<{ line: string; adapter: string } | { why: string }> {
  try {
    const gpu = await openGpu();
    gpu.device.destroy();
    const remark = gpu.isSoftware
      ? ", which is no GPU but software: right, and slower than the engine wasm"
      : "";
    return { line: `Engine ${arithmeticOf(gpu)}${remark}`, adapter: gpu.adapterName };
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Trains every config on the GPU; finished runs are reused, stopped ones go on, bit for bit on the same GPU. Runs are
 * stepped in groups (see gpu_groups.ts) one after another; what does not fit together is halved. A run's rows and
 * networks do not depend on its company.
 *
 * Where one run fails, such as by a selector that throws, the call ends with its error; the others go on from their last
 * checkpoint when it is repeated without that run.
 *
 * @throws {ConfigError} for a config that cannot be run, before any starts, or where there is no GPU
 */
export async function trainOnGpu(configs: readonly TrainConfig[], options: GpuTrainOptions): Promise<void> {
  const pending: TrainConfig[] = [];
  for (const config of new Map(configs.map((config) => [runIdOf(config), config])).values()) {
    if (isFinished(config, options.runsDir)) reportFinished(config, options);
    else pending.push(config);
  }
  if (pending.length === 0) return;
  const gpu = await requireGpu();
  const kept: KeptRun[] = [];
  try {
    for (const config of pending) kept.push(await KeptRun.open(config, options.runsDir));
    // asked again under the lock: another process may have finished a run meanwhile
    const ended = new Set(kept.filter(({ config }) => isFinished(config, options.runsDir)));
    for (const { config } of ended) reportFinished(config, options);
    for (const group of groupRuns(kept.filter((run) => !ended.has(run)))) {
      if (!options.stop?.isSet) await trainTogether(gpu, group, options);
    }
  } finally {
    for (const run of kept) run.close();
    gpu.device.destroy();
  }
}

async function requireGpu(): Promise<Gpu> {
  try {
    return await openGpu();
  } catch (error) {
    throw new ConfigError(error instanceof Error ? error.message : String(error));
  }
}

function reportFinished(config: TrainConfig, { runsDir, onRows, onFinished }: GpuTrainOptions): void {
  onRows?.(config, finishedRows(config, runsDir));
  onFinished?.(config);
}

/** Trains a group, in parts where it does not fit on the GPU. */
async function trainTogether(gpu: Gpu, group: readonly KeptRun[], options: GpuTrainOptions): Promise<void> {
  const lockstep = await openLockstep(gpu, group);
  if (!lockstep) {
    const half = Math.ceil(group.length / 2);
    for (const part of [group.slice(0, half), group.slice(half)]) {
      if (!options.stop?.isSet) await trainTogether(gpu, part, options);
    }
    return;
  }
  try {
    await runFrom(lockstep, group, { ...options, engine: arithmeticOf(gpu) });
  } finally {
    lockstep.dispose();
  }
}

/** @returns undefined where several runs do not fit together */
async function openLockstep(gpu: Gpu, group: readonly KeptRun[]): Promise<Lockstep | undefined> {
  try {
    return await Lockstep.open(gpu, group.map(({ run }) => run));
  } catch (error) {
    if (error instanceof GpuRoomError && group.length > 1) return undefined;
    if (error instanceof RangeError) throw new ConfigError(`Cannot start run: ${error.message}`);
    throw error;
  }
}

async function runFrom(
  lockstep: Lockstep,
  group: readonly KeptRun[],
  options: GpuTrainOptions & { readonly engine: string },
): Promise<void> {
  const { stop = new StopFlag(), onRows, onFinished } = options;
  const stored = group.map(({ checkpoint }) => checkpoint.read()).filter((own) => own !== undefined);
  if (stored.length > 0) restoreGroup(stored, lockstep);
  begin(group, { ...options, stored });
  if (stored.length === 0) report(await lockstep.evaluate());

  const everyMs = (options.checkpointEverySeconds ?? 30) * 1000;
  let savedAt = performance.now();
  let yieldedAt = savedAt;
  while (!lockstep.isDone) {
    const measured = await lockstep.iterate();
    const evaluated = await lockstep.evaluate();
    group.forEach((own) => own.recordSharing());
    report(measured.map((own, r) => [...own, ...evaluated[r]!]));
    const now = performance.now();
    if (stop.isSet || now - savedAt > everyMs) {
      await saveGroup(group, lockstep);
      savedAt = performance.now();
    }
    if (stop.isSet && !lockstep.isDone) return;
    if (now - yieldedAt > YIELD_EVERY_MS) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      yieldedAt = performance.now();
    }
  }
  const values = await lockstep.learner.parameters();
  for (const [r, own] of group.entries()) {
    const networks = Array.from({ length: lockstep.P }, (_, p) => r * lockstep.P + p);
    own.finish(networkTensors(lockstep.learner, "online", { values, networks }));
    onFinished?.(own.config);
  }

  function report(measured: Awaited<ReturnType<Lockstep["evaluate"]>>): void {
    for (const [r, own] of group.entries()) {
      const rows = own.record(measured[r]!);
      if (rows.length > 0) onRows?.(own.config, rows);
    }
  }
}

function begin(
  group: readonly KeptRun[],
  { engine, stored, onRows }: GpuTrainOptions & { engine: string; stored: readonly StoredRun[] },
): void {
  for (const [r, own] of group.entries()) {
    const rows = own.begin(engine, stored[r]);
    if (rows.length > 0) onRows?.(own.config, rows);
  }
}

/** What the bits of a run depend on, for manifests. */
function arithmeticOf({ adapterName }: Gpu): string {
  return `webgpu: double DQN in fused WGSL, float32, on ${adapterName}`;
}
