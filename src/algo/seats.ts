/**
 * Who learns with which network: one an agent, one for all, or one for a team and one each for the rest.
 * @module
 */
import { type ShareConfig, sharesParameters } from "relay/share/share_config.ts";

/** Agents as rows of stacked networks. */
export interface Seats {
  /** Number of networks. */
  readonly P: number;
  /** Rows of each network: as many as the network with the most agents has agents. Rows that nobody has stay zero. */
  readonly S: number;
  /** `[N]`: the network that agent i acts and learns with. */
  readonly networkOf: Int32Array;
  /** `[N]`: row of agent i in `[P, S]`. */
  readonly rowOf: Int32Array;
}

/**
 * Seats for a way of sharing.
 *
 * @example
 * ```ts
 * import { seatsOf } from "relay/algo/seats.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const agents = ["red_0", "red_1", "blue_0", "blue_1", "blue_2"];
 * const { P, S, networkOf, rowOf } = seatsOf({ kind: "parameters", team: "blue" }, agents);
 * assertEquals([P, S], [3, 3]);
 * assertEquals([...networkOf], [0, 1, 2, 2, 2]);
 * assertEquals([...rowOf], [0, 3, 6, 7, 8]);
 * ```
 */
export function seatsOf(share: ShareConfig, agents: readonly string[]): Seats {
  return seatsWhere(agents.map((name) => sharesParameters(share, name)));
}

/** One network for all agents of whom this is true, one each for the rest. */
export function seatsWhere(hasCommonNetwork: readonly boolean[]): Seats {
  let P = 0;
  let common: number | undefined;
  const networkOf = Int32Array.from(hasCommonNetwork, (isCommon) => isCommon ? common ??= P++ : P++);
  return seated(networkOf, P);
}

/** N agents on P networks, in order and equally many on each. */
export function evenSeats(N: number, P: number): Seats {
  return seated(Int32Array.from({ length: N }, (_, i) => Math.floor(i * P / N)), P);
}

function seated(networkOf: Int32Array, P: number): Seats {
  const taken = new Int32Array(P);
  const seatOf = networkOf.map((p) => taken[p]!++);
  const S = Math.max(...taken);
  return { P, S, networkOf, rowOf: networkOf.map((p, i) => p * S + seatOf[i]!) };
}
