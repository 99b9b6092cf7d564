/**
 * Where the time of one update goes.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { printLine } from "relay/cli/command.ts";
import type { KernelExports } from "relay/tensor/kernel_exports.ts";
import { type SimdEngine, simdReplay } from "relay/tensor/simd_backend.ts";
import { registerStackedConv2d } from "relay/tensor/stacked_conv2d.ts";
import { registerStackedDense } from "relay/tensor/stacked_dense.ts";
import { NETWORKS } from "./cases.ts";
import { startEngine } from "./engine.ts";
import { gemmWork, gigaflops, PEAK_SIZE } from "./gemm_peak.ts";
import { type KernelTime, KernelTimer } from "./kernel_timer.ts";
import { newLearner } from "./learner.ts";
import { medianOf } from "./pairing.ts";
import { Programs } from "./programs.ts";
import { short } from "./table.ts";

/** Updates that warm up, and that are measured. */
export interface ProfileLength {
  readonly warmUp: number;
  readonly updates: number;
}

/** One update of a network on one thread. */
export interface Profile {
  readonly network: string;
  /** Milliseconds of the fastest update, the timer's own cost included. */
  readonly ms: number;
  readonly medianMs: number;
  /** Of the fastest update, since on a busy machine others' work is in the mean; the largest share first. */
  readonly kernels: readonly KernelTime[];
}

const LENGTH: ProfileLength = { warmUp: 30, updates: 60 };

/** Prints the profile of every network's update behind the peak of matrix products, by the same kernels and by OpenBLAS. */
export async function printProfile(options: { engine: string | undefined; python: string | undefined }) {
  const peak = await ourPeak(options.engine);
  const blas = await blasPeak(options.python);
  const size = `${PEAK_SIZE} × ${PEAK_SIZE}`;
  printLine(`\nPeak of one thread, product of ${size}: our kernels ${short(peak)} GFLOP/s, ${blas}`);
  for (const network of Object.keys(NETWORKS)) {
    printLine(
      `\n${
        profileTable(
          profileUpdate(network, await startEngine({ threads: 1, engine: options.engine }), LENGTH),
          peak,
        )
      }`,
    );
  }
}

/** Measures one network's updates with a timer around every kernel. */
export function profileUpdate(
  network: string,
  backend: SimdEngine,
  { warmUp, updates }: ProfileLength,
): Profile {
  const timer = new KernelTimer(backend.kernels);
  const untimed = backend.kernels;
  const learner = newLearner(NETWORKS[network]!);
  for (let k = 0; k < warmUp; k++) learner.update();
  const { threaded } = simdReplay();
  const untimedLists = threaded.listKernels;
  useKernels(backend, timer.kernels);
  threaded.listKernels = timer.kernels;
  try {
    learner.update(); // the wrappers warm up too
    const measured = Array.from({ length: updates }, () => {
      timer.reset();
      const start = performance.now();
      learner.update();
      return { ms: performance.now() - start, kernels: timer.take(1) };
    });
    const best = measured.reduce((least, one) => one.ms < least.ms ? one : least);
    return { network, ...best, medianMs: medianOf(measured.map(({ ms }) => ms)) };
  } finally {
    useKernels(backend, untimed);
    threaded.listKernels = untimedLists;
    learner.dispose();
  }
}

/** Puts other kernels into the backend, and registers the operations anew that keep them. */
function useKernels(backend: SimdEngine, kernels: KernelExports): void {
  Reflect.set(backend, "kernels", kernels);
  const wasTest = tf.env().getBool("IS_TEST");
  tf.env().set("IS_TEST", true); // else tfjs warns of every operation that is registered twice
  registerStackedDense(backend);
  registerStackedConv2d(backend);
  tf.env().set("IS_TEST", wasTest);
}

/** A profile as a table of Markdown; `peak` in GFLOP/s. */
export function profileTable({ network, ms, medianMs, kernels }: Profile, peak: number): string {
  const inKernels = kernels.reduce((sum, kernel) => sum + kernel.ms, 0);
  const outside = { name: "outside kernels (tfjs, TypeScript)", calls: 0, ms: ms - inKernels, gflop: 0 };
  const gflop = kernels.reduce((sum, kernel) => sum + kernel.gflop, 0);
  const lines = [...kernels, outside].map((kernel) => {
    const speed = kernel.gflop > 0 ? 1000 * kernel.gflop / kernel.ms : undefined;
    const cells = [
      kernel.name,
      kernel.calls > 0 ? `${kernel.calls}` : "–",
      short(1000 * kernel.ms),
      percent(kernel.ms / ms),
      speed === undefined ? "–" : short(speed),
      speed === undefined ? "–" : percent(speed / peak),
    ];
    return `| ${cells.join(" | ")} |`;
  });
  return [
    `update, ${network}: ${short(ms)} ms at best, ${short(medianMs)} in the median; ${short(gflop)} GFLOP, ` +
    `which take ${short(1000 * gflop / peak)} ms at the peak`,
    "| kernel | calls | µs | share | GFLOP/s | of the peak |",
    "| --- | --- | --- | --- | --- | --- |",
    ...lines,
  ].join("\n");
}

async function ourPeak(engine: string | undefined): Promise<number> {
  await startEngine({ threads: 1, engine });
  const product = gemmWork(PEAK_SIZE);
  product();
  const ms = Array.from({ length: 20 }, () => {
    const start = performance.now();
    product();
    return performance.now() - start;
  });
  return gigaflops(PEAK_SIZE, Math.min(...ms));
}

async function blasPeak(python: string | undefined): Promise<string> {
  if (python === undefined) return "OpenBLAS not measured (deno task bench:peers)";
  const programs = new Programs({ python });
  try {
    const numpy = await programs.peer("numpy_gemm", 1);
    const request = { work: "gemm", threads: 1, size: PEAK_SIZE };
    const ms = [];
    for (let k = 0; k < 20; k++) ms.push((await numpy.ask(request, 1)).ms);
    return `${numpy.name} ${numpy.version} ${short(gigaflops(PEAK_SIZE, Math.min(...ms)))} GFLOP/s`;
  } finally {
    await programs.close();
  }
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
