import { endedCopies } from "relay/env/copy_record.ts";
import type { EnvDescription, ParallelEnv } from "relay/env/parallel_env.ts";
import { type Scene, sceneOf } from "relay/env/scene.ts";

/** What a policy does in one joint step. */
export interface PolicyStep {
  /** `[N]` */
  readonly actions: ArrayLike<number>;
  /** `[N, A]`: what it expects of each action, where it has such numbers. */
  readonly q?: ArrayLike<number>;
  /** `[N, A]`: π(a | o), where it draws its actions. */
  readonly probabilities?: ArrayLike<number>;
}

/** Sizes that a policy may need beside the observations. */
export interface PolicyContext {
  /** Agents. */
  readonly N: number;
  /** Actions. */
  readonly A: number;
  /** Joint steps done in the episode. */
  readonly step: number;
}

/** @param obs `[N, O]`, overwritten by the next step */
export type Policy = (obs: Float32Array, context: PolicyContext) => PolicyStep;

/** An episode of T joint steps. */
export interface Episode {
  readonly description: EnvDescription;
  readonly scene: Scene;
  readonly seed: number;
  /** T. */
  readonly steps: number;
  /** `[T + 1, entities]`: cells of the scene before every step and after the last. */
  readonly cells: Int32Array;
  /** `[T, N]` */
  readonly actions: Int32Array;
  /** `[T, N]` */
  readonly rewards: Float64Array;
  /** `[T, N, A]`, null where the policy gives none. */
  readonly q: Float32Array | null;
  /** `[T, N, A]`, null where the policy gives none. */
  readonly probabilities: Float32Array | null;
  /** `cut`: by `maxSteps`, before the game ended it. */
  readonly end: "terminated" | "truncated" | "cut";
}

/**
 * Plays one episode and keeps all of it.
 * @param env one copy, made by `makeStoppingEnv`, so that the last situation is seen
 * @throws {RangeError} for an environment without a scene, and for actions that do not fit
 */
export function recordEpisode(
  env: ParallelEnv,
  policy: Policy,
  { seed, maxSteps = Infinity }: { readonly seed: number; readonly maxSteps?: number },
): Episode {
  const scene = sceneOf(env);
  const { N, A } = env;
  const cells: Int32Array[] = [];
  const actions: number[] = [];
  const rewards: number[] = [];
  const q: number[] = [];
  const probabilities: number[] = [];
  env.reset([seed]);
  cells.push(scene.cells(0));
  let step = 0;
  let hasEnded = false;
  while (step < maxSteps && !hasEnded) {
    const chosen = policy(env.obs, { N, A, step });
    requireLengths(chosen, N, A);
    const actors = env.alive?.slice();
    env.step(Int32Array.from(chosen.actions));
    hasEnded = endedCopies(env, actors)[0]!;
    cells.push(scene.cells(0));
    actions.push(...Array.from(chosen.actions));
    rewards.push(...env.rewards);
    if (chosen.q) q.push(...Array.from(chosen.q));
    if (chosen.probabilities) probabilities.push(...Array.from(chosen.probabilities));
    step++;
  }
  const ofAllSteps = (numbers: readonly number[]) =>
    numbers.length === step * N * A && step > 0 ? Float32Array.from(numbers) : null;
  return {
    description: env.describe(),
    scene,
    seed,
    steps: step,
    cells: concatenate(cells),
    actions: Int32Array.from(actions),
    rewards: Float64Array.from(rewards),
    q: ofAllSteps(q),
    probabilities: ofAllSteps(probabilities),
    end: !hasEnded ? "cut" : env.truncated.includes(1) ? "truncated" : "terminated",
  };
}

function requireLengths({ actions, q, probabilities }: PolicyStep, N: number, A: number): void {
  if (actions?.length !== N) {
    throw new RangeError(
      `Cannot play: the policy gave ${actions?.length ?? "no"} actions, expected ${N}, one an agent`,
    );
  }
  for (const [name, numbers] of Object.entries({ "Q-values": q, probabilities })) {
    if (!numbers || numbers.length === N * A) continue;
    throw new RangeError(
      `Cannot play: the policy gave ${numbers.length} ${name}, expected ${
        N * A
      } (${N} agents × ${A} actions)`,
    );
  }
}

function concatenate(rows: readonly Int32Array[]): Int32Array {
  const width = rows[0]!.length;
  const all = new Int32Array(rows.length * width);
  rows.forEach((row, k) => all.set(row, k * width));
  return all;
}
