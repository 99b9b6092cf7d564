import type { MagentEnv } from "relay/env/magent/magent_env.ts";
import { openStream } from "relay/rng/stream.ts";

type Place = readonly [number, number];

/** Where some agents are and how they fare, by name; all others are dead. */
export type Situation = Readonly<Record<string, { at: Place; hp?: number }>>;

/** Puts an environment of one copy into a situation in the middle of an episode. */
export function arrange(env: MagentEnv, situation: Situation, frames = 1): void {
  const { agents, options } = env.describe();
  const N = agents.length;
  const saved = env.save();
  const words = new Int32Array(saved.buffer);
  const floats = new Float32Array(saved.buffer);
  const walls = env.walls(0).length;
  // Snapshot: six header words; places, status, last actions [N]; inner walls; frames; generator; health [N]; …
  const places = 6;
  const status = places + N;
  const frameWord = places + 3 * N + walls;
  const hp = frameWord + 2;
  const margin = Math.max(...env.teams.map(({ obsShape }) => Math.floor(obsShape[0] / 2)));
  const stride = Math.max(32, 2 ** Math.ceil(Math.log2(Number(options.map_size) + 2 * margin)));
  // Inner walls move to the lower right, where no test plays.
  const size = Number(options.map_size);
  for (let k = 0; k < walls; k++) {
    words[places + 3 * N + k] = (size - 2 + margin) * stride + size - 2 - k + margin;
  }
  words.fill(0, status, status + N);
  for (const [name, { at: [x, y], hp: points }] of Object.entries(situation)) {
    const i = agents.indexOf(name);
    words[places + i] = (y + margin) * stride + x + margin;
    words[status + i] = 1;
    if (points !== undefined) floats[hp + i] = points;
  }
  words[frameWord] = frames;
  env.load(saved);
}

/** Steps with actions by name; everybody else does action `others`. */
export function act(env: MagentEnv, actions: Readonly<Record<string, number>>, others = 0): void {
  const { agents } = env.describe();
  env.step(Int32Array.from(agents, (name) => actions[name] ?? others));
}

/** Agent's place by name; null when it is dead. */
export function placeOf(env: MagentEnv, name: string): Place | null {
  return env.positions(0)[env.describe().agents.indexOf(name)]!;
}

/** Agent's entry of an array `[1, N]`. */
export function entryOf(env: MagentEnv, array: ArrayLike<number>, name: string): number {
  return array[env.describe().agents.indexOf(name)]!;
}

/** Sum in float32, rounded after every addition. */
export function sum32(...values: readonly number[]): number {
  return values.reduce((sum, value) => Math.fround(sum + Math.fround(value)), 0);
}

/** Random joint actions of all copies, a new draw a call. */
export function randomActions(env: MagentEnv, seed: number): () => Int32Array {
  const stream = openStream(seed);
  return () => Int32Array.from({ length: env.E * env.N }, () => stream.below(env.A));
}
