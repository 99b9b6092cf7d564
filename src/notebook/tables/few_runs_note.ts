import { fixed } from "relay/notebook/format.ts";

/**
 * What so few seeds cannot say, see stats/bootstrap.ts; nothing for ten and more.
 * @param counts runs of each arm
 */
export function fewRunsNote(counts: readonly number[]): string[] {
  const present = counts.filter((count) => count > 0);
  const least = Math.min(...present);
  if (present.length === 0 || least >= 10) return [];
  if (least === 1) {
    return ["With one seed an arm, nothing is known of the spread between seeds: intervals have no width."];
  }
  const held = 100 * (1 - 2 * 0.5 ** least);
  return [
    `With ${least} seeds an arm, intervals cannot reach beyond the lowest and the highest seed, and even that range holds the true median in only ${
      fixed(held, held > 99 ? 1 : 0)
    } % of experiments.`,
  ];
}
