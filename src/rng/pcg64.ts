/**
 * numpy's `Generator(PCG64(SeedSequence(seed)))`, number for number.
 * @module
 */

import { advancePcg64, multiplyHigh, nextPcg64, PCG_LAYOUT } from "./pcg64_core.ts";
import { seedSequence } from "./seed_sequence.ts";

/** The generator's state as numpy prints it: 128-bit numbers as decimal strings. */
export interface NumpyPcg64State {
  readonly state: string;
  readonly inc: string;
  /** 1 while the high half of a 64-bit output waits to be the next 32-bit draw. */
  readonly has_uint32: number;
  /** That half, or the last one that was. */
  readonly uinteger: number;
}

/** How `choice` draws. */
export interface ChoiceOptions {
  /** Whether an index may come up more than once; default true. */
  readonly replace?: boolean;
  /** `[n]`: probability of each index, summing to 1; default uniform. */
  readonly p?: ArrayLike<number>;
}

const TWO_32 = 2 ** 32;
/** Beyond this population numpy shuffles a tail instead of using Floyd's method, unless the sample is tiny. */
const TAIL_SHUFFLE_POPULATION = 10_000;
const TAIL_SHUFFLE_DIVISOR = 50;

/**
 * numpy's default generator. Every method names the numpy call that it reproduces; draws of several methods may be
 * mixed in any order as they may in numpy (the buffered half of `next32` survives 64-bit draws).
 *
 * Verified against numpy 2.4.6.
 *
 * @example
 * ```ts
 * import { Pcg64 } from "relay/rng/pcg64.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const rng = new Pcg64(0); // numpy.random.default_rng(0)
 * assertEquals(rng.random(), 0.6369616873214543);
 * assertEquals(new Pcg64(0).permutation(5).length, 5);
 * ```
 */
export class Pcg64 {
  readonly #words = new Uint32Array(PCG_LAYOUT.length);

  /** @param seed nonnegative integer of any size; a number must be below 2⁵³ */
  constructor(seed: number | bigint) {
    this.seed(seed);
  }

  /**
   * Starts again as `new Pcg64(seed)` does.
   * @throws {RangeError} for a seed that is not a nonnegative integer
   */
  seed(seed: number | bigint): void {
    const entropy = seedWords(seed);
    const key = seedSequence(entropy, 8);
    const words = this.#words.fill(0);
    // Of the four 64-bit seeds the first of each pair is the high one; increment = (sequence << 1) | 1.
    const start = [key[2]!, key[3]!, key[0]!, key[1]!];
    const sequence = [key[6]!, key[7]!, key[4]!, key[5]!];
    for (let i = 0; i < 4; i++) words[4 + i] = (sequence[i]! << 1) | (i === 0 ? 1 : sequence[i - 1]! >>> 31);
    advancePcg64(words);
    let carry = 0;
    for (let i = 0; i < 4; i++) {
      const sum = words[i]! + start[i]! + carry;
      words[i] = sum;
      carry = sum >= TWO_32 ? 1 : 0;
    }
    advancePcg64(words);
  }

