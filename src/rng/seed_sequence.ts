/**
 * numpy's `SeedSequence`: turns entropy of any length into well-mixed 32-bit words.
 * @module
 */

const HASH_START = 0x43b0d7e5;
const HASH_FACTOR = 0x931e8875;
const OUTPUT_START = 0x8b51f9dd;
const OUTPUT_FACTOR = 0x58f38ded;
const MIX_LEFT = 0xca01f9dd;
const MIX_RIGHT = 0x4973f715;
const POOL_WORDS = 4;

function mix(x: number, y: number): number {
  const r = Math.imul(MIX_LEFT, x) - Math.imul(MIX_RIGHT, y);
  return (r ^ (r >>> 16)) >>> 0;
}

/** Mixes entropy words into the pool of four 32-bit words; missing words count as 0. */
function mixPool(entropy: ArrayLike<number>): Uint32Array {
  let factor = HASH_START;
  const hash = (word: number): number => {
    word ^= factor;
    factor = Math.imul(factor, HASH_FACTOR);
    word = Math.imul(word, factor);
    return (word ^ (word >>> 16)) >>> 0;
  };
  const pool = new Uint32Array(POOL_WORDS);
  for (let i = 0; i < POOL_WORDS; i++) pool[i] = hash(entropy[i] ?? 0);
  for (let source = 0; source < POOL_WORDS; source++) {
    for (let target = 0; target < POOL_WORDS; target++) {
      if (source !== target) pool[target] = mix(pool[target]!, hash(pool[source]!));
    }
  }
  for (let i = POOL_WORDS; i < entropy.length; i++) {
    for (let target = 0; target < POOL_WORDS; target++) pool[target] = mix(pool[target]!, hash(entropy[i]!));
  }
  return pool;
}

/**
 * The first `count` 32-bit words that numpy's `SeedSequence(entropy).generate_state(count)` gives.
 *
 * The hash is that of M. E. O'Neill, "Developing a seed_seq Alternative" (2015), with numpy's constants.
 *
 * @param entropy 32-bit words, least significant first
 * @param count words wanted
 * @returns `Uint32Array [count]`
 *
 * @example
 * ```ts
 * import { seedSequence } from "relay/rng/seed_sequence.ts";
 * import { assertEquals } from "@std/assert";
 *
 * // numpy.random.SeedSequence(42).generate_state(2)
 * assertEquals([...seedSequence([42], 2)], [3444837047, 2669555309]);
 * ```
 */
export function seedSequence(entropy: ArrayLike<number>, count: number): Uint32Array {
  const pool = mixPool(entropy);
  const words = new Uint32Array(count);
  let factor = OUTPUT_START;
  for (let i = 0; i < count; i++) {
    let word = pool[i % POOL_WORDS]! ^ factor;
    factor = Math.imul(factor, OUTPUT_FACTOR);
    word = Math.imul(word, factor);
    words[i] = word ^ (word >>> 16);
  }
  return words;
}
