/**
 * The ranges that profiles of sharing are counted in.
 * @module
 */
import { fixed } from "relay/notebook/format.ts";
import { naturalBins } from "relay/stats/natural_bins.ts";
import type { ValueRange } from "relay/stats/sharing_profile.ts";

const MOST_REWARDS = 6;
const TIMES = 10;
/** Where ranges of distances begin, moves. */
const DISTANCES = [0, 1, 2, 3, 4, 5, 6, 8, 11];

/** Clumps of rewards, from one's least to the next one's, with as many decimals as tell them apart. */
export function rewardRanges(rewards: Float32Array): ValueRange[] {
  const bins = naturalBins(rewards, MOST_REWARDS);
  const areToldApart = (digits: number) =>
    bins.every(({ high }, k) =>
      k + 1 === bins.length || fixed(high, digits) !== fixed(bins[k + 1]!.low, digits)
    );
  const digits = [2, 3, 4].find(areToldApart) ?? 4;
  return bins.map(({ low, high }, k) => {
    const [from, to] = [fixed(low, digits), fixed(high, digits)];
    return { label: from === to ? from : `${from} to ${to}`, from: low, below: bins[k + 1]?.low ?? Infinity };
  });
}

/** Equal parts of an episode, joint steps. */
export function timeRanges(maxEpisodeSteps: number): ValueRange[] {
  const width = Math.ceil(maxEpisodeSteps / TIMES);
  return Array.from({ length: TIMES }, (_, k) => ({
    label: `${k * width}–${(k + 1) * width - 1}`,
    from: k * width,
    below: (k + 1) * width,
  }));
}

/** Distances one by one, then more and more together, moves. */
export function distanceRanges(): ValueRange[] {
  return DISTANCES.map((from, k) => {
    const below = DISTANCES[k + 1] ?? Infinity;
    const label = below === from + 1
      ? String(from)
      : below === Infinity
      ? `${from} or more`
      : `${from}–${below - 1}`;
    return { label, from, below };
  });
}
