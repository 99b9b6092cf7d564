/**
 * The constructor options of MAgent2's environments, under their original names, and two of ours in camel case.
 * @module
 */

/** Options that both games have. */
export interface MagentOptions {
  /** Cells along x and along y, the ring of walls included. */
  readonly map_size: number;
  /** Joint steps until truncation. */
  readonly max_cycles: number;
  /** Whether an observation also holds both teams' densities on a coarse map, and the own place. */
  readonly minimap_mode: boolean;
  /** Whether an observation also holds the own number, last action and last reward. */
  readonly extra_features: boolean;
  /** Accepted for compatibility; `render` is always available. */
  readonly render_mode: "rgb_array" | null;
  /**
   * Whether, as in the original, agent i of the second team does in the first step of every episode what agent i of all
   * agents was told (spec/env_magent.md §5); false: everybody does their own action.
   */
  readonly firstStepQuirk: boolean;
}

/** Every option of Battle with the value in force. */
export interface BattleOptions extends MagentOptions {
  /** Reward of every step. */
  readonly step_reward: number;
  /** Reward of dying. */
  readonly dead_penalty: number;
  /** Reward of every attack. */
  readonly attack_penalty: number;
  /** Reward of hitting an opponent. */
  readonly attack_opponent_reward: number;
}

/** Every option of Adversarial Pursuit with the value in force. */
export interface AdversarialPursuitOptions extends MagentOptions {
  /** Reward of every attempt to tag. */
  readonly tag_penalty: number;
  /**
   * Prey has 9 actions of its own, predators 13. `first`: the other four mean action 0 to prey, as SuperSuit pads and the
   * paper has it; `masked`: the same, and the environment has an action mask that forbids them.
   */
  readonly paddedActions: "first" | "masked";
}

const COMMON = {
  minimap_mode: false,
  extra_features: false,
  render_mode: null,
  firstStepQuirk: true,
} as const;

const BATTLE: BattleOptions = {
  map_size: 45,
  max_cycles: 1000,
  ...COMMON,
  step_reward: -0.005,
  dead_penalty: -0.1,
  attack_penalty: -0.1,
  attack_opponent_reward: 0.2,
};

const ADVERSARIAL_PURSUIT: AdversarialPursuitOptions = {
  map_size: 45,
  max_cycles: 500,
  ...COMMON,
  tag_penalty: -0.2,
  paddedActions: "first",
};

/** What a value must be, in words, and the test for it. */
interface Requirement {
  readonly text: string;
  readonly holds: (value: unknown) => boolean;
}

function integerIn(low: number, high: number): Requirement {
  const holds = (value: unknown) => Number.isInteger(value) && Number(value) >= low && Number(value) <= high;
  return { text: `an integer in [${low}, ${high}]`, holds };
}

function oneOf(...values: readonly unknown[]): Requirement {
  return {
    text: values.map((value) => JSON.stringify(value)).join(" or "),
    holds: (value) => values.includes(value),
  };
}

const BOOLEAN = oneOf(true, false);
/** float32 must hold it. */
const REWARD: Requirement = {
  text: "a finite number",
  holds: (value) => typeof value === "number" && Number.isFinite(Math.fround(value)),
};
const COMMON_REQUIREMENTS = {
  max_cycles: integerIn(1, 2 ** 31 - 1),
  minimap_mode: BOOLEAN,
  extra_features: BOOLEAN,
  render_mode: oneOf(null, "rgb_array"),
  firstStepQuirk: BOOLEAN,
} as const;
/** Larger maps would take gigabytes of observations. */
const LARGEST_MAP = 1000;

const BATTLE_REQUIREMENTS: Readonly<Record<keyof BattleOptions, Requirement>> = {
  map_size: integerIn(12, LARGEST_MAP),
  ...COMMON_REQUIREMENTS,
  step_reward: REWARD,
  dead_penalty: REWARD,
  attack_penalty: REWARD,
  attack_opponent_reward: REWARD,
};

const ADVERSARIAL_PURSUIT_REQUIREMENTS: Readonly<Record<keyof AdversarialPursuitOptions, Requirement>> = {
  map_size: integerIn(7, LARGEST_MAP),
  ...COMMON_REQUIREMENTS,
  tag_penalty: REWARD,
  paddedActions: oneOf("first", "masked"),
};

type Given = Readonly<Record<string, unknown>>;

/**
 * The given options over Battle's defaults.
 * @param id environment named in errors
 * @throws {RangeError} naming the option, its value and what it may be
 *
 * @example
 * ```ts
 * import { resolveBattleOptions } from "relay/env/magent/options.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const { map_size, dead_penalty } = resolveBattleOptions("magent/battle_v4", { map_size: 18 });
 * assertEquals([map_size, dead_penalty], [18, -0.1]);
 * ```
 */
export function resolveBattleOptions(id: string, given: Given): BattleOptions {
  checkOptions(id, given, BATTLE_REQUIREMENTS);
  return { ...BATTLE, ...given };
}

/**
 * The given options over Adversarial Pursuit's defaults.
 * @param id environment named in errors
 * @throws {RangeError} naming the option, its value and what it may be
 */
export function resolveAdversarialPursuitOptions(id: string, given: Given): AdversarialPursuitOptions {
  checkOptions(id, given, ADVERSARIAL_PURSUIT_REQUIREMENTS);
  const options = { ...ADVERSARIAL_PURSUIT, ...given };
  // The original divides by the number of predators, and there is none on a smaller map.
  if (options.minimap_mode && options.map_size < 9) {
    throw new RangeError(
      `Cannot make ${id}: map_size is ${options.map_size} with minimap_mode, expected at least 9 so that there is a predator`,
    );
  }
  return options;
}

function checkOptions(id: string, given: Given, requirements: Readonly<Record<string, Requirement>>): void {
  for (const [name, value] of Object.entries(given)) {
    const requirement = Object.hasOwn(requirements, name) ? requirements[name] : undefined;
    if (!requirement) {
      const known = Object.keys(requirements).join(", ");
      throw new RangeError(
        `Cannot make ${id}: unknown option ${JSON.stringify(name)}, expected one of ${known}`,
      );
    }
    if (!requirement.holds(value)) {
      const shown = typeof value === "string" ? JSON.stringify(value) : String(value);
      throw new RangeError(`Cannot make ${id}: ${name} is ${shown}, expected ${requirement.text}`);
    }
  }
}
