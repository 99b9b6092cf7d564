/**
 * The CPU backend of the workbench: tfjs with SIMD kernels.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { registerCopyInto } from "./copy_into.ts";
import { registerDueling } from "./dueling.ts";
import { chooseEngine, type EngineChoice } from "./engine_choice.ts";
import { engineKernels } from "./engine_kernels.ts";
import { DEFAULT_ENGINE, type EngineName } from "./engine_name.ts";
import { MEMORY_PAGES } from "./kernel_exports.ts";
import { HeapBackend } from "./heap_backend.ts";
import { overrideStockKernels } from "./simd_kernels.ts";
import { registerStackedConv2d } from "./stacked_conv2d.ts";
import { registerStackedDense } from "./stacked_dense.ts";
import { registerStackedPool2d } from "./stacked_pool2d.ts";
import { registerHuberTdLoss, registerTdTarget } from "./td_loss.ts";
import { spawnThread, ThreadedKernels } from "./threads/threaded_kernels.ts";
import type { ThreadTask } from "./threads/thread_worker.ts";

/** The `simd` backend in use. */
export type SimdEngine = HeapBackend;

/** How {@link useSimd} computes; what is left out stays as it is. */
export interface SimdOptions {
  /**
   * What computes; `wasm` at first. Once started, it stays: the bits of everything computed so far depend on it.
   */
  readonly engine?: EngineName;
  /**
   * Threads that share the networks of the stacked operations, the calling one among them; 1 at first. The bits are the
   * same for any number.
   */
  readonly threads?: number;
}

/** What computes at present. */
export interface EngineInUse extends EngineChoice {
  readonly threads: number;
}

let engine: SimdEngine | undefined;
let choice: EngineChoice | undefined;
let threaded: ThreadedKernels | undefined;
let starting: Promise<SimdEngine> | undefined;

async function start({ engine }: EngineChoice): Promise<SimdEngine> {
  const memory = new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES, shared: true });
  const spawn = (task: ThreadTask) => spawnThread({ ...task, engine });
  threaded = new ThreadedKernels(await engineKernels(engine, memory), memory, spawn);
  const backend = new HeapBackend(threaded.exports, memory);
  tf.registerBackend("simd", () => backend);
  tf.copyRegisteredKernels("cpu", "simd");
  overrideStockKernels(backend);
  registerStackedDense(backend);
  registerStackedConv2d(backend);
  registerStackedPool2d(backend);
  registerDueling(backend);
  registerTdTarget(backend);
  registerHuberTdLoss(backend);
  registerCopyInto(backend);
  return backend;
}

/**
 * Makes `simd` the backend of tfjs, starting it on the first call. Every tfjs operation works on it, the stacked
 * operations of this room only on it. Needs read permission for the kernels' .wasm file.
 *
 * @throws {RangeError} for an engine or a number of threads that cannot be
 * @throws {Error} for another engine than the one that is started; if a Worker does not start
 */
export async function useSimd({ engine: wanted, threads }: SimdOptions = {}): Promise<SimdEngine> {
  const asked = wanted === undefined ? choice : chooseEngine(wanted);
  choice ??= asked ?? chooseEngine(DEFAULT_ENGINE);
  if (asked && asked.engine !== choice.engine) {
    throw new Error(
      `Cannot change the engine to ${wanted}: this thread has been started with ${choice.engine}, and its tensors ` +
        `stay with it; expected the same engine, or a process or Worker of its own`,
    );
  }
  starting ??= start(choice);
  engine = await starting;
  if (threads !== undefined) await threaded!.setThreads(threads);
  await tf.setBackend("simd");
  return engine;
}

/**
 * The engine that {@link useSimd} started.
 * @throws {Error} before that
 */
export function simdEngine(): SimdEngine {
  if (!engine) {
    throw new Error(
      "Cannot use stacked tensors: the simd backend is not started, expected `await useSimd()`",
    );
  }
  return engine;
}

/** The engine in whose memory values lie, if they lie in one. */
export function heapOf(values: ArrayBufferView): SimdEngine | undefined {
  return engine?.buffer === values.buffer ? engine : undefined;
}

/** What replays recorded kernel calls. */
export interface SimdReplay {
  readonly backend: HeapBackend;
  readonly threaded: ThreadedKernels;
}

/**
 * Of the engine that {@link useSimd} started.
 * @throws {Error} before that
 */
export function simdReplay(): SimdReplay {
  return { backend: simdEngine(), threaded: threaded! };
}

/**
 * What {@link useSimd} started.
 * @throws {Error} before that
 */
export function engineInUse(): EngineInUse {
  simdEngine();
  return { ...choice!, threads: threaded!.threads };
}

/** Ends the Workers that {@link useSimd} started; computing goes on with the calling thread. */
export function stopThreads(): void {
  threaded?.stop();
}
