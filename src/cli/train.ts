/** `deno task train`: one run; the same command again goes on with it, or says that it is finished. */
import type { Args } from "@std/cli/parse-args";
import { PRESETS } from "experiments/super_pursuit.ts";
import { actorCriticConfig } from "relay/cli/actor_critic_options.ts";
import {
  choiceFlag,
  type Command,
  folderFlag,
  integerFlag,
  printLine,
  runCommand,
} from "relay/cli/command.ts";
import { type Compute, COMPUTE_FLAGS, COMPUTE_HELP, computeOf } from "relay/cli/compute_flags.ts";
import {
  ORIGINAL_BOOLEAN_OPTIONS,
  ORIGINAL_STRING_OPTIONS,
  originalOverrides,
  usesOriginalOptions,
} from "relay/cli/original_options.ts";
import { type Json, withOverrides } from "relay/cli/overrides.ts";
import { onInterrupt } from "relay/cli/interrupt.ts";
import { duration, Progress, terminal } from "relay/cli/progress.ts";
import { StopFlag } from "relay/cluster/worker_pool.ts";
import { ConfigError, parseRunConfig, type RunConfig, runIdOf } from "relay/train/config.ts";
import { finishedRows, isFinished, readManifest } from "relay/train/run_folder.ts";
import type { Row } from "relay/train/row.ts";
import { runAll } from "relay/train/run_all.ts";
import { train } from "relay/train/train.ts";

const HELP = `
Trains one run and keeps it in a folder of its own. The same command again goes on where the run was stopped, or says that it is finished.

Usage: deno task train [--preset smoke|quick|fc|paper] [--set key=value]... [--seed N] [--out DIR] [--engine NAME] [--threads N]

  --preset NAME     whole set of settings to begin with; quick unless given
                      smoke   seconds: shows that everything runs
                      quick   minutes: a small board and a small budget
                      fc      the paper's budget of 800,000 steps, its fully connected network
                      paper   the same with its convolutional network
  --algorithm NAME  an actor-critic in SUPER's place, presets smoke, quick and fc: seac (shared experience), iac (independent), snac (one
                    network for all); --env pursuit, battle or adversarial_pursuit says where, with stored opponents by
                    --battle_advpursuit_against_pretrained, else both teams learn
  --set key=value   changes one setting; may be repeated. share.kind=K brings K's other settings along
  --seed N          root of every random number; 1 unless given
  --out DIR         folder of the run folders; runs unless given
${COMPUTE_HELP}
  --checkpoint-every SECONDS   time between two checkpoints; 30 unless given
  --print-config    prints the whole config and ends

The option names of the authors' main.py are understood too, on top of the paper preset: --suPER --suPER_bandwidth --suPER_mode
--suPER_window --env --team_sharing --parameter_sharing --fully_connected --num_timesteps --lr and others. There are two kinds of defaults:
ours stand in the presets (quantile, bandwidth 0.1); the authors' command line has gaussian and bandwidth 0.01, and these hold as soon as one
of its options is given. Options of it that only direct its cluster or its logging, or that its own code ignores, change nothing here.

Examples:
  deno task train --preset smoke
  deno task train --preset quick --set share.kind=quantile --set share.bandwidth=0.2 --seed 3
  deno task train --preset fc --set learningRate=5e-4 --out runs/lr --engine blas
  deno task train --algorithm seac --preset quick --set sharingCoefficient=0.5
  deno task train --algorithm seac --env battle --battle_advpursuit_against_pretrained --num_timesteps 6000
  deno task train --suPER=True --suPER_bandwidth=0.1 --suPER_mode=quantile --env=pursuit --seed=1
`;

const command: Command = {
  help: HELP,
  string: [
    "preset",
    "algorithm",
    "set",
    "seed",
    "out",
    "checkpoint-every",
    ...COMPUTE_FLAGS,
    ...ORIGINAL_STRING_OPTIONS,
  ],
  boolean: ["print-config", ...ORIGINAL_BOOLEAN_OPTIONS],
  collect: ["set"],
  run,
};

