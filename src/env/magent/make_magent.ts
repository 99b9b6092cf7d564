/**
 * The two games of MAgent2 that SUPER's experiments play.
 * @module
 */

import { adversarialPursuitGame } from "./adversarial_pursuit.ts";
import { battleGame } from "./battle.ts";
import { MagentEnv, type MagentSetup } from "./magent_env.ts";
import { resolveAdversarialPursuitOptions, resolveBattleOptions } from "./options.ts";

type Given = Readonly<Record<string, unknown>>;

/**
 * Battle: red and blue armies of soldiers who move by up to two cells or strike a neighbour. Bit-exact with MAgent2 0.3.4.
 * Observations `[13, 13, 5]`: row y, column x; channels wall, own team, its health, other team, its health; actions 13 moves, 8
 * attacks.
 *
 * @throws {RangeError} for an unfit option or number of copies
 *
 * @example
 * ```ts
 * import { makeBattle } from "relay/env/magent/make_magent.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const env = makeBattle({ map_size: 18 }, { copies: 2 });
 * assertEquals([env.E, env.N, env.O, env.A], [2, 12, 13 * 13 * 5, 21]);
 * assertEquals(env.teams.map(({ name, first, end }) => [name, first, end]), [["red", 0, 6], ["blue", 6, 12]]);
 * env.step(new Int32Array(24).fill(6)); // everybody stays
 * assertEquals(env.rewards[0], Math.fround(-0.005));
 * ```
 */
export function makeBattle(options: Given = {}, setup: MagentSetup = {}): MagentEnv {
  const { id = "magent/battle_v4" } = setup;
  const resolved = resolveBattleOptions(id, options);
  return new MagentEnv(battleGame(resolved), resolved, { ...setup, id });
}

/**
 * Adversarial Pursuit: predators of 2 × 2 cells tag prey. Bit-exact with MAgent2 0.3.4. Both teams have the larger team's
 * observation and actions, as SuperSuit pads them for the paper: prey's 9 × 9 window fills the upper left of `[10, 10, 5]`, zeros
 * follow; prey has actions 0 to 8, and 9 to 12 are to it the same as 0 (or, with `paddedActions: "masked"`, also
 * forbidden by `actionMask`).
 *
 * @throws {RangeError} for an unfit option or number of copies
 *
 * @example
 * ```ts
 * import { makeAdversarialPursuit } from "relay/env/magent/make_magent.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const env = makeAdversarialPursuit({ map_size: 18 });
 * assertEquals([env.N, env.O, env.A], [12, 10 * 10 * 5, 13]);
 * assertEquals(env.teams.map(({ name, actions }) => [name, actions]), [["predator", 13], ["prey", 9]]);
 * ```
 */
export function makeAdversarialPursuit(options: Given = {}, setup: MagentSetup = {}): MagentEnv {
  const { id = "magent/adversarial_pursuit_v4" } = setup;
  const resolved = resolveAdversarialPursuitOptions(id, options);
  const masksPaddedActions = resolved.paddedActions === "masked";
  return new MagentEnv(adversarialPursuitGame(resolved), resolved, { ...setup, id, masksPaddedActions });
}
