/**
 * Battle: two equal armies fight to the end (spec/env_magent.md §2, §4).
 * @module
 */

import type { AgentType, GridGame, Place } from "./grid_game.ts";
import type { BattleOptions } from "./options.ts";

/** Empty columns between an army and the middle of the map. */
const GAP = 3;
const KILL_REWARD = 5;

/** The game for these options. */
export function battleGame(options: BattleOptions): GridGame {
  const { map_size, step_reward, dead_penalty, attack_penalty, attack_opponent_reward } = options;
  const soldier: AgentType = {
    body: 1,
    maxHp: 10,
    speed: 2,
    viewRadius: 6,
    attackRadius: 1.5,
    damage: 2,
    stepRecover: 0.1,
    stepReward: step_reward,
    killReward: KILL_REWARD,
    deadPenalty: dead_penalty,
    attackPenalty: attack_penalty,
  };
  const hit = { striker: attack_opponent_reward, struck: 0 };
  return {
    mapSize: map_size,
    teams: [{ name: "red", type: soldier, hit }, { name: "blue", type: soldier, hit }],
    layout: { kind: "fixed", places: armies(map_size) },
    attackWord: "attack",
    rules:
      "Two armies, red and blue, fight on a square map. A soldier moves by up to two cells or strikes one of the eight " +
      "cells around it: a hit takes 2 of 10 health points, of which 0.1 comes back every step, and who falls below " +
      "zero is dead. Hits and above all kills are rewarded; every strike, every step and dying cost a little. The " +
      "episode ends when one army is gone.",
  };
}

/** Two squares of soldiers on every second cell, to the left and right of the middle; what lies outside is left out. */
function armies(mapSize: number): [Place[], Place[]] {
  const side = Math.trunc(Math.sqrt(mapSize * mapSize * 0.04)) * 2;
  const middle = Math.floor(mapSize / 2);
  const top = Math.floor((mapSize - side) / 2);
  const squareFrom = (left: number): Place[] => {
    const places: Place[] = [];
    for (let x = left; x < left + side; x += 2) {
      for (let y = top; y < top + side; y += 2) {
        if (x > 0 && x < mapSize - 1 && y > 0 && y < mapSize - 1) places.push([x, y]);
      }
    }
    return places;
  };
  const red = squareFrom(middle - GAP - side);
  return [red, squareFrom(middle + GAP).slice(0, red.length)];
}
