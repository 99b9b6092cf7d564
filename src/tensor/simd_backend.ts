/**
 * The CPU backend of the workbench: tfjs with SIMD kernels.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { registerCopyInto } from "./copy_into.ts";
import { registerDueling } from "./dueling.ts";
import { instantiateKernels, MEMORY_PAGES } from "./kernel_exports.ts";
import { HeapBackend } from "./heap_backend.ts";
import { overrideStockKernels } from "./simd_kernels.ts";
import { registerStackedConv2d } from "./stacked_conv2d.ts";
import { registerStackedDense } from "./stacked_dense.ts";
import { registerHuberTdLoss, registerTdTarget } from "./td_loss.ts";
import { ThreadedKernels } from "./threads/threaded_kernels.ts";

/** The `simd` backend in use. */
export type SimdEngine = HeapBackend;

/** How {@link useSimd} computes; what is left out stays as it is. */
export interface SimdOptions {
  /**
   * Threads that share the networks of the stacked operations, the calling one among them; 1 at first. The bits are the
   * same for any number.
   */
  readonly threads?: number;
}

let engine: SimdEngine | undefined;
let threaded: ThreadedKernels | undefined;
let starting: Promise<SimdEngine> | undefined;

async function start(): Promise<SimdEngine> {
  const memory = new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES, shared: true });
  threaded = new ThreadedKernels(await instantiateKernels(memory), memory);
  const backend = new HeapBackend(threaded.exports, memory);
  tf.registerBackend("simd", () => backend);
  tf.copyRegisteredKernels("cpu", "simd");
  overrideStockKernels(backend);
  registerStackedDense(backend);
  registerStackedConv2d(backend);
  registerDueling(backend);
  registerTdTarget(backend);
  registerHuberTdLoss(backend);
  registerCopyInto(backend);
  return backend;
}

/**
 * Makes `simd` the backend of tfjs, starting it on the first call. Every tfjs operation works on it, the stacked
 * operations of this room only on it. Needs read permission for kernels.wasm.
 *
 * @throws {RangeError} for a number of threads that cannot be
 * @throws {Error} if a Worker does not start
 */
export async function useSimd({ threads }: SimdOptions = {}): Promise<SimdEngine> {
  starting ??= start();
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

/** Ends the Workers that {@link useSimd} started; computing goes on with the calling thread. */
export function stopThreads(): void {
  threaded?.stop();
}
