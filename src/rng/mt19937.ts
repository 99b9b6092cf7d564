/**
 * The Mersenne twister as numpy's legacy `RandomState` and CPython's `random` use it.
 * @module
 */

const SIZE = 624;
const SHIFT = 397;
const LOWER_MASK = 0x7fffffff;
const TWIST = 0x9908b0df;

/**
 * MT19937 (M. Matsumoto and T. Nishimura, "Mersenne Twister", 1998) with the draws of numpy's legacy `RandomState`,
 * for environments that were written for it.
 *
 * Verified against numpy 2.4.6 and CPython 3.
 *
 * @example
 * ```ts
 * import { Mt19937 } from "relay/rng/mt19937.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const rng = new Mt19937(42); // numpy.random.RandomState(42)
 * assertEquals(rng.randomSample(), 0.3745401188473625);
 * ```
 */
export class Mt19937 {
  readonly #words = new Uint32Array(SIZE);
  #index = SIZE;

  /**
   * @param seed a 32-bit integer as for `RandomState(int)`, or a list of 32-bit words as for `RandomState(list)`;
   * CPython's `random.seed(k)` is `[k]` for k below 2³²
   */
  constructor(seed: number | readonly number[]) {
    const key = typeof seed === "number" ? [seed] : seed;
    if (key.length === 0 || key.some((word) => word !== word >>> 0)) {
      throw new RangeError(
        `Cannot seed MT19937 with ${JSON.stringify(seed)}: expected 32-bit words, one at least`,
      );
    }
    if (typeof seed === "number") this.#seedInteger(seed);
    else this.#seedKey(seed);
  }

  /** Uniform 32-bit integer. */
  next32(): number {
    if (this.#index === SIZE) this.#twist();
    let word = this.#words[this.#index++]!;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  }

  /** Uniform double in [0, 1) with 53 bits: `random_sample()`. */
  randomSample(): number {
    const high = this.next32() >>> 5;
    return (high * 2 ** 26 + (this.next32() >>> 6)) / 2 ** 53;
  }

  /** `uniform(low, high)`. */
  uniform(low: number, high: number): number {
    return low + (high - low) * this.randomSample();
  }

  /**
   * Uniform integer in [low, high), by masked rejection: `randint(low, high)`. One value draws nothing.
   * @throws {RangeError} unless 0 < high − low ≤ 2³²
   */
  randint(low: number, high: number): number {
    const range = high - 1 - low;
    if (!(Number.isSafeInteger(low) && range === range >>> 0)) {
      throw new RangeError(`Cannot draw randint from [${low}, ${high}): expected 0 < high - low <= 2^32`);
    }
    return low + this.#interval(range);
  }

  /**
   * `size` indices of a population of n: `choice(n, size, replace)`.
   * @returns `[size]`
   */
  choice(n: number, size: number, replace = true): number[] {
    if (!(n >= 1 && size >= 0 && (replace || size <= n))) {
      throw new RangeError(
        `Cannot choose ${size} of ${n}: expected a population >= 1, no smaller than the sample`,
      );
    }
    if (replace) return Array.from({ length: size }, () => this.randint(0, n));
    return this.permutation(n).slice(0, size);
  }

  /** Shuffles in place: `shuffle(x)`. */
  shuffle<T>(values: T[]): void {
    shuffleWith(values, (last) => this.#interval(last));
  }

  /** 0 … n−1 in random order: `permutation(n)`. */
  permutation(n: number): number[] {
    const values = Array.from({ length: n }, (_, i) => i);
    this.shuffle(values);
    return values;
  }

  /** Shuffles in place as CPython's `random.Random.shuffle` does, which takes the high bits of a draw. */
  shuffleLikePython<T>(values: T[]): void {
    shuffleWith(values, (last) => {
      const unusedBits = Math.clz32(last + 1);
      let value: number;
      do value = this.next32() >>> unusedBits; while (value > last);
      return value;
    });
  }

  /** The state as 625 words: the generator's words and the index of the next one. */
  save(): number[] {
    return [...this.#words, this.#index];
  }

  /** Continues from what `save` gave. */
  restore(state: ArrayLike<number>): void {
    const given = Array.from(state);
    const index = given[SIZE];
    if (given.length !== SIZE + 1 || given.some((word) => word !== word >>> 0) || index! > SIZE) {
      throw new RangeError(
        `Cannot restore MT19937 from ${given.length} words: expected 624 and an index up to 624`,
      );
    }
    this.#words.set(given.slice(0, SIZE));
    this.#index = index!;
  }

  #seedInteger(seed: number): void {
    const words = this.#words;
    words[0] = seed;
    for (let i = 1; i < SIZE; i++) {
      const previous = words[i - 1]!;
      words[i] = Math.imul(1812433253, previous ^ (previous >>> 30)) + i;
    }
    this.#index = SIZE;
  }

  #seedKey(key: readonly number[]): void {
    const words = this.#words;
    this.#seedInteger(19650218);
    let i = 1;
    const mixed = (factor: number): number => {
      const previous = words[i - 1]!;
      return words[i]! ^ Math.imul(previous ^ (previous >>> 30), factor);
    };
    const advance = (): void => {
      if (++i < SIZE) return;
      words[0] = words[SIZE - 1]!;
      i = 1;
    };
    const rounds = Math.max(SIZE, key.length);
    for (let round = 0; round < rounds; round++) {
      const k = round % key.length;
      words[i] = mixed(1664525) + key[k]! + k;
      advance();
    }
    for (let round = 1; round < SIZE; round++) {
      words[i] = mixed(1566083941) - i;
      advance();
    }
    words[0] = 0x80000000;
  }

  #twist(): void {
    const words = this.#words;
    for (let i = 0; i < SIZE; i++) {
      const next = words[(i + 1) % SIZE]!;
      const joined = (words[i]! & ~LOWER_MASK) | (next & LOWER_MASK);
      words[i] = words[(i + SHIFT) % SIZE]! ^ (joined >>> 1) ^ ((joined & 1) === 1 ? TWIST : 0);
    }
    this.#index = 0;
  }

  /** Uniform in [0, max]: draws masked to max's bits until one fits. */
  #interval(max: number): number {
    if (max === 0) return 0;
    const mask = 0xffffffff >>> Math.clz32(max);
    let value: number;
    do value = (this.next32() & mask) >>> 0; while (value > max);
    return value;
  }
}

function shuffleWith<T>(values: T[], drawUpTo: (last: number) => number): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = drawUpTo(i);
    const kept = values[i]!;
    values[i] = values[j]!;
    values[j] = kept;
  }
}
