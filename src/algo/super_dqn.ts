/**
 * SUPER on DQN: independent double-DQN agents that relay their highest-TD-error transitions to each other
 * (Gerstgrasser, Danino, Keren, NeurIPS 2023; the numbers are the lines of the box in spec/super.md §1). Line 3 is what SUPER adds;
 * without it this is N independent learners with prioritized replay.
 *
 * As the authors' code: one update a fragment, sharing also before learning starts, time-outs are terminal, selection by
 * errors computed once under the sender's own networks. What differs between paper and code is an option of the config.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import {
  account,
  fillFromReplay,
  insertItems,
  type RelayTeam,
  type Team,
  type TeamMembers,
  writePriorities,
} from "relay/algo/team.ts";
import { type Batch, fillFromFragment } from "relay/algo/batch.ts";
import { type Fragment, livingSteps } from "relay/replay/fragment.ts";
import { checkSelection } from "relay/share/selector.ts";
import { type HuberTdLoss, huberTdLoss, tdGradients, tdTarget } from "relay/tensor/td_loss.ts";

/** Q-values `[P, B, A]` of observations `[P, B, …]`. */
export type QFunction = (obs: tf.Tensor) => tf.Tensor3D;

/** What one iteration did. */
export interface Iteration {
  /** `[N, F]`: |δ| of the fragment under the networks that collected it; of no meaning where an agent was dead. */
  readonly absTdErrors: Float32Array;
  /** Mean weighted Huber loss over the networks and mean gradient norm before clipping; absent before learning starts. */
  readonly update?: { readonly loss: number; readonly gradientNorm: number };
}

/**
 * y = r + γ · (1 − end) · Q⁻(o′, argmaxₐ Q(o′, a)); a plain DQN lets Q⁻ select too (spec/super.md §2.1).
 *
 * @returns `[P, B]`
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { dqnTarget } from "relay/algo/super_dqn.ts";
 * import { useSimd } from "relay/tensor/simd_backend.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useSimd();
 * const online = () => tf.tensor3d([[[1, 3]]]); // selects action 1
 * const target = () => tf.tensor3d([[[8, 4]]]);
 * const batch = { nextObs: tf.zeros([1, 1, 1]), rewards: tf.tensor2d([[0.5]]), notTerminal: tf.tensor2d([[1]]) };
 * const y = (double: boolean) => dqnTarget({ online, target }, batch, { gamma: 0.5, double }).dataSync()[0]!;
 * assertAlmostEquals(y(true), 0.5 + 0.5 * 4);
 * assertAlmostEquals(y(false), 0.5 + 0.5 * 8);
 * ```
 */
export function dqnTarget(
  q: { online: QFunction; target: QFunction },
  batch: Pick<Batch, "nextObs" | "rewards" | "notTerminal">,
  options: { gamma: number; double: boolean },
): tf.Tensor2D {
  const evaluate = q.target(batch.nextObs);
  const select = options.double ? q.online(batch.nextObs) : evaluate;
  const { rewards, notTerminal } = batch;
  return tdTarget(select, evaluate, { rewards, notTerminal, gamma: options.gamma });
}

/** The parts of an iteration; a post-mortem (algo/defects) puts others in their place. */
export interface SuperSteps {
  readonly tdErrors: (team: Team, fragment: Fragment) => Float32Array;
  readonly relay: (team: Team, fragment: Fragment, absTdErrors: Float32Array) => void;
  readonly countUpdate: (team: Team, envSteps: number) => boolean;
}

/** As they should be. */
export const SUPER_STEPS: SuperSteps = Object.freeze({
  tdErrors: fragmentTdErrors,
  relay: relayExperience,
  countUpdate,
});

/** Lines 2–4 for a fragment that has just been collected; `envSteps` counts it in. */
export function superIteration(
  team: Team,
  fragment: Fragment,
  envSteps: number,
  steps: SuperSteps = SUPER_STEPS,
): Iteration {
  // δ of b_i under agent i's own networks, before this iteration's gradient step.
  const absTdErrors = steps.tdErrors(team, fragment);
  steps.relay(team, fragment, absTdErrors);
  // 4: if enough env steps are done: one gradient step an agent, then perhaps online → target
  if (envSteps <= team.config.learningStartsEnvSteps) return { absTdErrors };
  const update = learn(team);
  if (steps.countUpdate(team, envSteps)) team.target.copyFrom(team.online);
  return { absTdErrors, update };
}

