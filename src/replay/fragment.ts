import type { ObsDtype } from "relay/env/parallel_env.ts";

/** A flat array that holds observations exactly. */
export type ObsArray = Uint8Array | Float32Array;

/** An array for `length` observation values of the dtype. */
export function obsArray(dtype: ObsDtype, length: number): ObsArray {
  return dtype === "uint8" ? new Uint8Array(length) : new Float32Array(length);
}

/**
 * What N agents experienced in F joint steps, agent-major so that one agent's transitions lie together. Every column
 * describes the same transition t; nothing is shifted.
 */
export interface Fragment {
  /** Joint steps. */
  readonly F: number;
  readonly N: number;
  readonly O: number;
  /** Joint environment step of each t, `[F]`. */
  readonly envSteps: Float64Array;
  /** `[N, F, O]` */
  readonly obs: ObsArray;
  /** `[N, F, O]`: the true o′, before any auto-reset. */
  readonly nextObs: ObsArray;
  /** `[N, F]` */
  readonly actions: Int32Array;
  /** `[N, F]` */
  readonly rewards: Float32Array;
  /** `[N, F]` */
  readonly terminated: Uint8Array;
  /** `[N, F]` */
  readonly truncated: Uint8Array;
  /** `[N, F]`, 0 where the agent was dead before the step: such a row is no experience, and nobody learns or is sent it. */
  readonly alive: Uint8Array;
}

/** An empty fragment for F steps of N agents with observations of length O. */
export function newFragment(F: number, N: number, obs: { O: number; dtype: ObsDtype }): Fragment {
  return {
    F,
    N,
    O: obs.O,
    envSteps: new Float64Array(F),
    obs: obsArray(obs.dtype, N * F * obs.O),
    nextObs: obsArray(obs.dtype, N * F * obs.O),
    actions: new Int32Array(N * F),
    rewards: new Float32Array(N * F),
    terminated: new Uint8Array(N * F),
    truncated: new Uint8Array(N * F),
    alive: new Uint8Array(N * F).fill(1),
  };
}

/** The steps of a fragment before which agent i was alive; its death step, which is terminal, is the last of a life. */
export function livingSteps({ F, alive }: Pick<Fragment, "F" | "alive">, agent: number): number[] {
  const steps: number[] = [];
  for (let t = 0; t < F; t++) if (alive[agent * F + t] === 1) steps.push(t);
  return steps;
}

/** 1 where the target bootstraps from o′, 0 where the return ends; a time limit ends it unless `bootstrapAtTimeLimit`. */
export function notTerminalAt(
  { terminated, truncated }: { readonly terminated: Uint8Array; readonly truncated: Uint8Array },
  row: number,
  bootstrapAtTimeLimit: boolean,
): 0 | 1 {
  return terminated[row] === 1 || (truncated[row] === 1 && !bootstrapAtTimeLimit) ? 0 : 1;
}

/** Bytes of one transition on the wire: both observations, action, reward and the two flags. */
export function transitionBytes(fragment: Fragment): number {
  return 2 * fragment.O * fragment.obs.BYTES_PER_ELEMENT + 1 + 4 + 2;
}
