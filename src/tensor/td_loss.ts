/**
 * Targets and loss of one-step Q-learning with prioritized replay.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { registerSimdKernel, runKernel, runKernels } from "./run_kernel.ts";
import { type HeapBackend, sizeOf } from "./heap_backend.ts";

/** A batch's part of the target. */
export interface TdTargetBatch {
  /** r [P, B]. */
  readonly rewards: tf.Tensor;
  /** 1 where the return goes on behind o′, else 0 [P, B]. */
  readonly notTerminal: tf.Tensor;
  /** γ: discount of o′. */
  readonly gamma: number;
}

/**
 * y = r + γ · notTerminal · qNextEvaluate[argmax qNextSelect], ties to the first maximum; no gradient.
 *
 * Double DQN (van Hasselt et al. 2016) selects with the online network; plain DQN passes the target network's values
 * twice. As only the argmax of `qNextSelect` counts, dueling advantages do as well as Q-values.
 *
 * @param qNextSelect values at o′ that choose the action [P, B, A]
 * @param qNextEvaluate values at o′ that price it [P, B, A]
 * @returns y [P, B]
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { useSimd } from "relay/tensor/simd_backend.ts";
 * import { tdTarget } from "relay/tensor/td_loss.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useSimd();
 * const online = tf.tensor3d([1, 3, 3, 1], [1, 2, 2]);
 * const target = tf.tensor3d([8, 4, 2, 6], [1, 2, 2]);
 * const batch = { rewards: tf.tensor2d([[1, 1]]), notTerminal: tf.tensor2d([[1, 0]]), gamma: 0.5 };
 * assertEquals([...tdTarget(online, target, batch).dataSync()], [3, 1]);
 * ```
 */
export function tdTarget(
  qNextSelect: tf.Tensor,
  qNextEvaluate: tf.Tensor,
  batch: TdTargetBatch,
): tf.Tensor2D {
  const { rewards, notTerminal, gamma } = batch;
  return runKernel("TdTarget", { qNextSelect, qNextEvaluate, rewards, notTerminal }, {
    gamma,
  }) as tf.Tensor2D;
}

/** Registers the operation on the `simd` backend. */
export function registerTdTarget(backend: HeapBackend): void {
  registerSimdKernel<{ gamma: number }>("TdTarget", (inputs, { gamma }) => {
    const rewards = inputs.rewards!;
    const y = backend.output(rewards.shape);
    // deno-fmt-ignore
    backend.kernels.td_target(sizeOf(rewards.shape), inputs.qNextSelect!.shape.at(-1)!,
      backend.address(inputs.qNextSelect!), backend.address(inputs.qNextEvaluate!), backend.address(rewards),
      backend.address(inputs.notTerminal!), gamma, backend.address(y));
    return y;
  });
}

/** A batch's part of the loss. */
export interface HuberTdBatch {
  /** Actions taken, int32 [P, B]. */
  readonly actions: tf.Tensor;
  /** y of {@link tdTarget} [P, B]. */
  readonly targets: tf.Tensor;
  /** Importance weights of prioritized replay [P, B]; ones for uniform replay. */
  readonly isWeights: tf.Tensor;
}

/** Loss of P networks. */
export interface HuberTdLoss {
  /** Sum over the networks of `losses`: its gradient is every network's own. */
  readonly loss: tf.Scalar;
  /** δ = Q(o, a) − y [P, B]; without gradient. */
  readonly tdErrors: tf.Tensor2D;
  /** Mean over B of isWeight · huber(δ) [P]; without gradient. */
  readonly losses: tf.Tensor1D;
}

/**
 * Huber loss of the TD errors: δ²/2 where |δ| < 1, else |δ| − 1/2, weighted, averaged over each network's batch and
 * summed over networks; with gradient from `loss` to q.
 *
 * Inside `tf.variableGrads`, use {@link tdGradients}, which hands out the TD errors, too.
 *
 * @param q Q-values [P, B, A]
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { useSimd } from "relay/tensor/simd_backend.ts";
 * import { huberTdLoss } from "relay/tensor/td_loss.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useSimd();
 * const q = tf.tensor3d([1, 2, 3, 4], [1, 2, 2]);
 * const { loss, tdErrors } = huberTdLoss(q, {
 *   actions: tf.tensor2d([[1, 0]], [1, 2], "int32"),
 *   targets: tf.tensor2d([[1.5, 0]]),
 *   isWeights: tf.tensor2d([[1, 0.5]]),
 * });
 * assertEquals([...tdErrors.dataSync()], [0.5, 3]);
 * assertEquals(loss.dataSync()[0], (0.125 + 0.5 * 2.5) / 2);
 * ```
 */
