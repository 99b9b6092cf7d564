import type { SuperDqnConfig } from "relay/algo/super_dqn_config.ts";
import { OpposedEnv, requireOpponents } from "relay/env/opposed_env.ts";
import type { ParallelEnv } from "relay/env/parallel_env.ts";
import { FrozenOpponents, type OpponentExploration } from "relay/train/frozen_opponents.ts";
import { readPolicies, requireFit } from "relay/train/stored_policies.ts";

/** An environment, and what frees the memory of those who play in it. */
export interface LearningEnv {
  readonly env: ParallelEnv;
  readonly dispose: () => void;
}

/**
 * An environment as those who learn see it: with frozen opponents inside, where the config names them; else as it is, with everybody in it.
 * @param env of all teams, already reset
 * @param exploration how opponents explore; absent in evaluations, where they are greedy
 * @throws {RangeError} for opponents that the environment has not
 * @throws {ConfigError} for policies that are missing or do not fit
 */
export function learningEnv(
  env: ParallelEnv,
  { opponents }: Pick<SuperDqnConfig, "opponents">,
  exploration?: OpponentExploration,
): LearningEnv {
  if (!opponents) return { env, dispose: () => {} };
  const { team, policies } = opponents;
  requireOpponents(env, team);
  if (policies === undefined) return { env, dispose: () => {} };
  const stored = readPolicies(policies);
  requireFit(stored, env, team);
  const frozen = new FrozenOpponents(stored, env.E, exploration);
  return { env: new OpposedEnv(env, team, frozen), dispose: () => frozen.dispose() };
}
