/**
 * A learner's batch: tensors whose values replay and fragments are written into.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { type Fragment, notTerminalAt } from "relay/replay/fragment.ts";
import type { BatchTarget } from "relay/replay/prioritized_replay.ts";
import { heapTensor } from "relay/tensor/heap_tensor.ts";

/** Batches as tensors `[P, B, …]` whose values are filled in place. */
export interface Batch {
  readonly obs: tf.Tensor;
  readonly nextObs: tf.Tensor;
  readonly actions: tf.Tensor;
  readonly rewards: tf.Tensor;
  readonly notTerminal: tf.Tensor;
  readonly isWeights: tf.Tensor;
  /** The tensors' values. */
  readonly values: BatchTarget;
}

/** An empty batch of B rows for each of P networks. */
export function newBatch(P: number, B: number, obsShape: readonly number[]): Batch {
  const obs = heapTensor([P, B, ...obsShape], "float32");
  const nextObs = heapTensor([P, B, ...obsShape], "float32");
  const actions = heapTensor([P, B], "int32");
  const rewards = heapTensor([P, B], "float32");
  const notTerminal = heapTensor([P, B], "float32");
  const isWeights = heapTensor([P, B], "float32");
  return {
    obs: obs.tensor,
    nextObs: nextObs.tensor,
    actions: actions.tensor,
    rewards: rewards.tensor,
    notTerminal: notTerminal.tensor,
    isWeights: isWeights.tensor,
    values: {
      obs: obs.values,
      nextObs: nextObs.values,
      actions: actions.values,
      rewards: rewards.values,
      notTerminal: notTerminal.values,
      isWeights: isWeights.values,
    },
  };
}

/** The fragment as one unweighted batch; its `[N, F]` rows are `[P, F·N/P]` rows in the same order. */
export function fillFromFragment(
  batch: Pick<Batch, "values">,
  fragment: Fragment,
  { bootstrapAtTimeLimit }: { readonly bootstrapAtTimeLimit: boolean },
): void {
  const { values } = batch;
  values.obs.set(fragment.obs);
  values.nextObs.set(fragment.nextObs);
  values.actions.set(fragment.actions);
  values.rewards.set(fragment.rewards);
  for (let row = 0; row < fragment.rewards.length; row++) {
    values.notTerminal[row] = notTerminalAt(fragment, row, bootstrapAtTimeLimit);
  }
  values.isWeights.fill(1);
}
