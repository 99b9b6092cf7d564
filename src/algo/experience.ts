/**
 * What on-policy learners learn from: a rollout of T steps in E copies, as tensors that are filled in place.
 * @module
 */
import { type HeapTensor, heapTensor } from "relay/tensor/heap_tensor.ts";

/** Rows are agent-major, (i, t, e), so that one agent's experience lies together. Every column describes the same step t. */
export interface Experience {
  readonly N: number;
  readonly T: number;
  readonly E: number;
  /** `[1, N·T·E, O]` */
  readonly obs: HeapTensor<Float32Array>;
  /** `[N·T·E]` */
  readonly actions: HeapTensor<Int32Array>;
  /** `[N·T·E]`: log π(a | o) of the agent that acted, when it acted. */
  readonly behaviourLogProbs: HeapTensor<Float32Array>;
  /** `[N·T·E]`: 1 where the agent was alive; dead agents neither learn nor share. */
  readonly alive: HeapTensor<Float32Array>;
  /** `[N·T·E]`: written by the learner. */
  readonly returns: HeapTensor<Float32Array>;
  /** `[N, T, E]` */
  readonly rewards: Float64Array;
  /** `[N, T + 1, E]`: V(o) under the agent's own critic when it acted, the observation after the last step included. */
  readonly values: Float64Array;
  /** `[N, T, E]`, 1 where the game ended for the agent, by its death, too. */
  readonly terminated: Uint8Array;
  /** `[N, T, E]`, 1 where the time limit ended the episode. */
  readonly truncated: Uint8Array;
}

/** An empty rollout. */
export function newExperience(
  { N, T, E, O }: { readonly N: number; readonly T: number; readonly E: number; readonly O: number },
): Experience {
  const rows = N * T * E;
  return {
    N,
    T,
    E,
    obs: heapTensor([1, rows, O], "float32"),
    actions: heapTensor([rows], "int32"),
    behaviourLogProbs: heapTensor([rows], "float32"),
    alive: heapTensor([rows], "float32"),
    returns: heapTensor([rows], "float32"),
    rewards: new Float64Array(rows),
    values: new Float64Array(N * (T + 1) * E),
    terminated: new Uint8Array(rows),
    truncated: new Uint8Array(rows),
  };
}

/** Frees the tensors. */
export function disposeExperience({ obs, actions, behaviourLogProbs, alive, returns }: Experience): void {
  for (const tensor of [obs, actions, behaviourLogProbs, alive, returns]) tensor.dispose();
}
