/** `deno task record`: the finished runs of an experiment as one small file that notebooks show at once. */
import type { Args } from "@std/cli/parse-args";
import { dirname } from "node:path";
import { compare } from "experiments/compare.ts";
import type { Experiment } from "experiments/experiment.ts";
import { EXPERIMENTS } from "experiments/registry.ts";
import {
  choiceFlag,
  type Command,
  folderFlag,
  integerFlag,
  onlyChoice,
  printLine,
  runCommand,
} from "relay/cli/command.ts";
import type { Comparison } from "relay/notebook/comparison.ts";
import { bytes, counted, listed } from "relay/notebook/format.ts";
import { recordingPath } from "relay/notebook/recorded.ts";
import { ConfigError, configHash, runIdOf } from "relay/train/config.ts";
import { readIfThere, writeAtomically } from "relay/train/files.ts";
import {
  decodeRecording,
  encodeRecording,
  LEFT_OUT,
  type RecordedRun,
  recordedRun,
  requireIdentity,
} from "relay/train/recording.ts";
import { finishedRows, isFinished, readManifest } from "relay/train/run_folder.ts";

const HELP = `
Records the finished runs of an experiment, manifests and rows, in one small file, experiments/recorded/EXPERIMENT/PRESET.json.gz: notebooks
show them without training, and draw a reader's own runs over them. Runs that were recorded before stay, those of the same id are replaced.
The same runs give the same bytes.

Usage: deno task record EXPERIMENT [--preset NAME] [--arms a,b] [--seeds N] [--runs DIR] [--out DIR]

  EXPERIMENT       see deno task list
  --preset NAME    quick unless given
  --arms a,b       only these arms; those that the preset runs by itself unless given
  --seeds N        seeds 1 … N an arm; the preset's own number unless given
  --runs DIR       folder of the runs; runs unless given
  --out DIR        folder of the recordings; experiments/recorded unless given

Examples:
  deno task record super_pursuit
  deno task record super_pursuit --preset fc --seeds 5
  deno task record super_battle --preset fc --arms none,quantile --runs /mnt/runs
`;

const command: Command = { help: HELP, string: ["preset", "arms", "seeds", "runs", "out"], run };

async function run(args: Args): Promise<number> {
  const [name, experiment] = onlyChoice(args, ["record", "experiment"], EXPERIMENTS);
  const preset = typeof args.preset === "string" ? args.preset : "quick";
  choiceFlag("preset", preset, experiment.presets);
  const comparison = compare(experiment, {
    preset,
    seeds: integerFlag(args, "seeds", 1) ?? 0,
    ...(typeof args.arms === "string" ? { arms: args.arms } : {}),
  });
  const runsDir = folderFlag(args, "runs", "runs");
  const path = `${folderFlag(args, "out", "experiments/recorded")}/${recordingPath(name, preset)}`;
  const found = finishedRuns(comparison, runsDir);
  const { kept, dropped } = await recordedBefore(path, { experiment, preset, found });
  const runs = inOrder([...found, ...kept], experiment);
  const file = await encodeRecording({ experiment: name, preset, runs });
  Deno.mkdirSync(dirname(path), { recursive: true });
  writeAtomically(path, file);
  const without = dropped.length === 0
    ? []
    : [`not kept, for no arm has their settings any more: ${listed(dropped)}`];
  const before = kept.length === 0 ? [] : [`${kept.length} of them recorded before`];
  printLine(
    [`Recorded ${counted(runs.length, "run")} in ${path}`, ...before, ...without, bytes(file.length)].join(
      "; ",
    ),
  );
  printLine(`All that they report but ${listed(LEFT_OUT)}.`);
  return 0;
}

/** @throws {ConfigError} when there is none */
function finishedRuns({ runs, arms }: Comparison, runsDir: string): RecordedRun[] {
  const isHere = runs.map(({ config }) => isFinished(config, runsDir));
  const seedsMissing = arms.flatMap(({ name }) => {
    const seeds = runs.filter(({ arm }, i) => arm === name && !isHere[i]).map(({ config }) => config.seed);
    return seeds.length === 0
      ? []
      : [`${name} (${seeds.length === 1 ? "seed" : "seeds"} ${listed(seeds.map(String))})`];
  });
  if (!isHere.includes(true)) {
    const [first] = runs;
    throw new ConfigError(
      `Cannot record: none of ${counted(runs.length, "run")} is finished in ${runsDir}, expected ${runsDir}/${
        runIdOf(first!.config)
      } and others; deno task reproduce trains them`,
    );
  }
  if (seedsMissing.length > 0) printLine(`Not finished in ${runsDir}: ${seedsMissing.join("; ")}`);
  return runs.filter((_, i) => isHere[i]).map(({ arm, config }) =>
    recordedRun(arm, readManifest(`${runsDir}/${runIdOf(config)}`)!, finishedRows(config, runsDir))
  );
}

/** What else the file holds. */
async function recordedBefore(
  path: string,
  { experiment, preset, found }: {
    readonly experiment: Experiment;
    readonly preset: string;
    readonly found: readonly RecordedRun[];
  },
): Promise<{ kept: RecordedRun[]; dropped: string[] }> {
  const file = readIfThere(path);
  if (!file) return { kept: [], dropped: [] };
  const names = experiment.arms.map(({ name }) => name);
  const { runs } = compare(experiment, { preset, arms: names, seeds: 1 });
  const alike = Map.groupBy(runs, ({ config }) => configHash(config));
  const isNew = new Set(found.map(({ manifest }) => manifest.runId));
  const others = (await decodeRecording(file, path)).runs.filter(({ manifest }) =>
    !isNew.has(manifest.runId)
  );
  const kept = others.flatMap((other) => {
    const arms = alike.get(settingsOf(other) ?? "")?.map(({ arm }) => arm) ?? [];
    const arm = arms.includes(other.arm) ? other.arm : arms[0];
    return arm === undefined ? [] : [{ ...other, arm }];
  });
  const keptIds = new Set(kept.map(({ manifest }) => manifest.runId));
  return {
    kept,
    dropped: others.map(({ manifest }) => manifest.runId).filter((runId) => !keptIds.has(runId)),
  };
}

function settingsOf(run: RecordedRun): string | undefined {
  try {
    return requireIdentity(run);
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

/** By arm as the experiment has them, then by seed. */
function inOrder(runs: readonly RecordedRun[], { arms }: Experiment): RecordedRun[] {
  const place = new Map(arms.map(({ name }, i) => [name, i]));
  return runs.toSorted((a, b) =>
    place.get(a.arm)! - place.get(b.arm)! || a.manifest.config.seed - b.manifest.config.seed
  );
}

if (import.meta.main) await runCommand(command);