export function huberTdLoss(q: tf.Tensor, batch: HuberTdBatch): HuberTdLoss {
  const { actions, targets, isWeights } = batch;
  const outputs = runKernels("HuberTdLoss", { q, actions, targets, isWeights });
  const [loss, tdErrors, losses] = outputs as [tf.Scalar, tf.Tensor2D, tf.Tensor1D];
  return { loss, tdErrors, losses };
}

/** Loss and its gradients. */
export interface TdGradients extends HuberTdLoss {
  /** In the order of the variables, of their shapes. */
  readonly gradients: tf.Tensor[];
}

/**
 * Computes a loss and its gradients with respect to variables. Everything belongs to the caller (or the surrounding
 * `tf.tidy`).
 * @param f computes the loss under the tape
 */
export function tdGradients(f: () => HuberTdLoss, variables: readonly tf.Variable[]): TdGradients {
  let kept: HuberTdLoss | undefined;
  // As `tf.variableGrads`, which makes the gradient of the loss anew every time.
  const { grads } = tf.engine().gradients(
    () => {
      kept = f();
      tf.keep(kept.tdErrors);
      tf.keep(kept.losses);
      return kept.loss;
    },
    [...variables],
    one!,
    true,
  );
  const { loss, tdErrors, losses } = kept!;
  // A kept tensor outlives the surrounding tidy, its clone does not.
  const result = { loss, tdErrors: tdErrors.clone(), losses: losses.clone() };
  tdErrors.dispose();
  losses.dispose();
  return { ...result, gradients: grads };
}

/** The gradient of the loss with respect to itself, there as long as the backend. */
let one: tf.Tensor | undefined;

/** Registers the operation and its gradient on the `simd` backend. */
export function registerHuberTdLoss(backend: HeapBackend): void {
  const scalar = backend.output([]);
  backend.view(scalar)[0] = 1;
  one = tf.keep(tf.engine().makeTensorFromTensorInfo(scalar, backend));

  registerSimdKernel("HuberTdLoss", ({ q, actions, targets, isWeights }) => {
    const [P, B, A] = q!.shape as [number, number, number];
    const loss = backend.output([]);
    const tdErrors = backend.output([P, B]);
    const losses = backend.output([P]);
    // deno-fmt-ignore
    backend.kernels.huber_td_loss(0, P, B, A, backend.address(q!), backend.address(actions!), backend.address(targets!),
      backend.address(isWeights!), backend.address(tdErrors), backend.address(losses));
    backend.kernels.total(P, backend.address(losses), backend.address(loss));
    return [loss, tdErrors, losses];
  });

  registerSimdKernel<{ actionCount: number }>("HuberTdLossGradient", (inputs, { actionCount }) => {
    const tdErrors = inputs.tdErrors!;
    const [P, B] = tdErrors.shape as [number, number];
    const dq = backend.output([P, B, actionCount]);
    // deno-fmt-ignore
    backend.kernels.huber_td_gradient(0, P, B, actionCount, backend.address(tdErrors), backend.address(inputs.actions!),
      backend.address(inputs.isWeights!), backend.address(inputs.dLoss!), backend.address(dq));
    return dq;
  });

  tf.registerGradient({
    kernelName: "HuberTdLoss",
    inputsToSave: ["q", "actions", "isWeights"],
    outputsToSave: [false, true, false],
    gradFunc: (dys, saved) => {
      const [dLoss] = dys as tf.Tensor[];
      const [q, actions, isWeights, tdErrors] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const inputs = { dLoss: dLoss!, actions, isWeights, tdErrors };
      return { q: () => runKernel("HuberTdLossGradient", inputs, { actionCount: q.shape[2]! }) };
    },
  });
}
