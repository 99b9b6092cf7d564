/**
 * Name of the team that an agent belongs to: agents are called `<team>_<number>`.
 *
 * @example
 * ```ts
 * import { teamOfAgent } from "relay/env/teams.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(["red_0", "red_11", "lonely"].map(teamOfAgent), ["red", "red", "lonely"]);
 * ```
 */
export function teamOfAgent(agent: string): string {
  return agent.replace(/_\d+$/, "");
}

/**
 * Places of the agents of the learning team: all but the opponents', where there are any.
 *
 * @example
 * ```ts
 * import { learnersAmong } from "relay/env/teams.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(learnersAmong(["red_0", "red_1", "blue_0"], { team: "red" }), [2]);
 * assertEquals(learnersAmong(["red_0", "red_1", "blue_0"], undefined), [0, 1, 2]);
 * ```
 */
export function learnersAmong(
  agents: readonly string[],
  opponents: { readonly team: string } | undefined,
): number[] {
  return agents.flatMap((name, i) => teamOfAgent(name) === opponents?.team ? [] : [i]);
}

/** The teams of agents, in the order in which they first appear. */
export function teamsOf(agents: readonly string[]): string[] {
  return [...new Set(agents.map(teamOfAgent))];
}
