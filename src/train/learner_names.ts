import { makeEnv } from "relay/env/registry.ts";
import { teamOfAgent } from "relay/env/teams.ts";
import type { TrainConfig } from "relay/train/config.ts";

/** Names of the agents that a run's networks are for: all but frozen opponents. */
export function learnerNames({ env, opponents }: Pick<TrainConfig, "env" | "opponents">): readonly string[] {
  const { agents } = makeEnv(env.id, env.options).describe();
  if (opponents?.policies === undefined) return agents;
  return agents.filter((name) => teamOfAgent(name) !== opponents.team);
}
