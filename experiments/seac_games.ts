import type { ActorCriticPreset, Experiment } from "experiments/experiment.ts";
import { PRESETS as PURSUIT_PRESETS, SUPER_SEAC } from "experiments/super_seac.ts";
import {
  PRESETS as ADVERSARIAL_PURSUIT_PRESETS,
  SUPER_SEAC_ADVERSARIAL_PURSUIT,
} from "experiments/super_seac_adversarial_pursuit.ts";
import { PRESETS as BATTLE_PRESETS, SUPER_SEAC_BATTLE } from "experiments/super_seac_battle.ts";
import { ConfigError } from "relay/train/config.ts";

/** A game as actor-critics play it. */
export interface SeacGame {
  readonly experiment: Experiment;
  /** Of shared experience. */
  readonly presets: Readonly<Record<"smoke" | "quick" | "fc", ActorCriticPreset>>;
}

/** The paper's three environments by the names that the authors give them. */
export const SEAC_GAMES: Readonly<Record<string, SeacGame>> = Object.freeze({
  pursuit: { experiment: SUPER_SEAC, presets: PURSUIT_PRESETS },
  battle: { experiment: SUPER_SEAC_BATTLE, presets: BATTLE_PRESETS },
  adversarial_pursuit: { experiment: SUPER_SEAC_ADVERSARIAL_PURSUIT, presets: ADVERSARIAL_PURSUIT_PRESETS },
});

/**
 * @throws {ConfigError} for another game, naming these
 */
export function seacGame(name: string): SeacGame {
  if (Object.hasOwn(SEAC_GAMES, name)) return SEAC_GAMES[name]!;
  throw new ConfigError(
    `Cannot find the game ${JSON.stringify(name)}: expected one of ${Object.keys(SEAC_GAMES).join(", ")}`,
  );
}
