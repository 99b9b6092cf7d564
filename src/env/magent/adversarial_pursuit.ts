/**
 * Adversarial Pursuit: slow, large predators tag quick, small prey (spec/env_magent.md §2, §4).
 * @module
 */

import type { AgentType, GridGame } from "./grid_game.ts";
import type { AdversarialPursuitOptions } from "./options.ts";

const HARMLESS = {
  maxHp: 1,
  damage: 0,
  stepRecover: 0,
  stepReward: 0,
  killReward: 0,
  deadPenalty: 0,
} as const;

/** The game for these options. */
export function adversarialPursuitGame({ map_size, tag_penalty }: AdversarialPursuitOptions): GridGame {
  const predator: AgentType = {
    ...HARMLESS,
    body: 2,
    speed: 1,
    viewRadius: 5,
    attackRadius: 2,
    attackPenalty: tag_penalty,
  };
  const prey: AgentType = {
    ...HARMLESS,
    body: 1,
    speed: 1.5,
    viewRadius: 4,
    attackRadius: 0,
    attackPenalty: 0,
  };
  const share = (fraction: number) => Math.trunc(map_size * map_size * fraction);
  return {
    mapSize: map_size,
    teams: [
      { name: "predator", type: predator, hit: { striker: 1, struck: -1 } },
      { name: "prey", type: prey, hit: { striker: 0, struck: 0 } },
    ],
    layout: { kind: "random", walls: share(0.03), counts: [share(0.0125), share(0.025)] },
    attackWord: "tag",
    rules:
      "Predators of two by two cells chase prey of one cell among scattered walls. A predator moves by one cell along an " +
      "axis or tags one of the eight cells along its edges; prey moves by one cell in any direction. Each tag " +
      "gives the predator 1 and the tagged prey −1, and every attempt costs the predator a penalty. Nobody dies; " +
      "the episode ends at the time limit.",
  };
}