async function run(args: Args): Promise<number> {
  if (args._.length > 0) {
    throw new ConfigError(`Cannot read the argument ${args._[0]}: expected options only`);
  }
  const config = configOf(args);
  const runsDir = folderFlag(args, "out", "runs");
  const path = `${runsDir}/${runIdOf(config)}`;
  if (args["print-config"]) {
    printLine(JSON.stringify(config, null, 2));
    return 0;
  }
  const compute = await computeOf(args);
  if ("algorithm" in config && compute.engine === "webgpu") {
    throw new ConfigError(
      `Cannot train ${config.algorithm} on webgpu: expected --engine wasm, wasm-strict, blas or auto`,
    );
  }
  if (isFinished(config, runsDir)) {
    finishedRows(config, runsDir);
    printLine(`${path} (${readManifest(path)!.engine}) is finished; nothing to do`);
    return 0;
  }
  const isResumed = readManifest(path) !== undefined;
  printLine(`${isResumed ? "Going on with" : "Training"} ${path}`);
  printLine(compute.line);
  return await trainWithProgress(config, {
    runsDir,
    path,
    compute,
    seconds: integerFlag(args, "checkpoint-every", 0),
  });
}

function configOf(args: Args): RunConfig {
  const seed = integerFlag(args, "seed", 0) ?? 1;
  if (args.algorithm !== undefined) return actorCriticConfig(args, seed);
  const original = usesOriginalOptions(args) ? originalOverrides(args) : undefined;
  const name = typeof args.preset === "string" ? args.preset : original?.preset ?? "quick";
  const preset = choiceFlag("preset", name, PRESETS);
  const assignments = [...(original?.assignments ?? []), ...(args.set as string[])];
  return parseRunConfig(withOverrides({ ...preset, seed } as unknown as Json, assignments));
}

async function trainWithProgress(config: RunConfig, options: {
  runsDir: string;
  path: string;
  compute: Compute;
  seconds: number | undefined;
}): Promise<number> {
  const progress = new Progress(1, {
    ...terminal(),
    label: (run) => `${"algorithm" in run ? run.algorithm : run.share.kind} seed ${run.seed}`,
  });
  const stop = new StopFlag();
  const endOfInterrupts = onInterrupt(() => stop.set());
  let last = { elapsedMs: 0, envSteps: 0 };
  const onRows = (rows: readonly Row[]) => {
    progress.update(config, rows);
    last = rows.at(-1) ?? last;
  };
  if (options.compute.engine === "webgpu") await trainOnGpu(config, { ...options, stop, onRows });
  else await trainHere(config, { ...options, stop, onRows });
  if (isFinished(config, options.runsDir)) progress.finish(config);
  progress.end();
  endOfInterrupts();
  if (!isFinished(config, options.runsDir)) {
    printLine(
      `Stopped after ${last.envSteps} joint steps; everything is kept. The same command goes on from here.`,
    );
    return 130;
  }
  printLine(`Finished in ${duration(last.elapsedMs / 1000)}: ${options.path}`);
  return 0;
}

interface Training {
  readonly runsDir: string;
  readonly compute: Compute;
  readonly seconds: number | undefined;
  readonly stop: StopFlag;
  readonly onRows: (rows: readonly Row[]) => void;
}

async function trainOnGpu(config: RunConfig, { runsDir, seconds, stop, onRows }: Training): Promise<void> {
  const [result] = await runAll([config], {
    runsDir,
    workers: 1,
    stop,
    engine: "webgpu",
    ...(seconds === undefined ? {} : { checkpointEverySeconds: seconds }),
    onRows: (_, rows) => onRows(rows),
  });
  if (result!.error) throw result!.error;
}

/** Trains in this thread: in a Worker of its own a run is about a tenth slower. */
async function trainHere(config: RunConfig, training: Training): Promise<void> {
  const { runsDir, compute: { engine, threads }, seconds, stop, onRows } = training;
  const rows = train(config, {
    runsDir,
    engine,
    shouldStop: () => stop.isSet,
    ...(threads === undefined ? {} : { threads }),
    ...(seconds === undefined ? {} : { checkpointEverySeconds: seconds }),
  });
  for await (const row of rows) onRows([row]);
}

if (import.meta.main) await runCommand(command);
