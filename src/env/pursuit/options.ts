/**
 * The constructor options of PettingZoo's pursuit, under their original names.
 * @module
 */

/** Every option with the value in force (spec/env_pursuit.md §2). */
export interface PursuitOptions {
  /** Cells along x. */
  readonly x_size: number;
  /** Cells along y. */
  readonly y_size: number;
  /** Joint steps until truncation. */
  readonly max_cycles: number;
  /** Whether every pursuer gets the team's mean reward; SUPER's experiments use false. */
  readonly shared_reward: boolean;
  readonly n_evaders: number;
  readonly n_pursuers: number;
  /** Side of the square observation in cells. */
  readonly obs_range: number;
  /** Pursuers that must share an evader's cell to catch it; only where `surround` is false. */
  readonly n_catch: number;
  /** Whether evaders stay where they are (and draw no random numbers). */
  readonly freeze_evaders: boolean;
  /** Only null, the original's default: evaders move at random. */
  readonly evader_controller: null;
  /** Only null; the original never asks it anything. */
  readonly pursuer_controller: null;
  /** Reward a neighbouring evader and sub-step, divided by the number of pursuers. */
  readonly tag_reward: number;
  /** Reward for taking part in at least one capture in a step. */
  readonly catch_reward: number;
  /** Reward added in every step. */
  readonly urgency_reward: number;
  /** Whether evaders are caught by surrounding them rather than by `n_catch` pursuers on their cell. */
  readonly surround: boolean;
  /** Side of the window in which all agents start, as a fraction of the map. */
  readonly constraint_window: number;
  /** Accepted for compatibility; `render` is always available. */
  readonly render_mode: "rgb_array" | null;
}

const DEFAULTS: PursuitOptions = {
  x_size: 16,
  y_size: 16,
  max_cycles: 500,
  shared_reward: true,
  n_evaders: 30,
  n_pursuers: 8,
  obs_range: 7,
  n_catch: 2,
  freeze_evaders: false,
  evader_controller: null,
  pursuer_controller: null,
  tag_reward: 0.01,
  catch_reward: 5,
  urgency_reward: -0.1,
  surround: true,
  constraint_window: 1,
  render_mode: null,
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

const BOOLEAN: Requirement = { text: "true or false", holds: (value) => typeof value === "boolean" };
const FINITE: Requirement = { text: "a finite number", holds: Number.isFinite };
const NO_CONTROLLER: Requirement = {
  text: "null (only the original's random evaders are available)",
  holds: (value) => value === null,
};
const FRACTION: Requirement = {
  text: "a fraction in (0, 1]",
  holds: (value) => typeof value === "number" && value > 0 && value <= 1,
};
const RENDER_MODE: Requirement = {
  text: `null or "rgb_array"`,
  holds: (value) => value === null || value === "rgb_array",
};
/** Generous, but keeps a mistyped size from asking for gigabytes. */
const SIZE = integerIn(1, 1024);
const AGENTS = integerIn(1, 10_000);

const REQUIREMENTS: Readonly<Record<keyof PursuitOptions, Requirement>> = {
  x_size: SIZE,
  y_size: SIZE,
  max_cycles: integerIn(1, 2 ** 31 - 1),
  shared_reward: BOOLEAN,
  n_evaders: AGENTS,
  n_pursuers: AGENTS,
  obs_range: integerIn(1, 255),
  n_catch: AGENTS,
  freeze_evaders: BOOLEAN,
  evader_controller: NO_CONTROLLER,
  pursuer_controller: NO_CONTROLLER,
  tag_reward: FINITE,
  catch_reward: FINITE,
  urgency_reward: FINITE,
  surround: BOOLEAN,
  constraint_window: FRACTION,
  render_mode: RENDER_MODE,
};

/**
 * The given options over the defaults.
 * @param id environment named in errors
 * @throws {RangeError} naming the option, its value and what it may be
 *
 * @example
 * ```ts
 * import { resolvePursuitOptions } from "relay/env/pursuit/options.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const options = resolvePursuitOptions("sisl/pursuit_v4", { shared_reward: false });
 * assertEquals([options.shared_reward, options.n_evaders], [false, 30]);
 * ```
 */
export function resolvePursuitOptions(id: string, given: Readonly<Record<string, unknown>>): PursuitOptions {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(REQUIREMENTS, name)) {
      const known = Object.keys(REQUIREMENTS).join(", ");
      throw new RangeError(
        `Cannot make ${id}: unknown option ${JSON.stringify(name)}, expected one of ${known}`,
      );
    }
    const { text, holds } = REQUIREMENTS[name as keyof PursuitOptions];
    if (!holds(value)) throw new RangeError(`Cannot make ${id}: ${name} is ${show(value)}, expected ${text}`);
  }
  const options = { ...DEFAULTS, ...given };
  const { x_size, y_size, constraint_window: window } = options;
  if (Math.min(x_size, y_size) * window < 1) {
    throw new RangeError(
      `Cannot make ${id}: constraint_window is ${window} of a map of ${x_size}x${y_size}, ` +
        `expected a window of at least one cell`,
    );
  }
  return options;
}

function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
