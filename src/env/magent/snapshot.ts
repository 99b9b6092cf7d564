/**
 * Everything that decides the future of a MAgent environment, as bytes.
 * @module
 */

import { FIRST_AGENT, type GridPlan, WALL } from "./grid_plan.ts";
import { isMinstdState } from "./minstd.ts";
import { DEAD, type GridSituation, JUST_DIED, LIVING } from "./situation.ts";
import type { GridWorld } from "./world.ts";

/** First word of a snapshot ("MAG1"). */
const SIGNATURE = 0x3147414d;

/** Where a snapshot goes. */
export interface SnapshotTarget {
  /** Environment named in errors. */
  readonly id: string;
  readonly world: GridWorld;
}

/** What decides what the words of a snapshot mean. */
function header({ frames }: GridSituation, plan: GridPlan): number[] {
  const { mapSize, teams, walls } = plan;
  return [SIGNATURE, frames.length, mapSize, walls, ...teams.map(({ first, end }) => end - first)];
}

/** The words of a situation in their order; numbers of health and rewards as their bits. */
function blocksOf(situation: GridSituation): Int32Array[] {
  const { places, status, lastActions, walls, frames, rngs, hp, rewards, shownRewards } = situation;
  const bits = ({ buffer, byteOffset, length }: Float32Array) => new Int32Array(buffer, byteOffset, length);
  return [places, status, lastActions, walls, frames, rngs, bits(hp), bits(rewards), bits(shownRewards)];
}

/** 32-bit words: header, then the situation. */
export function saveMagent(situation: GridSituation, plan: GridPlan): Uint8Array {
  const start = header(situation, plan);
  const blocks = blocksOf(situation);
  const words = new Int32Array(blocks.reduce((sum, block) => sum + block.length, start.length));
  words.set(start);
  let at = start.length;
  for (const block of blocks) {
    words.set(block, at);
    at += block.length;
  }
  return new Uint8Array(words.buffer);
}

/**
 * Puts a snapshot into force; the situation is left alone when the snapshot does not fit.
 * @throws {RangeError} for bytes that `saveMagent` did not write under the same options
 */
export function loadMagent(saved: Uint8Array, { id, world }: SnapshotTarget): void {
  const expected = header(world.situation, world.plan);
  const blocks = blocksOf(world.situation);
  const length = blocks.reduce((sum, block) => sum + block.length, expected.length);
  if (saved.byteLength !== 4 * length) {
    throw new RangeError(`Cannot load ${id}: got ${saved.byteLength} bytes, expected ${4 * length}`);
  }
  const words = new Int32Array(saved.slice().buffer);
  if (expected.some((word, k) => words[k] !== word)) {
    const got = [...words.subarray(0, expected.length)].join(" ");
    throw new RangeError(`Cannot load ${id}: header is ${got}, expected ${expected.join(" ")}`);
  }
  let at = expected.length;
  const parts = blocks.map((block) => words.subarray(at, at += block.length));
  const problem = problemOf(parts, world);
  if (problem) throw new RangeError(`Cannot load ${id}: ${problem}`);
  blocks.forEach((block, k) => block.set(parts[k]!));
}

/** The first thing in a snapshot that no play leads to. */
function problemOf(parts: readonly Int32Array[], { plan, situation }: GridWorld): string | undefined {
  const [places, status, lastActions, walls, frames, rngs, hpBits] = parts as [
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
  ];
  const hp = new Float32Array(hpBits.slice().buffer);
  const { agents, teams } = plan;
  const knownStatus = [DEAD, LIVING, JUST_DIED];
  const odd = status.find((value) => !knownStatus.includes(value));
  if (odd !== undefined) return `${odd} is no agent's status`;
  const oddRng = rngs.find((state) => !isMinstdState(state));
  if (oddRng !== undefined) return `${oddRng} is no state of the generator`;
  const oddFrame = frames.find((frame) => frame < 0);
  if (oddFrame !== undefined) return `${oddFrame} is no number of steps`;
  const oddAction = lastActions.find((action) => action < -1 || action >= plan.maxActions);
  if (oddAction !== undefined) return `${oddAction} is no action`;
  for (let i = 0; i < places.length; i++) {
    const { maxHp } = teams[i % agents < teams[0].end ? 0 : 1].type;
    if (status[i] === LIVING && !(hp[i]! >= 0 && hp[i]! <= maxHp)) return `${hp[i]} are no health points`;
  }
  for (let e = 0; e < situation.frames.length; e++) {
    const problem = overlapOf({ places, status, walls }, { plan, e });
    if (problem) return problem;
  }
  return undefined;
}

/** Somebody outside of the map, or two on one cell. */
function overlapOf(
  { places, status, walls }: Record<"places" | "status" | "walls", Int32Array>,
  { plan, e }: { plan: GridPlan; e: number },
): string | undefined {
  const { agents, teams, bare } = plan;
  const taken = bare.slice();
  const isTaken = (cell: number) => taken[cell] !== 0; // beyond the map there is undefined
  for (let k = e * plan.walls; k < (e + 1) * plan.walls; k++) {
    if (isTaken(walls[k]!)) return `${walls[k]} is not a free cell of the map`;
    taken[walls[k]!] = WALL;
  }
  for (let i = 0; i < agents; i++) {
    const place = places[e * agents + i]!;
    // The dead of the last step still look around from where they fell, which others may have taken since.
    if (status[e * agents + i] !== LIVING) {
      if (bare[place] !== 0) return `${place} is not a cell of the map`;
      continue;
    }
    for (const step of teams[i < teams[0].end ? 0 : 1].body) {
      if (isTaken(place + step)) return `${place + step} is not a free cell of the map`;
      taken[place + step] = FIRST_AGENT + i;
    }
  }
  return undefined;
}
