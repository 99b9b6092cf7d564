import type { Args } from "@std/cli/parse-args";
import { compare } from "experiments/compare.ts";
import type { Experiment } from "experiments/experiment.ts";
import { EXPERIMENTS } from "experiments/registry.ts";
import { COMPUTE_FLAGS, COMPUTE_HELP, engineFlag } from "relay/cli/compute_flags.ts";
import { choiceFlag, folderFlag, integerFlag, quoted } from "relay/cli/command.ts";
import type { Comparison } from "relay/notebook/comparison.ts";
import { ConfigError } from "relay/train/config.ts";

export const REPRODUCE_HELP = `
Trains every arm of an experiment with several seeds, then runs the experiment's notebook over the finished runs and exports it: a page with
curves, statistics, claims and the statement of what was run. Finished runs are reused; after a stop or a kill the same command goes on where it was.

Usage: deno task reproduce [experiment] [--preset NAME] [--arms a,b] [--seeds N] [--workers N] [--out DIR] [--engine NAME] [--threads N]

  experiment       super_pursuit unless given (see deno task list)
  --preset NAME    smoke (seconds), quick (under 5 minutes on 2 cores), fc (the paper's budget, fully connected network: hours),
                   paper (its convolutional network: a day or more); quick unless given
  --arms a,b       only these arms
  --seeds N        seeds 1 … N an arm; the preset's own number unless given
  --workers N      runs at a time; the number of cores unless given. The results do not depend on it
  --out DIR        folder for runs/ and reports/; the current one unless given
${COMPUTE_HELP}

Examples:
  deno task reproduce
  deno task reproduce --preset smoke
  deno task reproduce super_pursuit --preset fc --arms none,quantile,all --seeds 5
`;

/** Flags of reproduce that take text. */
export const REPRODUCE_FLAGS = ["preset", "arms", "seeds", "workers", "out", ...COMPUTE_FLAGS] as const;

/** What the command line asks for. */
export interface ReproducePlan {
  /** Name of the experiment. */
  readonly name: string;
  /** The notebook that shows it, and what it has to be told for that. */
  readonly notebook: NonNullable<Experiment["notebook"]>;
  readonly comparison: Comparison;
  readonly seeds: number;
  readonly workers: number;
  readonly runsDir: string;
  readonly reportsDir: string;
  /** Whether training may need to call a library. */
  readonly wantsBlas: boolean;
}

/** @throws {ConfigError} for what cannot be run */
export function reproducePlan(args: Args): ReproducePlan {
  const [name = "super_pursuit", extra] = args._;
  if (extra !== undefined) {
    throw new ConfigError(`Cannot read the argument ${extra}: expected one experiment`);
  }
  const experiment = choiceFlag("experiment", name, EXPERIMENTS);
  const preset = typeof args.preset === "string" ? args.preset : "quick";
  choiceFlag("preset", preset, experiment.presets);
  const seeds = integerFlag(args, "seeds", 1) ?? experiment.seeds[preset]!;
  const out = folderFlag(args, "out", ".");
  const arms = typeof args.arms === "string" ? { arms: args.arms } : {};
  return {
    name,
    notebook: experiment.notebook ?? { name, parameters: {} },
    comparison: compare(experiment, { preset, seeds, ...arms }),
    seeds,
    workers: integerFlag(args, "workers", 1) ?? navigator.hardwareConcurrency,
    runsDir: `${out}/runs`,
    reportsDir: `${out}/reports`,
    wantsBlas: ["auto", "blas"].includes(engineFlag(args)),
  };
}

/** The command that was typed. */
export function reproduceCommand(): string {
  return `deno task reproduce ${quoted(Deno.args)}`.trimEnd();
}
