/** `deno task reproduce`: every arm and seed of an experiment, then the page. */
import type { Args } from "@std/cli/parse-args";
import type { Arm, Experiment, Preset } from "experiments/experiment.ts";
import { EXPERIMENTS } from "experiments/registry.ts";
import {
  choiceFlag,
  type Command,
  folderFlag,
  integerFlag,
  printLine,
  quoted,
  runCommand,
} from "relay/cli/command.ts";
import { onInterrupt } from "relay/cli/interrupt.ts";
import { duration, Progress, terminal } from "relay/cli/progress.ts";
import { StopFlag } from "relay/cluster/worker_pool.ts";
import { renderPage } from "relay/notebook/page/render_page.ts";
import { canonicalJson, ConfigError, parseConfig, type TrainConfig } from "relay/train/config.ts";
import { writeAtomically } from "relay/train/files.ts";
import { runAll, type RunResult } from "relay/train/run_all.ts";
import { isFinished } from "relay/train/run_folder.ts";

const HELP = `
Trains every arm of an experiment with several seeds and leaves a page with curves, statistics and the statement of what was run.
Finished runs are reused; after a stop or a kill the same command goes on where it was.

Usage: deno task reproduce [experiment] [--preset NAME] [--arms a,b] [--seeds N] [--workers N] [--out DIR]

  experiment       super_pursuit unless given (see deno task list)
  --preset NAME    smoke (seconds), quick (under 5 minutes on 2 cores), fc (the paper's budget, fully connected network: hours),
                   paper (its convolutional network: a day or more); quick unless given
  --arms a,b       only these arms
  --seeds N        seeds 1 … N an arm; the preset's own number unless given
  --workers N      runs at a time; the number of cores unless given. The results do not depend on it
  --out DIR        folder for runs/ and reports/; the current one unless given

Examples:
  deno task reproduce
  deno task reproduce --preset smoke
  deno task reproduce super_pursuit --preset fc --arms none,quantile,all --seeds 5
`;

const command: Command = { help: HELP, string: ["preset", "arms", "seeds", "workers", "out"], run };

interface Plan {
  readonly experiment: Experiment;
  readonly preset: string;
  readonly arms: readonly Arm[];
  readonly seeds: number;
  readonly workers: number;
  readonly out: string;
}

async function run(args: Args): Promise<number> {
  const plan = planOf(args);
  const { experiment, preset, arms, seeds, workers, out } = plan;
  const configs = arms.flatMap(({ share }) =>
    Array.from(
      { length: seeds },
      (_, k) => parseConfig({ ...experiment.presets[preset], share, seed: k + 1 }),
    )
  );
  const runsDir = `${out}/runs`;
  const reused = configs.filter((config) => isFinished(config, runsDir)).length;
  printLine(`${experiment.title}: preset ${preset}`);
  printLine(
    `${configs.length} runs (${
      arms.map(({ name }) => name).join(", ")
    }; ${seeds} seeds each), ${workers} at a time` +
      (reused > 0 ? `; ${reused} are finished already and are reused` : ""),
  );
  const startedAt = performance.now();
  const results = await runWithProgress(configs, plan, runsDir);
  const failed = results.find(({ error }) => error !== undefined);
  if (failed) {
    printLine(`Run ${failed.runId} failed; the others are kept.`);
    throw failed.error;
  }
  if (!results.every((result) => result.isFinished)) {
    printLine("Stopped; everything is kept. The same command goes on from here:");
    printLine(`  deno task reproduce ${quoted(Deno.args)}`.trimEnd());
    return 130;
  }
  const page = await writePage(results, plan);
  printLine(`Done in ${duration((performance.now() - startedAt) / 1000)}. The page: ${page}`);
  return 0;
}

function planOf(args: Args): Plan {
  const [name = "super_pursuit", extra] = args._;
  if (extra !== undefined) {
    throw new ConfigError(`Cannot read the argument ${extra}: expected one experiment`);
  }
  const experiment = choiceFlag("experiment", name, EXPERIMENTS);
  const preset = typeof args.preset === "string" ? args.preset : "quick";
  choiceFlag("preset", preset, experiment.presets);
  const byName = Object.fromEntries(experiment.arms.map((arm) => [arm.name, arm]));
  const names = typeof args.arms === "string" ? new Set(args.arms.split(",")) : Object.keys(byName);
  return {
    experiment,
    preset,
    arms: Array.from(names, (arm) => choiceFlag("arm", arm, byName)),
    seeds: integerFlag(args, "seeds", 1) ?? experiment.seeds[preset]!,
    workers: integerFlag(args, "workers", 1) ?? navigator.hardwareConcurrency,
    out: folderFlag(args, "out", "."),
  };
}

async function runWithProgress(
  configs: readonly TrainConfig[],
  plan: Plan,
  runsDir: string,
): Promise<RunResult[]> {
  const nameOf = armNames(plan.arms);
  const progress = new Progress(configs.length, {
    ...terminal(),
    label: (config) => `${nameOf(config)} seed ${config.seed}`,
  });
  const stop = new StopFlag();
  const endOfInterrupts = onInterrupt(() => stop.set());
  const results = await runAll(configs, {
    runsDir,
    workers: plan.workers,
    stop,
    onRows: (config, rows) => progress.update(config, rows),
    onFinished: (config) => progress.finish(config),
  });
  progress.end();
  endOfInterrupts();
  return results;
}

async function writePage(results: readonly RunResult[], plan: Plan): Promise<string> {
  const { experiment, preset, arms, out } = plan;
  const nameOf = armNames(arms);
  const html = await renderPage({
    title: experiment.title,
    preset,
    runs: results.map(({ runId, rows, config, manifest }) => ({
      runId,
      arm: nameOf(config),
      seed: config.seed,
      rows,
      manifest: { ...manifest },
    })),
    arms: arms.map(({ name, label, description, share }) => ({
      name,
      label,
      description,
      targetBandwidth: "bandwidth" in share ? share.bandwidth : share.kind === "all" ? 1 : null,
    })),
    claims: (experiment.claims[preset] ?? []).filter((claim) => isAbout(claim, arms)),
    notes: experiment.notes[preset] ?? [],
    command: `deno task reproduce ${quoted(Deno.args)}`.trimEnd(),
    config: settingsOf(experiment.presets[preset]!),
    paperConfig: settingsOf(experiment.presets.paper!),
  });
  const path = `${out}/reports/${experiment.name}_${preset}.html`;
  Deno.mkdirSync(`${out}/reports`, { recursive: true });
  writeAtomically(path, html);
  return path;
}

/** The name of the arm that a run belongs to, by its way of sharing. */
function armNames(arms: readonly Arm[]): (config: TrainConfig) => string {
  const byShare = new Map(arms.map(({ name, share }) => [canonicalJson(share), name]));
  return ({ share }) => byShare.get(canonicalJson(share))!;
}

/** What all arms have in common. */
function settingsOf({ preset: _, share: __, ...settings }: Preset): Record<string, unknown> {
  return settings;
}

/** Whether all arms that a claim compares were run. */
function isAbout(claim: object, arms: readonly Arm[]): boolean {
  const named = Object.entries(claim).filter(([key]) => key === "arm" || key === "baseline").map(([, name]) =>
    name
  );
  return named.every((name) => arms.some((arm) => arm.name === name));
}

if (import.meta.main) await runCommand(command);
