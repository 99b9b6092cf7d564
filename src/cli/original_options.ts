/**
 * The option names of the authors' `main.py`, so that a Pursuit line of their list of experiments runs unchanged. Their command line
 * has defaults of its own (gaussian, β = 0.01) that differ from their library's and from our presets' (quantile, β = 0.1): they apply
 * as soon as one of these options is given (spec/super.md §8).
 * @module
 */
import type { Args } from "@std/cli/parse-args";
import { choiceFlag } from "relay/cli/command.ts";
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
export const ORIGINAL_BOOLEAN_OPTIONS = ["ray_plain_init", "ray_local_mode"] as const;

/** Learners of the original's list that are not here. */
const ABSENT = /^pursuit_(maddpg|qmix)$/;

/** Whether the command line speaks the original's language. */
export function usesOriginalOptions(args: Args): boolean {
  return ORIGINAL_STRING_OPTIONS.some((name) => args[name] !== undefined);
}

/** The original's options as assignments to the `paper` (or, with `--fully_connected`, `fc`) preset. */
export function originalOverrides(args: Args): { preset: "paper" | "fc"; assignments: string[] } {
  const text = (name: typeof ORIGINAL_STRING_OPTIONS[number]) => args[name] as string | undefined;
  const isTrue = (name: typeof ORIGINAL_STRING_OPTIONS[number], byDefault: boolean) =>
    choiceFlag(name, (text(name) ?? String(byDefault)).toLowerCase(), { true: true, false: false });
  const assignments = environment(text("env") ?? "pursuit");

  const isParameters = isTrue("parameter_sharing", false);
  if (isParameters) {
    assignments.push("share.kind=parameters", `batchSize=${8 * 32}`);
  } else if (!isTrue("suPER", true)) {
    assignments.push("share.kind=none");
  } else {
    assignments.push(...sharing(text("suPER_mode") ?? "gaussian", Number(text("suPER_bandwidth") ?? 0.01), {
      windowSize: text("suPER_window"),
      team: text("team_sharing"),
    }));
  }

  const fragment = text("rollout_fragment_length") ?? text("batch_size");

  const rename: readonly (readonly [typeof ORIGINAL_STRING_OPTIONS[number], string])[] = [
    ["train_batch_size", "batchSize"],
    ...(fragment === undefined ? [["num_timesteps", "totalEnvSteps"] as const] : []),
    ["lr", "learningRate"],
    ["exploration_initial_epsilon", "epsilon.start"],
    ["exploration_final_epsilon", "epsilon.end"],
    ["env_pursuit_num_agents", "env.options.n_pursuers"],
    ["env_pursuit_n_evaders", "env.options.n_evaders"],
    ["horizon", "env.options.max_cycles"],
  ];
  if (text("batch_size") !== undefined) assignments.push(`batchSize=${text("batch_size")}`);
  if (fragment !== undefined) {
    assignments.push(...fragmentOf(Number(fragment), Number(text("num_timesteps") ?? 800_000)));
  }
  for (const [original, key] of rename) {
    if (text(original) !== undefined) assignments.push(`${key}=${text(original)}`);
  }
  if (text("env_pursuit_shared_reward") !== undefined) {
    assignments.push(`env.options.shared_reward=${text("env_pursuit_shared_reward") !== "0"}`);
  }
  return { preset: isTrue("fully_connected", false) ? "fc" : "paper", assignments };
}

/** The original evaluates at the first update past a multiple of 4000; our grids are multiples of the fragment. */
function fragmentOf(F: number, totalEnvSteps: number): string[] {
  const roundedUp = (steps: number) => Math.ceil(steps / F) * F;
  return [
    `rolloutEnvSteps=${F}`,
    `totalEnvSteps=${roundedUp(totalEnvSteps)}`,
    `reportEveryEnvSteps=${roundedUp(4000)}`,
    `evaluation.everyEnvSteps=${roundedUp(4000)}`,
  ];
}

function environment(env: string): string[] {
  if (env === "pursuit") return [];
  if (env === "pursuit_plaindqn") return ["dueling=false", "double=false"];
  if (ABSENT.test(env)) throw new ConfigError(`Cannot train --env=${env}: MADDPG and QMIX are not here yet`);
  throw new ConfigError(
    `Cannot train --env=${env}: expected pursuit or pursuit_plaindqn (others are not here yet)`,
  );
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
