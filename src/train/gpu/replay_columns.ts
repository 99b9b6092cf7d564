import type { ParallelEnv } from "relay/env/parallel_env.ts";
import { obsArray } from "relay/replay/fragment.ts";
import type { ReplayColumns } from "relay/replay/prioritized_replay.ts";

/** Empty columns for transitions of one agent of an environment. */
export function newColumns(env: ParallelEnv, slots: number): ReplayColumns {
  const { obsDtype } = env.describe();
  return {
    obs: obsArray(obsDtype, slots * env.O),
    nextObs: obsArray(obsDtype, slots * env.O),
    actions: new Uint8Array(slots),
    rewards: new Float32Array(slots),
    terminated: new Uint8Array(slots),
    truncated: new Uint8Array(slots),
  };
}
