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

/** The teams of agents, in the order in which they first appear. */
export function teamsOf(agents: readonly string[]): string[] {
  return [...new Set(agents.map(teamOfAgent))];
}
