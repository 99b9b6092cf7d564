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

/** The `simd` backend in use. */
export type SimdEngine = HeapBackend;

let engine: SimdEngine | undefined;
let starting: Promise<SimdEngine> | undefined;

async function start(): Promise<SimdEngine> {
  const memory = new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES, shared: true });
  const backend = new HeapBackend(await instantiateKernels(memory), memory);
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
 */
export async function useSimd(): Promise<SimdEngine> {
  starting ??= start();
  engine = await starting;
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
