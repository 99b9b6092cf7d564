/**
 * Shared Experience Actor-Critic: independent actor-critics that each learn from everybody's experience, corrected by importance
 * weights (Christianos, Schäfer, Albrecht, NeurIPS 2020; spec/seac.md). One update:
 *
 *     1  T steps in E copies of the environment; each agent i draws a ~ πᵢ(· | oᵢ)
 *     2  for each agent i: Rᵢ, the n-step returns of its own experience under its own critic
 *     3  for each agent i: the actor-critic loss on its own experience
 *                        + λ · the importance-weighted loss on that of every other agent k ≠ i
 *     4  for each agent i: clip its gradient, one step of Adam
 *
 * Its two controls: independent actor-critic has no second line in 3; the shared network actor-critic has one network, which sums the
 * first lines of all agents (on-policy for it, hence without weights).
 *
 * As the authors' code: R_k on k's experience comes from k's own critic (the paper's equation has i's), no entropy term on others'
 * experience, weights are not clipped. Ours: a death ends its agent's return, the rows of the dead have loss weight 0 for everybody, means
 * stay over T·E rows; a dead agent's networks go on learning from the living. Of two teams that both learn, one shares; the agents of the
 * other, its opponents, are independent.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Experience } from "relay/algo/experience.ts";
import type { SeacConfig } from "relay/algo/seac_config.ts";
import type { ActorCriticTeam } from "relay/algo/seac_team.ts";
import { stopGradient } from "relay/tensor/stop_gradient.ts";

/** Keeps the importance weight of an action that the behaviour policy had all but excluded finite. */
const WEIGHT_EPSILON = 1e-7;

/** One agent's steps in E copies; arrays are `[T, E]`, `values` is `[T + 1, E]`. */
export interface AgentSteps {
  readonly rewards: ArrayLike<number>;
  readonly values: ArrayLike<number>;
  readonly terminated: ArrayLike<number>;
  readonly truncated: ArrayLike<number>;
}

/**
 * n-step returns with bootstrap, backwards from R_T = V(o_T): R_t = r_t + γ · (1 − terminated_t) · R_{t+1}, and R_t = V(o_t) where the time
 * limit ended the episode, so that this step's advantage is about zero. Without `properTimeLimits` a time limit counts as terminal.
 *
 * @returns `[T, E]`
 *
 * @example
 * ```ts
 * import { nStepReturns } from "relay/algo/seac.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const steps = { rewards: [1, 1, 1], values: [5, 6, 7, 8], terminated: [0, 0, 0], truncated: [0, 0, 0] };
 * const options = { E: 1, gamma: 0.5, properTimeLimits: true };
 * assertEquals([...nStepReturns(steps, options)], [1 + 0.5 * 3.5, 1 + 0.5 * 5, 1 + 0.5 * 8]);
 * assertEquals([...nStepReturns({ ...steps, terminated: [0, 1, 0] }, options)], [1.5, 1, 5]);
 * assertEquals([...nStepReturns({ ...steps, truncated: [0, 1, 0] }, options)], [1 + 0.5 * 6, 6, 5]);
 * ```
 */
export function nStepReturns(
  { rewards, values, terminated, truncated }: AgentSteps,
  { E, gamma, properTimeLimits }: Pick<SeacConfig, "gamma" | "properTimeLimits"> & { readonly E: number },
): Float64Array {
  const returns = new Float64Array(rewards.length + E);
  for (let e = 0; e < E; e++) returns[rewards.length + e] = values[rewards.length + e]!;
  for (let row = rewards.length - 1; row >= 0; row--) {
    const goesOn = terminated[row] || truncated[row] ? 0 : 1;
    returns[row] = truncated[row] && properTimeLimits
      ? values[row]!
      : rewards[row]! + gamma * goesOn * returns[row + E]!;
  }
  return returns.subarray(0, rewards.length);
}

