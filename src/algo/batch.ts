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

/**
 * The fragment as one unweighted batch, the dead's rows included.
 * @param options `rowOf`: agent i's `[F]` rows are the batch's from `rowOf[i]` · F on; in the order of agents unless given
 */
export function fillFromFragment(
  batch: Pick<Batch, "values">,
  fragment: Fragment,
  { bootstrapAtTimeLimit, rowOf }: { readonly bootstrapAtTimeLimit: boolean; readonly rowOf?: Int32Array },
): void {
  const { values } = batch;
  const { F, N, O } = fragment;
  for (let i = 0; i < N; i++) {
    const [from, to, at] = [i * F, (i + 1) * F, (rowOf ? rowOf[i]! : i) * F];
    values.obs.set(fragment.obs.subarray(from * O, to * O), at * O);
    values.nextObs.set(fragment.nextObs.subarray(from * O, to * O), at * O);
    values.actions.set(fragment.actions.subarray(from, to), at);
    values.rewards.set(fragment.rewards.subarray(from, to), at);
    for (let t = 0; t < F; t++) {
      values.notTerminal[at + t] = notTerminalAt(fragment, from + t, bootstrapAtTimeLimit);
    }
  }
  values.isWeights.fill(1);
}
