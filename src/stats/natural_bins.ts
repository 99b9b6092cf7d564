/** Neighbouring values that belong together. */
export interface NaturalBin {
  /** The least and the greatest value in it. */
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/** Values are told apart to this fraction of their range. */
const RESOLUTION = 1 / 400;

/**
 * Groups values that lie in clumps, such as rewards, into few bins: from one bin a value on, the two neighbours whose union adds least to
 * the squared distances from the bins' means are joined (Ward 1963, on a line), until few enough are left.
 * @param most bins at most
 * @returns in rising order; every value lies in one of them; empty without values
 *
 * @example
 * ```ts
 * import { naturalBins } from "relay/stats/natural_bins.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const bins = naturalBins([0, 0, 0, 5, 5.1, 10], 3);
 * assertEquals(bins.map(({ low, high, count }) => [low, high, count]), [[0, 0, 3], [5, 5.1, 2], [10, 10, 1]]);
 * ```
 */
export function naturalBins(values: Float32Array | readonly number[], most: number): NaturalBin[] {
  const bins = distinctBins(values);
  while (bins.length > most) {
    let least = 0;
    for (let k = 1; k + 1 < bins.length; k++) {
      if (costOfJoining(bins[k]!, bins[k + 1]!) < costOfJoining(bins[least]!, bins[least + 1]!)) least = k;
    }
    bins.splice(least, 2, joined(bins[least]!, bins[least + 1]!));
  }
  return bins.map(({ low, high, count }) => ({ low, high, count }));
}

interface Clump extends NaturalBin {
  readonly sum: number;
}

function distinctBins(values: Float32Array | readonly number[]): Clump[] {
  const ascending = Float64Array.from(values).sort();
  const resolution = RESOLUTION * (ascending.at(-1)! - ascending[0]!);
  const bins: Clump[] = [];
  for (const value of ascending) {
    const one = { low: value, high: value, count: 1, sum: value };
    const last = bins.at(-1);
    if (last && value - last.low <= resolution) bins[bins.length - 1] = joined(last, one);
    else bins.push(one);
  }
  return bins;
}

function joined(a: Clump, b: Clump): Clump {
  return { low: a.low, high: b.high, count: a.count + b.count, sum: a.sum + b.sum };
}

function costOfJoining(a: Clump, b: Clump): number {
  return (a.sum / a.count - b.sum / b.count) ** 2 * a.count * b.count / (a.count + b.count);
}