/**
 * w = πᵢ(a | o) / π_k(a | o), the denominator as it was when k acted; no gradient.
 *
 * @param logProbs log πᵢ(a | o) `[P, K, B]`
 * @param behaviourLogProbs log π_k(a | o) `[1 or P, K, B]`
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { importanceWeights } from "relay/algo/seac.ts";
 * import { useSimd } from "relay/tensor/simd_backend.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useSimd();
 * const log = (probability: number) => tf.tensor3d([[[Math.log(probability)]]]);
 * assertAlmostEquals(importanceWeights(log(0.3), log(0.2)).dataSync()[0]!, 1.5, 1e-5);
 * ```
 */
export function importanceWeights(logProbs: tf.Tensor3D, behaviourLogProbs: tf.Tensor3D): tf.Tensor3D {
  return stopGradient(logProbs).exp().div(behaviourLogProbs.exp().add(WEIGHT_EPSILON)) as tf.Tensor3D;
}

/**
 * L_π = −Σ_k mean_b w · log π(a | o) · A, with A and w constant.
 *
 * @param logProbs `[P, K, B]`: log-probabilities of agent k's B actions under network p
 * @param advantages `[P, K, B]`
 * @param weights `[P, K, B]`
 * @returns `[P]`
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { policyLoss } from "relay/algo/seac.ts";
 * import { useSimd } from "relay/tensor/simd_backend.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useSimd();
 * const row = (...values: number[]) => tf.tensor3d([[values]]);
 * assertEquals([...policyLoss(row(-1, -2), row(3, 0.5), row(1, 2)).dataSync()], [(3 + 2) / 2]);
 * ```
 */
export function policyLoss(
  logProbs: tf.Tensor3D,
  advantages: tf.Tensor3D,
  weights: tf.Tensor3D,
): tf.Tensor1D {
  return sumOfMeans(weights.mul(stopGradient(advantages)).mul(logProbs)).neg() as tf.Tensor1D;
}

/**
 * L_V = Σ_k mean_b w · A², with gradient through A = R − V(o).
 *
 * @param advantages `[P, K, B]`
 * @param weights `[P, K, B]`
 * @returns `[P]`
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { valueLoss } from "relay/algo/seac.ts";
 * import { useSimd } from "relay/tensor/simd_backend.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useSimd();
 * assertEquals([...valueLoss(tf.tensor3d([[[3, 1]]]), tf.tensor3d([[[1, 2]]])).dataSync()], [(9 + 2) / 2]);
 * ```
 */
export function valueLoss(advantages: tf.Tensor3D, weights: tf.Tensor3D): tf.Tensor1D {
  return sumOfMeans(weights.mul(advantages.square()));
}

/** What P networks make of the experience of K agents, B rows each, `[P, K, B]`. */
export interface Evaluated {
  /** log π_p(a | o). */
  readonly logProbs: tf.Tensor3D;
  /** H(π_p(· | o)). */
  readonly entropies: tf.Tensor3D;
  /** V_p(o). */
  readonly values: tf.Tensor3D;
}

/** The experience itself, `[1, K, B]` where all networks see the same rows, else `[P, K, B]`. */
export interface SharedExperience {
  readonly returns: tf.Tensor3D;
  readonly behaviourLogProbs: tf.Tensor3D;
  /** 1, or 0 for a dead agent's rows. */
  readonly alive: tf.Tensor3D;
  /** `[P, K, 1]`: 1 where agent k's experience is network p's own. */
  readonly isOwn: tf.Tensor3D;
  /** `[P, K, 1]`: 1 where it is another's, from whom network p learns, too. */
  readonly isShared: tf.Tensor3D;
}

/** The terms of the loss, each `[P]`. */
export interface SeacLosses {
  readonly policy: tf.Tensor1D;
  readonly value: tf.Tensor1D;
  readonly entropy: tf.Tensor1D;
  /** On the other agents' experience; absent where networks see only their own. */
  readonly sharedPolicy?: tf.Tensor1D;
  readonly sharedValue?: tf.Tensor1D;
  /** L_π + c_v·L_V − c_e·H + λ·Σ_{k≠i} (L_π^k + c_v·L_V^k) */
  readonly total: tf.Tensor1D;
}

