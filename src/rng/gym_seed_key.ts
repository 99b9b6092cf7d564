/**
 * How gym up to 0.21 turned an environment's seed into a key for `RandomState`.
 * @module
 */

import { createHash } from "node:crypto";

/**
 * The words that gym's `seeding.np_random(seed)` gives to `RandomState.seed`: the first 8 bytes of the SHA-512 of the
 * seed's decimal text, as little-endian 32-bit words without leading zero words.
 *
 * @example
 * ```ts
 * import { gymSeedKey } from "relay/rng/gym_seed_key.ts";
 * import { Mt19937 } from "relay/rng/mt19937.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(gymSeedKey(0), [547404849, 309914516]);
 * assertEquals(new Mt19937(gymSeedKey(0)).randomSample(), 0.05436005625078322);
 * ```
 */
export function gymSeedKey(seed: number): number[] {
  if (!(Number.isSafeInteger(seed) && seed >= 0)) {
    throw new RangeError(`Cannot derive gym's key from seed ${seed}: expected an integer in [0, 2^53)`);
  }
  const digest = createHash("sha512").update(String(seed)).digest();
  const low = digest.readUInt32LE(0);
  const high = digest.readUInt32LE(4);
  return high === 0 ? [low] : [low, high];
}
