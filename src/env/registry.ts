/**
 * Environments by versioned id.
 * @module
 */

import type { ParallelEnv } from "./parallel_env.ts";
import { PursuitEnv } from "./pursuit/pursuit_env.ts";

/** Constructor options under the original's names; each environment checks its own. */
export type EnvOptions = Readonly<Record<string, unknown>>;

interface EnvSetup {
  readonly copies: number;
  readonly id: string;
  readonly autoReset?: boolean;
}

type EnvMaker = (options: EnvOptions, setup: EnvSetup) => ParallelEnv;

const makePursuit: EnvMaker = (options, setup) => new PursuitEnv(options, setup);

/** PettingZoo renamed pursuit_v4 to pursuit_v5 in 1.27 and added its state; the dynamics are the same. */
const MAKERS: Readonly<Record<string, EnvMaker>> = {
  "sisl/pursuit_v4": makePursuit,
  "sisl/pursuit_v5": makePursuit,
};

/** Ids that `makeEnv` knows, sorted. */
export function envIds(): string[] {
  return Object.keys(MAKERS).sort();
}

/**
 * Makes E copies of an environment, already reset (copy e with seed e).
 * @param copies E, the number of copies stepped at once
 * @throws {RangeError} for an unknown id, listing the known ones, or for an option that does not fit
 *
 * @example
 * ```ts
 * import { makeEnv } from "relay/env/registry.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const env = makeEnv("sisl/pursuit_v4", { shared_reward: false }, 4);
 * assertEquals([env.E, env.N, env.describe().maxEpisodeSteps], [4, 8, 500]);
 * ```
 */
export function makeEnv(id: string, options: EnvOptions = {}, copies = 1): ParallelEnv {
  return makerOf(id)(options, { copies, id });
}

/**
 * One copy that stays where its episode ended, for pictures of the last situation.
 * @throws {RangeError} as {@link makeEnv}
 */
export function makeStoppingEnv(id: string, options: EnvOptions = {}): ParallelEnv {
  return makerOf(id)(options, { copies: 1, id, autoReset: false });
}

function makerOf(id: string): EnvMaker {
  const make = Object.hasOwn(MAKERS, id) ? MAKERS[id] : undefined;
  if (!make) {
    throw new RangeError(
      `Cannot make environment ${JSON.stringify(id)}: expected one of ${envIds().join(", ")}`,
    );
  }
  return make;
}
