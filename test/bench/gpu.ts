/**
 * `deno task bench gpu`: whole training of many runs at once on WebGPU, in joint environment steps a second, and what that
 * means for the paper's figure. One file for a machine without network: `deno bundle test/bench/gpu.ts -o gpu.js` here,
 * `deno run -A gpu.js` there.
 * @module
 */
import { PRESETS } from "experiments/super_pursuit.ts";
import { SHARE } from "relay/share/share_config.ts";
import { type Gpu, openGpu } from "relay/tensor/webgpu/gpu_device.ts";
import { parseConfig, type TrainConfig } from "relay/train/config.ts";
import { GpuRun } from "relay/train/gpu/gpu_run.ts";
import { Lockstep } from "relay/train/gpu/lockstep.ts";
import { short } from "./table.ts";

/** One line of the table. */
export interface GpuBenchRow {
  readonly network: "fc" | "conv";
  /** Networks in the stack. */
  readonly networks: number;
  readonly runs: number;
  /** Joint steps a second over all runs; updates included, evaluations not. */
  readonly envStepsPerSecond: number;
  /** Milliseconds of one iteration of all runs: F joint steps and an update. */
  readonly iterationMs: number;
  /** Of these, milliseconds of environments, selection and sharing on the CPU. */
  readonly cpuMs: number;
  /** Seconds of one evaluation of all runs. */
  readonly evaluationSeconds: number;
  /** Seconds from nothing to the first iteration. */
  readonly startSeconds: number;
}

/** How long to measure. */
export interface GpuBenchOptions {
  readonly sliceSeconds: number;
  readonly slices: number;
  /** Runs of one line. */
  readonly runs: number;
  /** One network for all agents of a run. */
  readonly isOneNetwork?: boolean;
  /** Transitions kept a network; the paper's 120,000 unless given. */
  readonly capacity?: number;
}

/** Joint steps of the episodes here; an evaluation's time is scaled to the paper's 500. */
const EPISODE_STEPS = 25;
const PAPER = { arms: 5, seeds: 5, episodeSteps: 500, evaluations: 201, totalEnvSteps: 800_000 };
const WARM_UP_ITERATIONS = 3;

/** Measures one line: the paper's Pursuit settings, quantile sharing, learning from the first iterations on. */
export async function measureOnGpu(
  gpu: Gpu,
  network: GpuBenchRow["network"],
  { sliceSeconds, slices, runs: R, isOneNetwork = false, capacity }: GpuBenchOptions,
): Promise<GpuBenchRow> {
  const begun = performance.now();
  const configs = Array.from({ length: R }, (_, seed) => configOf(network, { seed, isOneNetwork, capacity }));
  const runs = await Promise.all(configs.map((config) => GpuRun.start(config)));
  const cpu = watchCpu(runs);
  const lockstep = await Lockstep.open(gpu, runs);
  try {
    const F = configs[0]!.rolloutEnvSteps;
    for (let i = 0; i < WARM_UP_ITERATIONS; i++) await lockstep.iterate();
    const startSeconds = (performance.now() - begun) / 1000;
    let best = { iterationMs: Infinity, cpuMs: 0 };
    for (let slice = 0; slice < slices; slice++) {
      cpu.ms = 0;
      const start = performance.now();
      let iterations = 0;
      do iterations++, await lockstep.iterate(); while (performance.now() - start < 1000 * sliceSeconds);
      const iterationMs = (performance.now() - start) / iterations;
      if (iterationMs < best.iterationMs) best = { iterationMs, cpuMs: cpu.ms / iterations };
    }
    const toEvaluation = configs[0]!.evaluation.everyEnvSteps;
    for (const run of runs) run.envSteps = toEvaluation * Math.ceil(run.envSteps / toEvaluation);
    const evaluationStart = performance.now();
    await lockstep.evaluate();
    const evaluationMs = (performance.now() - evaluationStart) * PAPER.episodeSteps / EPISODE_STEPS;
    return {
      network,
      networks: R * lockstep.P,
      runs: R,
      envStepsPerSecond: 1000 * R * F / best.iterationMs,
      ...best,
      evaluationSeconds: evaluationMs / 1000,
      startSeconds,
    };
  } finally {
    lockstep.dispose();
  }
}

/**
 * Hours of the paper's figure on Pursuit: five arms with one network an agent and five seeds as one stack of 200 networks, then the
 * five runs of the sixth arm, one network each. The stack is taken to be as fast as the measured one of 240.
 */
export function projectedHours(stack: GpuBenchRow, oneNetwork: GpuBenchRow): number {
  const secondsOf = ({ iterationMs, evaluationSeconds }: GpuBenchRow) =>
    PAPER.totalEnvSteps / PRESETS.paper.rolloutEnvSteps * iterationMs / 1000 +
    PAPER.evaluations * evaluationSeconds;
  return (secondsOf(stack) + secondsOf(oneNetwork)) / 3600;
}

