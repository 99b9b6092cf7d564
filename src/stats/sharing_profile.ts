/** Values from `from` to just below `below`, and what the range is called. */
export interface ValueRange {
  readonly label: string;
  readonly from: number;
  readonly below: number;
}

/** How many transitions of a range were collected, and how many of these were sent. */
export interface ProfileBin {
  readonly label: string;
  readonly collected: number;
  readonly sent: number;
}

/** One property of transitions, such as their reward, and which of them were sent. */
export interface ProfiledTransitions {
  /** `[n]`; NaN where a transition has no such property: it is not counted. */
  readonly values: ArrayLike<number>;
  /** `[n]`, 1 for a transition that was sent. */
  readonly isSent: Uint8Array;
}

/**
 * What a way of sharing picks: sent and collected transitions by ranges of one property. A rule that does not look at the property, nor at
 * anything that goes with it, sends the same fraction of every range.
 *
 * @example
 * ```ts
 * import { sharingProfile } from "relay/stats/sharing_profile.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const rewards = [-0.1, -0.1, 5, -0.1];
 * const ranges = [{ label: "nothing", from: -1, below: 0 }, { label: "a capture", from: 0, below: Infinity }];
 * assertEquals(sharingProfile({ values: rewards, isSent: Uint8Array.of(0, 0, 1, 1) }, ranges), [
 *   { label: "nothing", collected: 3, sent: 1 },
 *   { label: "a capture", collected: 1, sent: 1 },
 * ]);
 * ```
 */
export function sharingProfile(
  { values, isSent }: ProfiledTransitions,
  ranges: readonly ValueRange[],
): ProfileBin[] {
  if (values.length !== isSent.length) {
    throw new RangeError(
      `Cannot profile ${values.length} transitions: there are ${isSent.length} marks of what was sent, expected as many`,
    );
  }
  return ranges.map(({ label, from, below }) => {
    let collected = 0;
    let sent = 0;
    for (let k = 0; k < values.length; k++) {
      if (!(values[k]! >= from && values[k]! < below)) continue;
      collected++;
      sent += isSent[k]!;
    }
    return { label, collected, sent };
  });
}

/** The counts of several runs together; all with the same ranges. */
export function pooledProfile(profiles: readonly (readonly ProfileBin[])[]): ProfileBin[] {
  const [first = []] = profiles;
  return first.map(({ label }, k) => ({
    label,
    collected: profiles.reduce((sum, bins) => sum + bins[k]!.collected, 0),
    sent: profiles.reduce((sum, bins) => sum + bins[k]!.sent, 0),
  }));
}
