/**
 * One step of the PCG64 generator (XSL-RR 128/64; M. E. O'Neill, "PCG: A Family of Simple Fast Space-Efficient
 * Statistically Good Algorithms for Random Number Generation", 2014) in 32-bit arithmetic: BigInt would be some
 * twenty times slower.
 * @module
 */

/** Where each 32-bit word of a generator lies; 128-bit numbers begin with their lowest word. */
export const PCG_LAYOUT = {
  state: 0,
  increment: 4,
  outLow: 8,
  outHigh: 9,
  hasHalf: 10,
  half: 11,
  length: 12,
};

// 2549297995355413924·2⁶⁴ + 4865540595714422341, lowest word first.
const M0 = 0x9fccf645;
const M1 = 0x4385df64;
const M2 = 0x1fc65da4;
const M3 = 0x2360ed05;
const TWO_MINUS_32 = 2 ** -32;

/**
 * The high 32 bits of the 64-bit product of two unsigned 32-bit integers.
 *
 * @example
 * ```ts
 * import { multiplyHigh } from "relay/rng/pcg64_core.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(multiplyHigh(0xffffffff, 0xffffffff), 0xfffffffe);
 * ```
 */
export function multiplyHigh(x: number, y: number): number {
  const xLow = x & 0xffff;
  const xHigh = x >>> 16;
  const yLow = y & 0xffff;
  const yHigh = y >>> 16;
  const u = (Math.imul(xHigh, yLow) >>> 0) + (Math.imul(xLow, yLow) >>> 16);
  const v = (Math.imul(xLow, yHigh) >>> 0) + (u & 0xffff);
  return (Math.imul(xHigh, yHigh) + (u >>> 16) + (v >>> 16)) >>> 0;
}

/** state ← state · M + increment mod 2¹²⁸; stores to a `Uint32Array` drop what exceeds 32 bits. */
export function advancePcg64(words: Uint32Array): void {
  const a = words[0]!;
  const b = words[1]!;
  const c = words[2]!;
  const d = words[3]!;
  let sum = (Math.imul(a, M0) >>> 0) + words[4]!;
  words[0] = sum;
  sum = (sum > 0xffffffff ? 1 : 0) + multiplyHigh(a, M0) + (Math.imul(a, M1) >>> 0) +
    (Math.imul(b, M0) >>> 0) + words[5]!;
  words[1] = sum;
  sum = Math.floor(sum * TWO_MINUS_32) + multiplyHigh(a, M1) + multiplyHigh(b, M0) +
    (Math.imul(a, M2) >>> 0) + (Math.imul(b, M1) >>> 0) + (Math.imul(c, M0) >>> 0) + words[6]!;
  words[2] = sum;
  words[3] = Math.floor(sum * TWO_MINUS_32) + multiplyHigh(a, M2) + multiplyHigh(b, M1) +
    multiplyHigh(c, M0) +
    Math.imul(a, M3) + Math.imul(b, M2) + Math.imul(c, M1) + Math.imul(d, M0) + words[7]!;
}

/** Advances, then writes the 64-bit output: both halves of the state xored, rotated right by its top six bits. */
export function nextPcg64(words: Uint32Array): void {
  advancePcg64(words);
  const top = words[3]!;
  let low = top ^ words[1]!;
  let high = words[2]! ^ words[0]!;
  const rotation = top >>> 26;
  if (rotation < 32) {
    const swap = low;
    low = high;
    high = swap;
  }
  // Shift counts count modulo 32, so the usual `32 - n` would be wrong for n = 0; two shifts are right for all n.
  const n = rotation & 31;
  words[8] = (low >>> n) | (high << 1 << (31 - n));
  words[9] = (high >>> n) | (low << 1 << (31 - n));
}
