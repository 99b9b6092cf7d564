/**
 * The option names of the authors' `main.py`, so that the lines of their list of experiments run unchanged. Their command line
 * has defaults of its own (gaussian, β = 0.01) that differ from their library's and from our presets' (quantile, β = 0.1): they apply
 * as soon as one of these options is given (spec/super.md §8).
 * @module
 */
import type { Args } from "@std/cli/parse-args";
import { choiceFlag } from "relay/cli/command.ts";
import { type OriginalEnvironment, originalEnvironment } from "relay/cli/original_environments.ts";
import { ConfigError } from "relay/train/config.ts";

/** Text options of the original that are understood. */
export const ORIGINAL_STRING_OPTIONS = [
  "suPER",
  "suPER_bandwidth",
  "suPER_mode",
  "suPER_window",
  "suPER_insertion_method",
  "suPER_td_error_method",
  "suPER_broadcast_heuristic",
  "team_sharing",
  "parameter_sharing",
  "fully_connected",
  "env",
  "batch_size",
  "train_batch_size",
  "rollout_fragment_length",
  "num_timesteps",
  "lr",
  "buffer_size",
  "env_pursuit_num_agents",
  "env_pursuit_n_evaders",
  "env_pursuit_shared_reward",
  "exploration_initial_epsilon",
  "exploration_final_epsilon",
  "horizon",
  "experiment_group",
  "experiment_project",
] as const;

/** Options of the original without a value. */
export const ORIGINAL_BOOLEAN_OPTIONS = [
  "ray_plain_init",
  "ray_local_mode",
  "battle_advpursuit_against_pretrained",
] as const;

/** Whether the command line speaks the original's language. */
export function usesOriginalOptions(args: Args): boolean {
  return ORIGINAL_STRING_OPTIONS.some((name) => args[name] !== undefined);
}

/** A preset and what is changed of it. */
export interface OriginalOverrides {
  readonly preset: "paper" | "fc";
  readonly assignments: readonly string[];
}

/**
 * The original's options as assignments to the `paper` (or, with `--fully_connected`, `fc`) preset.
 * @throws {ConfigError} for what they cannot mean, and for MADDPG and QMIX, which are not here yet
 */
export function originalOverrides(args: Args): OriginalOverrides {
  const text = (name: typeof ORIGINAL_STRING_OPTIONS[number]) => args[name] as string | undefined;
  const isTrue = (name: typeof ORIGINAL_STRING_OPTIONS[number], byDefault: boolean) =>
    choiceFlag(name, (text(name) ?? String(byDefault)).toLowerCase(), { true: true, false: false });
  const environment = originalEnvironment(envOf(args));
  const assignments = [
    ...environment.assignments,
    ...opponents(environment, args.battle_advpursuit_against_pretrained === true),
    ...schedule(environment, args),
  ];

  const isParameters = isTrue("parameter_sharing", false);
  if (isParameters) {
    assignments.push("share.kind=parameters");
    if (environment.game) assignments.push(`share.team=${environment.game.team}`);
  } else if (!isTrue("suPER", true)) {
    assignments.push("share.kind=none");
  } else {
    assignments.push(...sharing(text("suPER_mode") ?? "gaussian", Number(text("suPER_bandwidth") ?? 0.01), {
      windowSize: text("suPER_window"),
      team: text("team_sharing"),
    }));
  }
  if (isParameters || text("train_batch_size") !== undefined || text("batch_size") !== undefined) {
    assignments.push(`batchSize=${batchSize(environment, { isParameters, args })}`);
  }

  const rename: readonly (readonly [typeof ORIGINAL_STRING_OPTIONS[number], string])[] = [
    ["lr", "learningRate"],
    ["exploration_initial_epsilon", "epsilon.start"],
    ["exploration_final_epsilon", "epsilon.end"],
    ["env_pursuit_num_agents", "env.options.n_pursuers"],
    ["env_pursuit_n_evaders", "env.options.n_evaders"],
    ["horizon", "env.options.max_cycles"],
  ];
  for (const [original, key] of rename) {
    if (text(original) !== undefined) assignments.push(`${key}=${text(original)}`);
  }
  if (text("env_pursuit_shared_reward") !== undefined) {
    assignments.push(`env.options.shared_reward=${text("env_pursuit_shared_reward") !== "0"}`);
  }
  return { preset: isTrue("fully_connected", false) ? "fc" : "paper", assignments };
}

function envOf(args: Args): string {
  return args.env as string | undefined ?? "pursuit";
}

/** The other team, where there is one: the policies that were trained for it, or learners of their own without sharing (§9.1). */
function opponents({ game }: OriginalEnvironment, arePretrained: boolean): string[] {
  if (!game) return [];
  const { opponents: team, policies } = game;
  return [`opponents=${JSON.stringify(arePretrained ? { team, policies } : { team })}`];
}

/** Budget and grids, where asked for. The original evaluates at the first update past a multiple; our grids are multiples of the fragment. */
function schedule(environment: OriginalEnvironment, args: Args): string[] {
  const fragment = (args.rollout_fragment_length ?? args.batch_size) as string | undefined;
  const total = args.num_timesteps as string | undefined;
  if (fragment === undefined) return total === undefined ? [] : [`totalEnvSteps=${total}`];
  const F = Number(fragment);
  const roundedUp = (steps: number) => Math.ceil(steps / F) * F;
  return [
    `rolloutEnvSteps=${F}`,
    `totalEnvSteps=${roundedUp(Number(total ?? environment.totalEnvSteps))}`,
    `reportEveryEnvSteps=${roundedUp(environment.evaluationEveryEnvSteps)}`,
    `evaluation.everyEnvSteps=${roundedUp(environment.evaluationEveryEnvSteps)}`,
  ];
}

/**
 * B of one network. The original's `train_batch_size` counts over all policies and is 32 an agent: each of P policies, of which one is the
 * whole team's with parameter sharing, draws ⌈size / P⌉ (spec/super.md §3, §9.1).
 */
function batchSize(
  { agents, opponents }: OriginalEnvironment,
  { isParameters, args }: { isParameters: boolean; args: Args },
): number {
  const N = Number(args.env_pursuit_num_agents ?? agents);
  const policies = isParameters ? 1 + opponents : N;
  return Math.ceil(Number(args.train_batch_size ?? args.batch_size ?? 32 * N) / policies);
}

function sharing(mode: string, bandwidth: number, options: {
  windowSize: string | undefined;
  team: string | undefined;
}): string[] {
  const team = options.team ? [`share.team=${options.team}`] : [];
  // share-all: at bandwidth 1 the default mode's threshold is −∞, so everything is sent
  if (mode === "gaussian" && bandwidth === 1) return ["share.kind=all", ...team];
  if (!["quantile", "gaussian", "stochastic"].includes(mode)) {
    throw new ConfigError(`Cannot share by --suPER_mode=${mode}: expected quantile, gaussian or stochastic`);
  }
  return [
    `share.kind=${mode}`,
    `share.bandwidth=${bandwidth}`,
    ...(options.windowSize === undefined ? [] : [`share.windowSize=${options.windowSize}`]),
    ...team,
  ];
}