/** Prints every line as it is measured, then the projection. */
export async function printGpuBench(print: (line: string) => void, isJson = false): Promise<void> {
  const gpu = await openGpu();
  try {
    print(isJson ? JSON.stringify({ adapter: gpu.adapterName, isSoftware: gpu.isSoftware }) : headOf(gpu));
    for (const network of ["fc", "conv"] as const) {
      const rows: GpuBenchRow[] = [];
      for (const line of linesOf(gpu, network)) {
        const row = await measureOnGpu(gpu, network, line);
        rows.push(row);
        print(isJson ? JSON.stringify(row) : describe(row));
      }
      const [stack, oneNetwork] = [240, PAPER.seeds].map((networks) =>
        rows.find((row) => row.networks === networks)
      );
      if (!stack || !oneNetwork) continue;
      const hours = projectedHours(stack, oneNetwork);
      print(
        isJson
          ? JSON.stringify({ network, projectedHours: hours })
          : `  the paper's figure (6 arms, 5 seeds, 800,000 joint steps, evaluations): ${short(hours)} h`,
      );
    }
  } finally {
    gpu.device.destroy();
  }
}

function linesOf({ isSoftware }: Gpu, network: GpuBenchRow["network"]): GpuBenchOptions[] {
  const pace = isSoftware ? { sliceSeconds: 1, slices: 2, capacity: 2000 } : { sliceSeconds: 3, slices: 3 };
  const lines = [
    { ...pace, runs: 1, isOneNetwork: true },
    { ...pace, runs: PAPER.seeds, isOneNetwork: true },
    ...[1, 8, 30].map((runs) => ({ ...pace, runs })),
  ];
  if (!isSoftware) return lines;
  return network === "conv" ? [lines[2]!] : [lines[0]!, lines[2]!, lines[3]!];
}

function headOf({ adapterName, isSoftware }: Gpu): string {
  const software =
    "This adapter is software, no GPU: the figures show that it works and say nothing of a GPU's " +
    "speed; small replays, large stacks left out.\n";
  return `WebGPU on ${adapterName}\n${isSoftware ? software : ""}` +
    "Whole training on Pursuit (the paper's settings, quantile sharing), joint steps/s over all runs";
}

function describe(row: GpuBenchRow): string {
  const { network, networks, runs, envStepsPerSecond, iterationMs, cpuMs, evaluationSeconds, startSeconds } =
    row;
  return `  ${network.padEnd(4)} ${String(networks).padStart(3)} networks, ${
    String(runs).padStart(2)
  } runs: ` +
    `${short(envStepsPerSecond)} steps/s; an iteration ${short(iterationMs)} ms, ${
      short(cpuMs)
    } of it CPU; ` +
    `an evaluation ${short(evaluationSeconds)} s; start ${short(startSeconds)} s`;
}

function configOf(
  network: GpuBenchRow["network"],
  { seed, isOneNetwork, capacity }: { seed: number; isOneNetwork: boolean; capacity: number | undefined },
): TrainConfig {
  const paper = network === "conv" ? PRESETS.paper : PRESETS.fc;
  return parseConfig({
    ...paper,
    preset: "bench",
    seed,
    env: { ...paper.env, options: { ...paper.env.options, max_cycles: EPISODE_STEPS } },
    learningStartsEnvSteps: 0,
    replay: { ...paper.replay, ...(capacity === undefined ? {} : { capacity }) },
    // spec/super.md §9.1: with one network for the team a batch holds 32 transitions an agent
    ...(isOneNetwork ? { batchSize: 256, share: SHARE.parameters } : { share: SHARE.quantile }),
  });
}

/** Sums up the time of the runs' own work. */
function watchCpu(runs: readonly GpuRun[]): { ms: number } {
  const cpu = { ms: 0 };
  const timed =
    <Arguments extends unknown[], Result>(work: (...given: Arguments) => Result) =>
    (...given: Arguments): Result => {
      const start = performance.now();
      const result = work(...given);
      cpu.ms += performance.now() - start;
      return result;
    };
  for (const run of runs) {
    run.step = timed(run.step.bind(run));
    run.relay = timed(run.relay.bind(run));
    run.writeFragment = timed(run.writeFragment.bind(run));
    run.drawUniforms = timed(run.drawUniforms.bind(run));
    run.endIteration = timed(run.endIteration.bind(run));
  }
  return cpu;
}

if (import.meta.main) {
  // deno-lint-ignore no-console
  await printGpuBench((line) => console.log(line), Deno.args.includes("--json"));
}
