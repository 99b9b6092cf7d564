import type { Stream } from "relay/rng/stream.ts";
import { requireFinite } from "relay/stats/finite.ts";

/** Up to this many relabellings are counted one by one (10 against 10 runs: 184,756). */
const EXACT_LIMIT = 200_000;
/** Beyond it, this many are drawn. */
const DRAWS = 20_000;

/**
 * One-sided p-value of "runs of X score higher than runs of Y": the fraction of all ways to relabel the runs whose
 * Mann–Whitney U is at least that seen, ties counting one half. It is exact up to 200,000 relabellings; beyond that
 * 20,000 are drawn and the labels seen count as one more (Phipson and Smyth, 2010), so that the value is never 0.
 *
 * It bounds what few runs can show at all: the smallest value is 1/2 for 1 run against 1, 1/6 for 2 against 2,
 * 1/20 for 3 against 3 and 1/252 for 5 against 5.
 *
 * @param x one score a run [n]
 * @param y one score a run [m]
 * @param stream used only when relabellings are drawn
 * @throws {RangeError} for no run or a score that is not finite
 *
 * @example Three runs that all beat three others: 1 of the 20 relabellings.
 * ```ts
 * import { openStream } from "relay/rng/stream.ts";
 * import { permutationPValue } from "relay/stats/permutation_p_value.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(permutationPValue([7, 8, 9], [1, 2, 3], openStream(1)), 1 / 20);
 * ```
 */
export function permutationPValue(x: readonly number[], y: readonly number[], stream: Stream): number {
  requireFinite(x, "test the difference of runs");
  requireFinite(y, "test the difference of runs");
  const ranks = doubledMidranks([...x, ...y]);
  // For fixed n and m, U is the rank sum of X less a constant, and doubled midranks are integers: sums compare exactly.
  let seen = 0;
  for (let i = 0; i < x.length; i++) seen += ranks[i]!;
  if (binomial(ranks.length, x.length) <= EXACT_LIMIT) return exactFraction(ranks, x.length, seen);
  let atLeast = 1;
  for (let draw = 0; draw < DRAWS; draw++) {
    if (sumOfRandom(ranks, x.length, stream) >= seen) atLeast++;
  }
  return atLeast / (DRAWS + 1);
}

/** Twice the 1-based rank of each value among all, ties sharing the mean of their ranks. */
function doubledMidranks(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return 2 * below + equal + 1;
  });
}

/** Fraction of the subsets of `size` ranks whose sum is at least `seen`, by counting subsets by size and sum. */
function exactFraction(ranks: readonly number[], size: number, seen: number): number {
  const counts = Array.from({ length: size + 1 }, () => new Map<number, number>());
  counts[0]!.set(0, 1);
  for (const rank of ranks) {
    for (let taken = size; taken >= 1; taken--) {
      for (const [sum, count] of counts[taken - 1]!) {
        const into = counts[taken]!;
        into.set(sum + rank, (into.get(sum + rank) ?? 0) + count);
      }
    }
  }
  let atLeast = 0;
  for (const [sum, count] of counts[size]!) if (sum >= seen) atLeast += count;
  return atLeast / binomial(ranks.length, size);
}

/** Sum of `size` ranks drawn without replacement (the first steps of a Fisher–Yates shuffle, in place). */
function sumOfRandom(ranks: number[], size: number, stream: Stream): number {
  let sum = 0;
  for (let i = 0; i < size; i++) {
    const j = i + stream.below(ranks.length - i);
    [ranks[i], ranks[j]] = [ranks[j]!, ranks[i]!];
    sum += ranks[i]!;
  }
  return sum;
}

function binomial(n: number, k: number): number {
  let result = 1;
  for (let i = 1; i <= k; i++) result = Math.round((result * (n - k + i)) / i);
  return result;
}