/**
 * Lines 2 and 3: what every buffer appends. b_i are the steps that agent i lived through; who was dead all the while neither sends nor receives.
 * @param absTdErrors `[N, F]`: |δ| of the fragment under its collectors' networks
 */
export function relayExperience(team: RelayTeam, fragment: Fragment, absTdErrors: Float32Array): void {
  const F = fragment.F;
  const living = Array.from({ length: fragment.N }, (_, i) => livingSteps(fragment, i));
  // 2: for each agent i: append b_i to buffer_i
  for (let i = 0; i < fragment.N; i++) {
    const items = living[i]!.map((t) => ({ agent: i, t }));
    insertItems(team, fragment, { receiver: team.learnerOf(i), items, absTdErrors });
  }
  const present = team.relays.filter(({ agent }) => living[agent]!.length > 0);
  // 3: for each agent i: pick b*_i ⊆ b_i
  const chosen = present.flatMap(({ agent, select, window, stream }) => {
    const steps = living[agent]!;
    const errors = Float32Array.from(steps, (t) => absTdErrors[agent * F + t]!);
    window.push(errors);
    return checkSelection(select(errors, window, stream), steps.length).map((k) => ({ agent, t: steps[k]! }));
  });
  // 3: for each agent i: append ⋃_{j≠i} b*_j to buffer_i
  for (const receiver of present) {
    const items = chosen.filter(({ agent }) => agent !== receiver.agent);
    insertItems(team, fragment, { receiver: receiver.agent, items, absTdErrors });
  }
  account(team, fragment, { chosen, absTdErrors });
}

/** Counts a gradient step; true where online → target follows. */
export function countUpdate({ config, progress }: TeamMembers, envSteps: number): boolean {
  progress.updates++;
  if (envSteps - progress.lastTargetUpdateEnvSteps < config.targetUpdateEverySteps) return false;
  progress.lastTargetUpdateEnvSteps = envSteps;
  return true;
}

/** `[N, F]`: |δ| of a fragment under its collectors' networks. */
function fragmentTdErrors(team: Team, fragment: Fragment): Float32Array {
  const { seats: { rowOf }, config: { bootstrapAtTimeLimit } } = team;
  fillFromFragment(team.fragmentBatch, fragment, { bootstrapAtTimeLimit, rowOf });
  const { tdErrors } = team.captures.run("fragment's TD errors", () => {
    const targets = dqnTarget(qFunctions(team), team.fragmentBatch, team.config);
    return { tdErrors: loss(team, team.fragmentBatch, targets).tdErrors };
  });
  const { N, F } = fragment;
  return Float32Array.from({ length: N * F }, (_, row) => {
    const [agent, t] = [Math.floor(row / F), row % F];
    return Math.abs(tdErrors[rowOf[agent]! * F + t]!);
  });
}

/** For every network at once: draw a prioritized batch, one clipped Adam step, write the new priorities back. */
function learn(team: Team): NonNullable<Iteration["update"]> {
  fillFromReplay(team);
  const { batch, config, online, optimizer, P } = team;
  const step = team.captures.run("gradient step", () => {
    const targets = dqnTarget(qFunctions(team), batch, config);
    const { gradients, tdErrors, loss: sum } = tdGradients(
      () => loss(team, batch, targets),
      online.variables,
    );
    optimizer.step(gradients);
    return { tdErrors, sum };
  });
  writePriorities(team, step.tdErrors);
  const gradientNorm = optimizer.gradientNorms.reduce((total, norm) => total + norm, 0) / P;
  return { loss: step.sum[0]! / P, gradientNorm };
}

/** Σ over networks of the mean of w · huber(δ): summed, so that no network's gradient reaches another. */
function loss(team: Team, { obs, actions, isWeights }: Batch, targets: tf.Tensor2D): HuberTdLoss {
  return huberTdLoss(team.online.forward(obs), { actions, targets, isWeights });
}

function qFunctions(team: Team): { online: QFunction; target: QFunction } {
  return { online: (obs) => team.online.advantage(obs), target: (obs) => team.target.forward(obs) };
}
