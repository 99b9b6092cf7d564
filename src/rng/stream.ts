/**
 * The workbench's own random numbers: a tree of named streams, so that what one part of a run draws never changes
 * what another part gets.
 * @module
 */

import { seedSequence } from "./seed_sequence.ts";

/** A named source of random numbers; made by `openStream` and `fork`. */
export interface Stream {
  /**
   * The stream at `path` below this one, from its beginning. It depends on the root seed and the full path only: not
   * on what was drawn or restored here or elsewhere, nor on the order of forks. `fork("a/b")` is
   * `fork("a").fork("b")`; forking the same path twice gives two streams with the same numbers.
   * @param path one or more names joined by "/", none of them empty
   * @throws {RangeError} for an empty name
   */
  fork(path: string): Stream;
  /** Uniform 32-bit integer in [0, 2³²). */
  u32(): number;
  /** Uniform double in [0, 1) with 53 bits; takes two 32-bit draws. */
  random(): number;
  /**
   * Uniform integer in [0, n), unbiased.
   * @throws {RangeError} unless n is an integer in [1, 2⁵³)
   */
  below(n: number): number;
  /** Normal deviate of mean 0 and variance 1 (Box–Muller, cosine branch); takes four 32-bit draws. */
  normal(): number;
  /** The generator's four 32-bit words, to be stored and given to `restore`. */
  save(): number[];
  /**
   * Continues where `save` was called. The place in the tree, and so what `fork` gives, is not part of the state.
   * @throws {RangeError} for anything but four 32-bit words
   */
  restore(state: readonly number[]): void;
}

const TWO_32 = 2 ** 32;
/** sfc32's author asks for at least this many discarded draws after seeding from arbitrary words. */
const WARM_UP_DRAWS = 15;

class Sfc32Stream implements Stream {
  readonly #seed: number;
  readonly #path: string;
  readonly #state: Int32Array;

  constructor(seed: number, path: string) {
    this.#seed = seed;
    this.#path = path;
    const entropy = [seed >>> 0, Math.floor(seed / TWO_32), path.length];
    for (let i = 0; i < path.length; i++) entropy.push(path.charCodeAt(i));
    this.#state = Int32Array.from(seedSequence(entropy, 4));
    for (let i = 0; i < WARM_UP_DRAWS; i++) this.u32();
  }

  fork(path: string): Stream {
    const full = this.#path === "" ? path : `${this.#path}/${path}`;
    if (full.split("/").includes("")) {
      throw new RangeError(`Cannot fork stream at ${JSON.stringify(full)}: expected names joined by "/"`);
    }
    return new Sfc32Stream(this.#seed, full);
  }

  u32(): number {
    const s = this.#state;
    const b = s[1]!;
    const c = s[2]!;
    const counter = s[3]!;
    const out = (s[0]! + b + counter) | 0;
    s[0] = b ^ (b >>> 9);
    s[1] = c + (c << 3);
    s[2] = ((c << 21) | (c >>> 11)) + out;
    s[3] = counter + 1;
    return out >>> 0;
  }

  random(): number {
    const high = this.u32() >>> 5;
    return (high * 2 ** 26 + (this.u32() >>> 6)) / 2 ** 53;
  }

  below(n: number): number {
    if (!(Number.isSafeInteger(n) && n >= 1)) {
      throw new RangeError(`Cannot draw an integer below ${n}: expected an integer in [1, 2^53)`);
    }
    // Throwing away the first (range mod n) values leaves whole blocks of n, so that no result is favoured.
    if (n > TWO_32) {
      const rejected = 2 ** 53 % n;
      let draw: number;
      do draw = this.random() * 2 ** 53; while (draw < rejected);
      return draw % n;
    }
    const rejected = (TWO_32 - n) % n;
    let draw: number;
    do draw = this.u32(); while (draw < rejected);
    return draw % n;
  }

  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.random()));
    return radius * Math.cos(2 * Math.PI * this.random());
  }

  save(): number[] {
    return Array.from(this.#state, (word) => word >>> 0);
  }

  restore(state: readonly number[]): void {
    if (state.length !== 4 || state.some((word) => word !== word >>> 0)) {
      throw new RangeError(`Cannot restore stream from [${state.join(", ")}]: expected four 32-bit words`);
    }
    this.#state.set(state.map((word) => word | 0));
  }
}

/**
 * Opens the root of a tree of random streams.
 *
 * Every stream is an sfc32 generator (C. Doty-Humphrey, PractRand): four 32-bit words, 32-bit arithmetic only, every
 * cycle at least 2³² draws long. Its words are numpy's `SeedSequence` hash of the seed and the path, followed by
 * 15 discarded draws; two paths therefore meet only if 128-bit hashes do.
 *
 * @param seed integer in [0, 2⁵³)
 * @throws {RangeError} for any other seed
 *
 * @example Drawing from one stream leaves its sibling alone.
 * ```ts
 * import { openStream } from "relay/rng/stream.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const run = openStream(7);
 * const expected = run.fork("replay").u32();
 * const explore = run.fork("agent/3/explore");
 * for (let i = 0; i < 100; i++) explore.random();
 * assertEquals(run.fork("replay").u32(), expected);
 * assertEquals(run.fork("agent").fork("3").fork("explore").u32(), run.fork("agent/3/explore").u32());
 * ```
 */
export function openStream(seed: number): Stream {
  if (!(Number.isSafeInteger(seed) && seed >= 0)) {
    throw new RangeError(`Cannot open stream: seed is ${seed}, expected an integer in [0, 2^53)`);
  }
  return new Sfc32Stream(seed, "");
}
