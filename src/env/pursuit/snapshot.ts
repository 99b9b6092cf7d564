/**
 * Everything that decides the future of a pursuit environment, as bytes.
 * @module
 */

import { type Board, CHANNELS } from "./board.ts";
import type { PursuitOptions } from "./options.ts";
import type { PursuitSituation } from "./world.ts";

/** First word of a snapshot ("PUR1"). */
const SIGNATURE = 0x31525550;
const GENERATOR_WORDS = 10;

/** Where a snapshot goes. */
export interface SnapshotTarget {
  /** Environment named in errors. */
  readonly id: string;
  readonly situation: PursuitSituation;
  readonly options: PursuitOptions;
  readonly board: Board;
}

/** Options that decide what the words of a snapshot mean. */
function header(situation: PursuitSituation, options: PursuitOptions): number[] {
  const { n_pursuers, n_evaders, x_size, y_size, obs_range } = options;
  return [SIGNATURE, situation.frames.length, n_pursuers, n_evaders, x_size, y_size, obs_range];
}

/** Little-endian 32-bit words: header, frames, evader counts, pursuers, evaders, generators. */
export function savePursuit(situation: PursuitSituation, options: PursuitOptions): Uint8Array {
  const { frames, evaderCounts, pursuers, evaders, rngs } = situation;
  const words = [...header(situation, options), ...frames, ...evaderCounts, ...pursuers, ...evaders];
  for (const rng of rngs) words.push(...rng.save());
  return new Uint8Array(Uint32Array.from(words).buffer);
}

/**
 * Puts a snapshot into force; the situation is left alone when the snapshot does not fit.
 * @throws {RangeError} for bytes that `savePursuit` did not write under the same options
 */
export function loadPursuit(saved: Uint8Array, { id, situation, options, board }: SnapshotTarget): void {
  const { frames, evaderCounts, pursuers, evaders, rngs } = situation;
  const expected = header(situation, options);
  const blocks = [frames, evaderCounts, pursuers, evaders];
  const fixedWords = blocks.reduce((sum, block) => sum + block.length, expected.length);
  const byteLength = 4 * (fixedWords + rngs.length * GENERATOR_WORDS);
  if (saved.byteLength !== byteLength) {
    throw new RangeError(`Cannot load ${id}: got ${saved.byteLength} bytes, expected ${byteLength}`);
  }
  const words = new Uint32Array(saved.slice().buffer);
  if (expected.some((word, i) => words[i] !== word)) {
    const got = [...words.subarray(0, expected.length)].join(" ");
    throw new RangeError(`Cannot load ${id}: header is ${got}, expected ${expected.join(" ")}`);
  }
  const cells = words.subarray(expected.length + 2 * frames.length, fixedWords);
  const wrong = cells.find((cell) => cell >= board.cells || board.empty[cell * CHANNELS] !== 0);
  if (wrong !== undefined) throw new RangeError(`Cannot load ${id}: ${wrong} is not a free cell of the map`);
  const counts = words.subarray(expected.length + frames.length, expected.length + 2 * frames.length);
  const tooMany = counts.find((count) => count > options.n_evaders);
  if (tooMany !== undefined) {
    throw new RangeError(`Cannot load ${id}: ${tooMany} evaders, at most ${options.n_evaders}`);
  }
  let at = expected.length;
  for (const block of blocks) {
    block.set(words.subarray(at, at + block.length));
    at += block.length;
  }
  for (const rng of rngs) {
    rng.restore(words.subarray(at, at + GENERATOR_WORDS));
    at += GENERATOR_WORDS;
  }
}
