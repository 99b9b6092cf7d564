import type { Arm, Experiment } from "experiments/experiment.ts";
import type { Comparison } from "relay/notebook/comparison.ts";
import { customShare } from "relay/share/share_config.ts";
import type { Selector } from "relay/share/selector.ts";
import { armsOfClaim, type Claim } from "relay/stats/claim.ts";
import {
  canonicalJson,
  ConfigError,
  parseConfig,
  parseRunConfig,
  type RunConfig,
} from "relay/train/config.ts";

/** An arm of one's own: `share` may be a selector function. */
export interface OwnArm extends Omit<Arm, "share"> {
  readonly share: Arm["share"] | Selector;
}

/** Which part of an experiment; what is left out is the experiment's own. */
export interface CompareOptions {
  readonly preset: string;
  /** Names of the experiment's arms, or arms of one's own; or names with commas. The first is the baseline. The preset's own unless given. */
  readonly arms?: string | readonly (string | OwnArm)[];
  /** Seeds 1 … n; the preset's own number unless given, or 0. */
  readonly seeds?: number;
}

/**
 * Arms × seeds of one preset, every config validated.
 * @throws {ConfigError} for an unknown preset or arm, naming the known ones, and for a config that cannot be run
 *
 * @example
 * ```ts
 * import { compare } from "experiments/compare.ts";
 * import { SUPER_PURSUIT } from "experiments/super_pursuit.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const mine = { name: "mine", label: "mine", description: "the first of each fragment", share: () => [0] };
 * const comparison = compare(SUPER_PURSUIT, { preset: "smoke", arms: ["none", mine], seeds: 2 });
 * assertEquals(comparison.runs.map(({ arm, config }) => `${arm} ${config.seed}`), ["none 1", "mine 1", "none 2", "mine 2"]);
 * ```
 */
export function compare(experiment: Experiment, options: CompareOptions): Comparison {
  known(experiment.presets, "preset", options.preset);
  const byName = Object.fromEntries(experiment.arms.map((arm) => [arm.name, arm]));
  const asked = typeof options.arms === "string" ? split(options.arms) : options.arms;
  const byDefault = experiment.defaultArms?.[options.preset] ?? Object.keys(byName);
  const arms = (asked?.length ? asked : byDefault).map((arm): Arm =>
    typeof arm === "string" ? known(byName, "arm", arm) : withShareAsData(arm)
  );
  const twice = arms.find(({ name }, i) => arms.findIndex((arm) => arm.name === name) !== i);
  if (twice) throw new ConfigError(`Cannot compare: there are two arms named ${JSON.stringify(twice.name)}`);
  const seeds = options.seeds || experiment.seeds[options.preset]!;
  if (!Number.isInteger(seeds) || seeds < 1) {
    throw new ConfigError(`Cannot compare: seeds is ${seeds}, expected an integer ≥ 1`);
  }
  return {
    experiment: experiment.name,
    title: experiment.title,
    preset: options.preset,
    arms,
    runs: Array.from({ length: seeds }, (_, k) =>
      arms.map((arm) => ({
        arm: arm.name,
        config: configOf(arm, { experiment, preset: options.preset, seed: k + 1 }),
      }))).flat(),
    claims: (experiment.claims[options.preset] ?? []).filter((claim) => isAbout(claim, arms)),
    notes: experiment.notes[options.preset] ?? [],
    settings: settingsInCommon(arms, { experiment, preset: options.preset }),
    paperSettings: settingsInCommon(arms, { experiment, preset: "paper" }),
  };
}

function split(names: string): string[] {
  return [...new Set(names.split(",").map((name) => name.trim()).filter(Boolean))];
}

function withShareAsData(arm: OwnArm): Arm {
  return { ...arm, share: typeof arm.share === "function" ? customShare(arm.share) : arm.share };
}

function known<T>(things: Readonly<Record<string, T>>, what: string, name: string): T {
  if (Object.hasOwn(things, name)) return things[name]!;
  throw new ConfigError(
    `Cannot find the ${what} ${JSON.stringify(name)}: expected one of ${Object.keys(things).join(", ")}`,
  );
}

/** A preset of an experiment by name. */
interface PresetOf {
  readonly experiment: Experiment;
  readonly preset: string;
}

function configOf(
  { share, settings, learner }: Arm,
  { experiment, preset, seed }: PresetOf & { readonly seed: number },
): RunConfig {
  if (learner) return parseRunConfig({ ...known(learner, "preset", preset), seed });
  return parseConfig({ ...experiment.presets[preset], ...settings, share, seed });
}

/** The preset without what some arm changes. */
function settingsInCommon(
  arms: readonly Arm[],
  { experiment, preset: name }: PresetOf,
): Record<string, unknown> {
  const preset = experiment.presets[name]!;
  const learners = arms.flatMap(({ learner }): Record<string, unknown>[] =>
    learner ? [{ ...learner[name] }] : []
  );
  const changed = new Set([
    "preset",
    "share",
    ...arms.flatMap(({ settings }) => Object.keys(settings ?? {})),
  ]);
  return Object.fromEntries(
    Object.entries(preset).filter(([key, value]) =>
      !changed.has(key) && learners.every((learner) => canonicalJson(learner[key]) === canonicalJson(value))
    ),
  );
}

/** Whether all arms that a claim compares are here. */
function isAbout(claim: Claim, arms: readonly Arm[]): boolean {
  return armsOfClaim(claim).every((name) => arms.some((arm) => arm.name === name));
}
