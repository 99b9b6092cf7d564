/**
 * Copies of one environment copy's arrays, to be compared later.
 * @module
 */

import type { ParallelEnv } from "./parallel_env.ts";

/** The arrays of one copy by name. */
export type CopyRecord = Readonly<Record<string, Float32Array | Float64Array | Uint8Array | undefined>>;

/** Copies everything that copy e shows, its state refreshed. */
export function recordCopy(env: ParallelEnv, e: number): CopyRecord {
  env.updateState?.();
  const { E, obs, nextObs, rewards, terminated, truncated, alive, actionMask, state } = env;
  const part = <T extends Float32Array | Float64Array | Uint8Array>(array: T): T => {
    const length = array.length / E;
    return array.slice(e * length, (e + 1) * length) as T;
  };
  return {
    obs: part(obs),
    nextObs: part(nextObs),
    rewards: part(rewards),
    terminated: part(terminated),
    truncated: part(truncated),
    ...(alive && { alive: part(alive) }),
    ...(actionMask && { actionMask: part(actionMask) }),
    ...(state && { state: part(state) }),
  };
}

/** The first difference of two records, for example `rewards[3]`, or undefined where there is none. */
export function firstDifference(one: CopyRecord, other: CopyRecord): string | undefined {
  for (const [name, values] of Object.entries(one)) {
    const others = other[name];
    if (!values || !others || values.length !== others.length) return name;
    for (let i = 0; i < values.length; i++) {
      if (!Object.is(values[i], others[i])) return `${name}[${i}]`;
    }
  }
  return undefined;
}

/**
 * Whether each copy's episode ended in the last step: all agents that acted are terminated or truncated.
 * @param aliveBefore `[E, N]`: who acted, where agents can die
 */
export function endedCopies(env: ParallelEnv, aliveBefore?: Uint8Array): boolean[] {
  const { E, N, terminated, truncated } = env;
  return Array.from({ length: E }, (_, e) => {
    for (let i = e * N; i < (e + 1) * N; i++) {
      const acted = !aliveBefore || aliveBefore[i] === 1;
      if (acted && terminated[i] === 0 && truncated[i] === 0) return false;
    }
    return true;
  });
}
