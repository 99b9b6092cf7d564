import type { Stream } from "relay/rng/stream.ts";

/**
 * ε at a joint step: linear from `start` to `end` over `decayEnvSteps`, constant after (spec/super.md §2.2).
 *
 * @example
 * ```ts
 * import { epsilonAt } from "relay/algo/epsilon_greedy.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const schedule = { start: 0.5, end: 0.25, decayEnvSteps: 100 };
 * assertEquals([0, 50, 100, 1000].map((t) => epsilonAt(schedule, t)), [0.5, 0.375, 0.25, 0.25]);
 * ```
 */
export function epsilonAt(
  schedule: { readonly start: number; readonly end: number; readonly decayEnvSteps: number },
  envSteps: number,
): number {
  const done = Math.min(1, envSteps / schedule.decayEnvSteps);
  return schedule.start + done * (schedule.end - schedule.start);
}

/**
 * With probability ε a uniform action (the greedy one included), else the greedy one; each agent draws on its own stream.
 * @param greedy `[N]`, overwritten with the actions taken
 */
export function epsilonGreedy(greedy: Int32Array, streams: readonly Stream[], options: {
  readonly epsilon: number;
  readonly A: number;
}): void {
  for (const [i, stream] of streams.entries()) {
    if (stream.random() < options.epsilon) greedy[i] = stream.below(options.A);
  }
}