/** Line 3 for all networks at once. */
export function seacLosses(
  { logProbs, entropies, values }: Evaluated,
  { returns, behaviourLogProbs, alive, isOwn, isShared }: SharedExperience,
  config: Pick<SeacConfig, "algorithm" | "valueCoefficient" | "entropyCoefficient" | "sharingCoefficient">,
): SeacLosses {
  const { valueCoefficient, entropyCoefficient, sharingCoefficient } = config;
  const advantages = returns.sub(values) as tf.Tensor3D;
  const own = isOwn.mul(alive) as tf.Tensor3D;
  const policy = policyLoss(logProbs, advantages, own);
  const value = valueLoss(advantages, own);
  const entropy = sumOfMeans(own.mul(entropies));
  const ownLoss = policy.add(value.mul(valueCoefficient)).sub(entropy.mul(entropyCoefficient)) as tf.Tensor1D;
  if (config.algorithm !== "seac") return { policy, value, entropy, total: ownLoss };

  const others = isShared.mul(alive).mul(importanceWeights(logProbs, behaviourLogProbs)) as tf.Tensor3D;
  const sharedPolicy = policyLoss(logProbs, advantages, others);
  const sharedValue = valueLoss(advantages, others);
  const sharedLoss = sharedPolicy.add(sharedValue.mul(valueCoefficient));
  const total = ownLoss.add(sharedLoss.mul(sharingCoefficient)) as tf.Tensor1D;
  return { policy, value, entropy, sharedPolicy, sharedValue, total };
}

/** What one update did. */
export interface SeacUpdate {
  /** Mean over the agents. */
  readonly loss: number;
  /** Before clipping, mean over the networks. */
  readonly gradientNorm: number;
  /** Of the policies on their own experience, mean over the living steps of all agents, nats. */
  readonly entropy: number;
}

/** Lines 2–4 for a rollout that has just been collected. */
export function seacUpdate(team: ActorCriticTeam, experience: Experience): SeacUpdate {
  writeReturns(experience, team.config);
  const { networks, optimizer, config } = team;
  const update = { loss: 0, gradientNorm: 0, entropy: 0 };
  tf.tidy(() => {
    const shared = team.sharedExperience(experience);
    const { value, grads } = tf.variableGrads(() => {
      const losses = seacLosses(team.evaluate(experience), shared, config);
      update.entropy = losses.entropy.sum().dataSync()[0]! / experience.N / fractionAlive(experience);
      // Summed over networks, of which none sees another's parameters: the gradient is every network's own.
      return losses.total.sum();
    }, networks.variables);
    const norms = optimizer.step(networks.variables.map(({ name }) => grads[name]!));
    update.loss = value.dataSync()[0]! / experience.N;
    update.gradientNorm = norms.reduce((sum, norm) => sum + norm, 0) / networks.P;
  });
  return update;
}

function fractionAlive({ alive: { values } }: Experience): number {
  return values.reduce((sum, alive) => sum + alive, 0) / values.length;
}

/** Line 2. */
function writeReturns(experience: Experience, config: SeacConfig): void {
  const { N, T, E, rewards, values, terminated, truncated, returns } = experience;
  for (let i = 0; i < N; i++) {
    const [from, to] = [i * T * E, (i + 1) * T * E];
    const steps = {
      rewards: rewards.subarray(from, to),
      values: values.subarray(i * (T + 1) * E, (i + 1) * (T + 1) * E),
      terminated: terminated.subarray(from, to),
      truncated: truncated.subarray(from, to),
    };
    returns.values.set(nStepReturns(steps, { ...config, E }), from);
  }
}

/** Σ_k mean_b: `[P, K, B]` → `[P]`. */
function sumOfMeans(terms: tf.Tensor): tf.Tensor1D {
  return terms.sum([1, 2]).div(terms.shape[2]!) as tf.Tensor1D;
}