  /** Uniform 64-bit integer: `bit_generator.random_raw()`. Slow for its BigInt; nothing else here uses one. */
  next64(): bigint {
    nextPcg64(this.#words);
    return (BigInt(this.#words[9]!) << 32n) | BigInt(this.#words[8]!);
  }

  /** Uniform 32-bit integer; the low half of a 64-bit output first, the high half next time. */
  next32(): number {
    const words = this.#words;
    if (words[10] === 1) {
      words[10] = 0;
      return words[11]!;
    }
    nextPcg64(words);
    words[10] = 1;
    words[11] = words[9]!;
    return words[8]!;
  }

  /** Uniform double in [0, 1) with 53 bits: `random()`. */
  random(): number {
    const words = this.#words;
    nextPcg64(words);
    return (words[9]! * 2 ** 21 + (words[8]! >>> 11)) / 2 ** 53;
  }

  /** Uniform single-precision number in [0, 1) with 24 bits: `random(dtype=float32)`. */
  randomFloat32(): number {
    return (this.next32() >>> 8) / 2 ** 24;
  }

  /** `uniform(low, high)`. */
  uniform(low: number, high: number): number {
    return low + (high - low) * this.random();
  }

  /**
   * Uniform integer in [low, high): `integers(low, high)`, by Lemire's multiplication with 32 bits where the range
   * allows it and with 64 bits otherwise. A range of one value draws nothing.
   * @throws {RangeError} unless both are safe integers and low < high
   */
  integers(low: number, high: number): number {
    const range = high - 1 - low;
    if (!(Number.isSafeInteger(low) && Number.isSafeInteger(high) && range >= 0)) {
      throw new RangeError(`Cannot draw integers from [${low}, ${high}): expected safe integers, low < high`);
    }
    if (range < TWO_32) return low + this.#bounded32(range);
    return Number(BigInt(low) + this.#bounded64(BigInt(range)));
  }

  /**
   * Uniform integer in [low, high) for ranges beyond 2⁵³: `integers(low, high, dtype=int64 or uint64)`.
   * @throws {RangeError} unless 0 < high − low ≤ 2⁶⁴
   */
  integers64(low: bigint, high: bigint): bigint {
    const range = high - 1n - low;
    if (range < 0n || range >= 2n ** 64n) {
      throw new RangeError(`Cannot draw integers from [${low}, ${high}): expected 0 < high - low <= 2^64`);
    }
    if (range < 2n ** 32n) return low + BigInt(this.#bounded32(Number(range)));
    return low + this.#bounded64(range);
  }

  /**
   * `size` indices of a population of n: `choice(n, size, replace, p)`.
   * @returns `[size]`
   * @throws {RangeError} for an empty population, too large a sample or unfit probabilities
   */
  choice(n: number, size: number, options: ChoiceOptions = {}): number[] {
    const replace = options.replace ?? true;
    if (!(Number.isSafeInteger(n) && n > 0 && Number.isSafeInteger(size) && size >= 0)) {
      throw new RangeError(`Cannot choose ${size} of ${n}: expected a population >= 1 and a sample >= 0`);
    }
    if (!replace && size > n) throw new RangeError(`Cannot choose ${size} of ${n} without replacement`);
    if (options.p) {
      const p = Float64Array.from(options.p);
      checkProbabilities(p, n);
      return replace ? this.#chooseWeighted(cumulative(p), size) : this.#chooseDistinctWeighted(p, size);
    }
    if (replace) return Array.from({ length: size }, () => this.integers(0, n));
    const byTail = n > TAIL_SHUFFLE_POPULATION && size > Math.floor(n / TAIL_SHUFFLE_DIVISOR);
    return byTail ? this.#chooseByTailShuffle(n, size) : this.#chooseByFloyd(n, size);
  }

  /** Shuffles in place: `shuffle(x)`. Fisher–Yates from the end, indices by masked rejection. */
  shuffle<T>(values: { length: number; [index: number]: T }): void {
    for (let i = values.length - 1; i > 0; i--) swap(values, i, this.#interval(i));
  }

  /**
   * 0 … n−1 in random order: `permutation(n)`.
   * @returns `[n]`
   */
  permutation(n: number): number[] {
    const values = Array.from({ length: n }, (_, i) => i);
    this.shuffle(values);
    return values;
  }

  /** The state as ten 32-bit words: state and increment (lowest word first), has_uint32, uinteger. */
  save(): number[] {
    const words = this.#words;
    return [...words.subarray(0, 8), words[10]!, words[11]!];
  }

  /**
   * Continues from what `save` gave.
   * @throws {RangeError} for anything but ten 32-bit words
   */
  restore(state: ArrayLike<number>): void {
    const given = Array.from(state);
    if (given.length !== 10 || given.some((word) => word !== word >>> 0)) {
      throw new RangeError(`Cannot restore PCG64 from [${given.join(", ")}]: expected ten 32-bit words`);
    }
    this.#words.set(given.slice(0, 8));
    this.#words[10] = given[8]!;
    this.#words[11] = given[9]!;
  }

  /** The state as `bit_generator.state` has it, in decimal. */
  toNumpyState(): NumpyPcg64State {
    const words = this.#words;
    return {
      state: joinWords(words.subarray(0, 4)).toString(),
      inc: joinWords(words.subarray(4, 8)).toString(),
      has_uint32: words[10]!,
      uinteger: words[11]!,
    };
  }

  /** Continues from a numpy state; the counterpart of `toNumpyState`. */
  fromNumpyState(saved: NumpyPcg64State): void {
    const state = splitWords(BigInt(saved.state), 4);
    this.restore([...state, ...splitWords(BigInt(saved.inc), 4), saved.has_uint32, saved.uinteger]);
  }

  /** Uniform in [0, range], range < 2³²; D. Lemire, "Fast Random Integer Generation in an Interval" (2019). */
  #bounded32(range: number): number {
    if (range === 0) return 0;
    if (range === 0xffffffff) return this.next32();
    const count = range + 1;
    let draw = this.next32();
    let leftover = Math.imul(draw, count) >>> 0;
    if (leftover < count) {
      const threshold = (0xffffffff - range) % count;
      while (leftover < threshold) {
        draw = this.next32();
        leftover = Math.imul(draw, count) >>> 0;
      }
    }
    return multiplyHigh(draw, count);
  }

  /** The same with 64-bit draws, 2³² ≤ range < 2⁶⁴. */
  #bounded64(range: bigint): bigint {
    const max = 2n ** 64n - 1n;
    if (range === max) return this.next64();
    const count = range + 1n;
    const threshold = (max - range) % count;
    let product = this.next64() * count;
    while ((product & max) < threshold) product = this.next64() * count;
    return product >> 64n;
  }

  /** Uniform in [0, max] by masked rejection, which numpy uses for shuffles only. */
  #interval(max: number): number {
    const mask = 0xffffffff >>> Math.clz32(max);
    let value: number;
    do value = (this.next32() & mask) >>> 0; while (value > max);
    return value;
  }

  #chooseByFloyd(n: number, size: number): number[] {
    const chosen = new Set<number>();
    for (let last = n - size; last < n; last++) {
      const value = this.integers(0, last + 1);
      chosen.add(chosen.has(value) ? last : value);
    }
    const order = [...chosen];
    for (let i = size - 1; i > 0; i--) swap(order, i, this.#bounded32(i));
    return order;
  }

  #chooseByTailShuffle(n: number, size: number): number[] {
    const values = Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i >= Math.max(n - size, 1); i--) swap(values, i, this.#bounded32(i));
    return values.slice(n - size);
  }

  #chooseWeighted(cdf: Float64Array, size: number): number[] {
    return Array.from({ length: size }, () => firstAbove(cdf, this.random()));
  }

  /** numpy draws all that are missing at once, keeps the first of each, and tries again with those at weight 0. */
  #chooseDistinctWeighted(p: Float64Array, size: number): number[] {
    if (p.filter((probability) => probability > 0).length < size) {
      throw new RangeError(`Cannot choose ${size} without replacement: fewer entries of p are above 0`);
    }
    const chosen = new Set<number>();
    while (chosen.size < size) {
      for (const index of chosen) p[index] = 0;
      for (const index of this.#chooseWeighted(cumulative(p), size - chosen.size)) chosen.add(index);
    }
    return [...chosen];
  }
}

function seedWords(seed: number | bigint): number[] {
  const valid = typeof seed === "bigint" ? seed >= 0n : Number.isSafeInteger(seed) && seed >= 0;
  if (!valid) throw new RangeError(`Cannot seed PCG64 with ${seed}: expected an integer >= 0`);
  const value = BigInt(seed);
  return splitWords(value, Math.max(1, Math.ceil(value.toString(16).length / 8)));
}

function splitWords(value: bigint, count: number): number[] {
  return Array.from({ length: count }, (_, i) => Number((value >> BigInt(32 * i)) & 0xffffffffn));
}

function joinWords(words: Uint32Array): bigint {
  return words.reduceRight((value, word) => (value << 32n) | BigInt(word), 0n);
}

function swap<T>(values: { length: number; [index: number]: T }, i: number, j: number): void {
  const kept = values[i]!;
  values[i] = values[j]!;
  values[j] = kept;
}

function checkProbabilities(p: Float64Array, n: number): void {
  const sum = p.reduce((total, probability) => total + probability, 0);
  const unfit = p.length !== n || p.some((probability) => !(probability >= 0)) || Math.abs(sum - 1) > 1e-8;
  if (unfit) {
    throw new RangeError(
      `Cannot choose of ${n}: p has ${p.length} entries >= 0 of sum ${sum}, expected sum 1`,
    );
  }
}

function cumulative(p: Float64Array): Float64Array {
  const cdf = new Float64Array(p.length);
  let total = 0;
  for (let i = 0; i < p.length; i++) cdf[i] = total += p[i]!;
  return cdf.map((value) => value / total);
}

/** Index of the first entry above x: `searchsorted(x, side="right")`. */
function firstAbove(cdf: Float64Array, x: number): number {
  let low = 0;
  let high = cdf.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (cdf[middle]! > x) high = middle;
    else low = middle + 1;
  }
  return low;
}
