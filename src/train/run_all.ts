import { CoreShare } from "relay/cluster/core_share.ts";
import { type JobOutcome, runInWorkers, StopFlag } from "relay/cluster/worker_pool.ts";
import type { EngineName } from "relay/tensor/engine_name.ts";
import {
  ConfigError,
  parseRunConfig,
  type RunConfig,
  runIdOf,
  type RunInput,
  type TrainConfig,
} from "relay/train/config.ts";
import { trainOnGpu } from "relay/train/gpu/train_on_gpu.ts";
import { isFinished, readManifest, readRows } from "relay/train/run_folder.ts";
import type { Manifest } from "relay/train/manifest.ts";
import type { Row } from "relay/train/row.ts";
import type { TrainJob } from "relay/train/run_worker.ts";

/** Where and how runs are spread. */
export interface RunAllOptions {
  readonly runsDir: string;
  /** Runs at a time. */
  readonly workers: number;
  /** What computes; `wasm` unless given. On `webgpu` SUPER's runs are stepped together, other algorithms' take `wasm`. */
  readonly engine?: EngineName;
  /** Threads of each run, or the cores that the runs share; these runs share all cores unless given. No bit depends on it. */
  readonly threads?: number | CoreShare;
  readonly checkpointEverySeconds?: number;
  /** Set it to end all runs cleanly. */
  readonly stop?: StopFlag;
  /** Rows as they come, finished runs' included. */
  readonly onRows?: (config: RunConfig, rows: readonly Row[]) => void;
  /** Told of each run that is finished. */
  readonly onFinished?: (config: RunConfig) => void;
}

/** A run after `runAll`. */
export interface RunResult {
  readonly config: RunConfig;
  readonly runId: string;
  readonly rows: Row[];
  /** undefined when the run was never started. */
  readonly manifest: Manifest | undefined;
  readonly isFinished: boolean;
  /** Why the run failed. */
  readonly error?: Error;
}

/**
 * Trains every config in Workers; finished runs are reused, stopped ones go on. The results do not depend on the number of Workers.
 * @throws {ConfigError} for the first config that cannot be run, before any starts; for `webgpu` where there is no GPU
 */
export async function runAll(inputs: readonly RunInput[], options: RunAllOptions): Promise<RunResult[]> {
  const configs = inputs.map(parseRunConfig);
  if (options.engine !== "webgpu") {
    const outcomes = await runOnWorkers(configs, options);
    return configs.map((config, i) => resultOf(config, options.runsDir, outcomes[i]));
  }
  const onGpu = configs.filter((config): config is TrainConfig => !("algorithm" in config));
  const others = configs.filter((config) => !onGpu.some((own) => own === config));
  const failure = await runOnGpu(onGpu, options);
  const { engine: _, ...withoutEngine } = options;
  const outcomes = await runOnWorkers(others, withoutEngine);
  return configs.map((config) => {
    const k = others.indexOf(config);
    return resultOf(config, options.runsDir, k < 0 ? failure : outcomes[k]);
  });
}

/** @returns what ended the runs on the GPU before their time */
async function runOnGpu(configs: readonly TrainConfig[], options: RunAllOptions): Promise<JobOutcome> {
  try {
    await trainOnGpu(configs, options);
    return "done";
  } catch (error) {
    if (error instanceof ConfigError || !(error instanceof Error)) throw error;
    const { name, message, stack = message } = error;
    return { name, message, stack };
  }
}

async function runOnWorkers(
  configs: readonly RunConfig[],
  options: RunAllOptions,
): Promise<(JobOutcome | undefined)[]> {
  const { runsDir, checkpointEverySeconds, engine } = options;
  const share = new CoreShare();
  const threads = options.threads ?? share;
  const jobs: TrainJob[] = configs.map((config) => ({
    config,
    options: {
      runsDir,
      ...(checkpointEverySeconds === undefined ? {} : { checkpointEverySeconds }),
      ...(engine === undefined ? {} : { engine }),
    },
    threads: typeof threads === "number" ? threads : { cores: threads.cores, buffer: threads.buffer },
  }));
  const pending = new Set(jobs.filter(({ config }) => !isFinished(config, runsDir)));
  const shareCores = () => share.runsAtWork = Math.min(options.workers, pending.size);
  shareCores();
  return await runInWorkers<TrainJob, Row[]>(jobs, {
    module: new URL("./run_worker.ts", import.meta.url),
    workers: options.workers,
    stop: options.stop ?? new StopFlag(),
    onMessage: ({ config }, rows) => options.onRows?.(config, rows),
    onEnd: (job) => {
      pending.delete(job);
      shareCores();
      if (isFinished(job.config, runsDir)) options.onFinished?.(job.config);
    },
  });
}

function resultOf(config: RunConfig, runsDir: string, outcome: JobOutcome | undefined): RunResult {
  const runId = runIdOf(config);
  const manifest = readManifest(`${runsDir}/${runId}`);
  const isComplete = isFinished(config, runsDir);
  return {
    config,
    runId,
    rows: manifest ? readRows(`${runsDir}/${runId}`) : [],
    manifest,
    isFinished: isComplete,
    ...(typeof outcome === "object" && !isComplete ? { error: errorOf(outcome) } : {}),
  };
}

/** The Worker's error as one of this thread's. */
function errorOf({ name, message, stack }: Exclude<JobOutcome, "done">): Error {
  return Object.assign(new Error(message), { name, stack });
}
