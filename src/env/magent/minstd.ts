/**
 * `std::minstd_rand0`, the default random engine of libstdc++, with which MAgent2 on Linux draws (spec/env_magent.md §3).
 * @module
 */

const MODULUS = 2 ** 31 - 1;
const MULTIPLIER = 16807;

/**
 * The generator's next state, which is also the number drawn: 16807 · x mod (2³¹ − 1), in [1, 2³¹ − 2].
 *
 * @example
 * ```ts
 * import { nextMinstd, seedMinstd } from "relay/env/magent/minstd.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const first = nextMinstd(seedMinstd(1));
 * assertEquals([first, nextMinstd(first)], [16807, 282475249]);
 * ```
 */
export function nextMinstd(state: number): number {
  const product = MULTIPLIER * state;
  // 2³¹ ≡ 1, so the two halves of the product add up; a division with remainder of doubles would be slow.
  const high = Math.floor(product / 2 ** 31);
  const sum = high + (product - high * 2 ** 31);
  return sum >= MODULUS ? sum - MODULUS : sum;
}

/** The state after seeding; the original passes seeds through a C `int`, so that only their low 32 bits count. */
export function seedMinstd(seed: number): number {
  const int = seed | 0;
  // A negative int becomes 2⁶⁴ − |int|, and 2⁶⁴ ≡ 4.
  const state = (int < 0 ? int + 4 + 2 * MODULUS : int) % MODULUS;
  return state === 0 ? 1 : state;
}

/** Whether a number can be a state. */
export function isMinstdState(state: number): boolean {
  return Number.isInteger(state) && state >= 1 && state < MODULUS;
}
