/**
 * The training half of `deno task reproduce`, a process of its own that may read, write and ask git, and nothing else: the
 * notebook's kernel, which may do everything, never runs beside it.
 * @module
 */
import type { Args } from "@std/cli/parse-args";
import { type Command, printLine, runCommand } from "relay/cli/command.ts";
import { type Compute, computeOf } from "relay/cli/compute_flags.ts";
import { onInterrupt } from "relay/cli/interrupt.ts";
import { duration, Progress, terminal } from "relay/cli/progress.ts";
import {
  REPRODUCE_FLAGS,
  REPRODUCE_HELP,
  reproduceCommand,
  type ReproducePlan,
  reproducePlan,
} from "relay/cli/reproduce_plan.ts";
import { StopFlag } from "relay/cluster/worker_pool.ts";
import { runIdOf } from "relay/train/config.ts";
import { runAll, type RunResult } from "relay/train/run_all.ts";
import { isFinished } from "relay/train/run_folder.ts";

const command: Command = { help: REPRODUCE_HELP, string: REPRODUCE_FLAGS, run };

async function run(args: Args): Promise<number> {
  const plan = reproducePlan(args);
  const compute = await computeOf(args);
  const { comparison: { title, preset, arms, runs }, seeds, workers, runsDir } = plan;
  const reused = runs.filter(({ config }) => isFinished(config, runsDir)).length;
  printLine(`${title}: preset ${preset}`);
  printLine(
    `${runs.length} runs (${
      arms.map(({ name }) => name).join(", ")
    }; ${seeds} seeds each), ${workers} at a time` +
      (reused > 0 ? `; ${reused} are finished already and are reused` : ""),
  );
  if (reused < runs.length) printLine(compute.line);
  const startedAt = performance.now();
  const results = await trainWithProgress(plan, compute);
  const failed = results.find(({ error }) => error !== undefined);
  if (failed) {
    printLine(`Run ${failed.runId} failed; the others are kept.`);
    throw failed.error;
  }
  if (!results.every((result) => result.isFinished)) {
    printLine("Stopped; everything is kept. The same command goes on from here:");
    printLine(`  ${reproduceCommand()}`);
    return 130;
  }
  printLine(`Trained in ${duration((performance.now() - startedAt) / 1000)}.`);
  return 0;
}

async function trainWithProgress(
  { comparison, workers, runsDir }: ReproducePlan,
  { engine, threads }: Compute,
): Promise<RunResult[]> {
  const armOf = new Map(comparison.runs.map(({ arm, config }) => [runIdOf(config), arm]));
  const progress = new Progress(comparison.runs.length, {
    ...terminal(),
    label: (config) => `${armOf.get(runIdOf(config))} seed ${config.seed}`,
  });
  const stop = new StopFlag();
  const endOfInterrupts = onInterrupt(() => stop.set());
  stopWithParent(stop);
  const results = await runAll(comparison.runs.map(({ config }) => config), {
    runsDir,
    workers,
    engine,
    ...(threads === undefined ? {} : { threads }),
    stop,
    onRows: (config, rows) => progress.update(config, rows),
    onFinished: (config) => progress.finish(config),
  });
  progress.end();
  endOfInterrupts();
  return results;
}

/** The parent holds our standard input open for as long as it lives: its end means that nobody waits for us any more. */
async function stopWithParent(stop: StopFlag): Promise<void> {
  const nothing = new Uint8Array(1);
  while (await Deno.stdin.read(nothing) !== null);
  stop.set();
}

if (import.meta.main) await runCommand(command);
