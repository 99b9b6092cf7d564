/**
 * Environments by versioned id.
 * @module
 */

import { makeAdversarialPursuit, makeBattle } from "./magent/make_magent.ts";
import type { ParallelEnv } from "./parallel_env.ts";
import { PursuitEnv } from "./pursuit/pursuit_env.ts";
import { wrap } from "./wrappers/wrap.ts";
import { parseWrappers } from "./wrappers/wrapper_config.ts";

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
  "magent/adversarial_pursuit_v4": makeAdversarialPursuit,
  "magent/battle_v4": makeBattle,
  "sisl/pursuit_v4": makePursuit,
  "sisl/pursuit_v5": makePursuit,
};

/** Ids that `makeEnv` knows, sorted. */
export function envIds(): string[] {
  return Object.keys(MAKERS).sort();
}

/**
 * Makes E copies of an environment, already reset (copy e with seed e).
 * @param options the environment's own, and `wrappers`: a list of `WrapperConfig`
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
  return makeWrapped(id, options, {})(copies);
}

/**
 * One copy that stays where its episode ended, for pictures of the last situation.
 * @throws {RangeError} as {@link makeEnv}
 */
export function makeStoppingEnv(id: string, options: EnvOptions = {}): ParallelEnv {
  return makeWrapped(id, options, { autoReset: false })(1);
}

/** The environment inside the wrappers that `options.wrappers` lists, if any, the first one innermost. */
function makeWrapped(id: string, options: EnvOptions, setup: Pick<EnvSetup, "autoReset">) {
  const { wrappers = [], ...own } = options;
  const make = makerOf(id);
  return wrap((copies) => make(own, { ...setup, copies, id }), parseWrappers(id, wrappers));
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
