import type { StoredTensor } from "relay/dataset/safetensors.ts";
import { makeEnv } from "relay/env/registry.ts";
import { teamOfAgent } from "relay/env/teams.ts";
import { writePolicies } from "relay/train/stored_policies.ts";

const SIDE = 13;
const EYE = 6;
const CHANNELS = 5;
/** Channel of the other team. */
const ENEMY = 3;
const ACTIONS = 21;
/** Moves by a cell: left, right, up, down. */
const MOVES = [5, 7, 2, 10] as const;
/** Cells around, in the order of attacks; the first attack is action 13. */
const AROUND = [[-1, -1], [0, -1], [1, -1], [-1, 0], [1, 0], [-1, 1], [0, 1], [1, 1]] as const;
const FIRST_ATTACK = 13;
const HIDDEN = AROUND.length + MOVES.length;

/**
 * Writes policies for red that are no products of chance: who has an enemy beside it strikes, who sees one comes nearer. Those they fight
 * against die within seconds.
 * @param into path up to the digits of the SHA-256
 * @param env of Battle
 * @returns the path of the policies
 */
export function writeChasers(into: string, env: { id: string; options: Record<string, number> }): string {
  const { agents, obsShape } = makeEnv(env.id, env.options).describe();
  const red = agents.filter((name) => teamOfAgent(name) === "red");
  const M = red.length;
  return writePolicies(into, {
    "fc1.weight": stacked(M, [SIDE * SIDE * CHANNELS, HIDDEN], eyes()),
    "fc1.bias": stacked(M, [1, HIDDEN], new Float32Array(HIDDEN)),
    "advantage.weight": stacked(M, [HIDDEN, ACTIONS], hands()),
    "advantage.bias": stacked(M, [1, ACTIONS], new Float32Array(ACTIONS)),
  }, {
    env,
    agents: red,
    obsShape: [...obsShape],
    actions: ACTIONS,
    network: { kind: "fc", hidden: [HIDDEN], headHidden: null },
  });
}

/** A unit for an enemy on each cell around, and one for each direction, the more excited the farther it has to go. */
function eyes(): Float32Array {
  const weights = new Float32Array(SIDE * SIDE * CHANNELS * HIDDEN);
  const set = (dx: number, dy: number, unit: number, weight: number) => {
    weights[(((EYE + dy) * SIDE + EYE + dx) * CHANNELS + ENEMY) * HIDDEN + unit] = weight;
  };
  for (let dy = -EYE; dy <= EYE; dy++) {
    for (let dx = -EYE; dx <= EYE; dx++) {
      [-dx, dx, -dy, dy].forEach((far, k) => {
        if (far > 0) set(dx, dy, AROUND.length + k, 0.05 * far);
      });
    }
  }
  for (const [unit, [dx, dy]] of AROUND.entries()) set(dx, dy, unit, 1);
  return weights;
}

function hands(): Float32Array {
  const weights = new Float32Array(HIDDEN * ACTIONS);
  for (const unit of AROUND.keys()) weights[unit * ACTIONS + FIRST_ATTACK + unit] = 10;
  MOVES.forEach((action, k) => weights[(AROUND.length + k) * ACTIONS + action] = 1);
  return weights;
}

function stacked(M: number, shape: readonly number[], one: Float32Array): StoredTensor {
  const data = new Float32Array(M * one.length);
  for (let m = 0; m < M; m++) data.set(one, m * one.length);
  return { shape: [M, ...shape], data };
}
