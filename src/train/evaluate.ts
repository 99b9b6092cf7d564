import type { ParallelEnv } from "relay/env/parallel_env.ts";
import type { Stream } from "relay/rng/stream.ts";
import { heapTensor } from "relay/tensor/heap_tensor.ts";
import type { QNetworks } from "relay/tensor/q_network.ts";

/** Outcome of a greedy evaluation. */
export interface Evaluation {
  /** `[episodes]`: undiscounted reward sum over the team. */
  readonly teamReturns: Float64Array;
  /** `[episodes]`: joint steps. */
  readonly lengths: Int32Array;
}

/** Largest seed of an evaluation episode, exclusive. */
const SEEDS = 2 ** 31;

/**
 * One greedy episode (ε = 0) in each copy of a separate environment (spec/super.md §10). The seeds come from the evaluation's
 * own stream, so they are the same for every arm at the same point of the grid.
 *
 * @param env its copies are the episodes
 */
export function evaluate(networks: QNetworks, env: ParallelEnv, stream: Stream): Evaluation {
  const { E, N, O } = env;
  const { P } = networks;
  const acting = heapTensor([P, E * N / P, ...env.describe().obsShape], "float32");
  const teamReturns = new Float64Array(E);
  const lengths = new Int32Array(E);
  const actions = new Int32Array(E * N);
  let running = E;
  env.reset(Array.from({ length: E }, () => stream.below(SEEDS)));
  while (running > 0) {
    gatherByNetwork(env, acting.values, P);
    const greedy = networks.greedy(acting.tensor);
    for (let e = 0; e < E; e++) {
      for (let i = 0; i < N; i++) actions[e * N + i] = greedy[P === 1 ? e * N + i : i * E + e]!;
    }
    const before = lengths.slice();
    env.step(actions);
    for (let e = 0; e < E; e++) {
      if (isOver(before[e]!)) continue;
      for (let i = 0; i < N; i++) teamReturns[e]! += env.rewards[e * N + i]!;
      const ended = env.terminated[e * N] === 1 || env.truncated[e * N] === 1;
      lengths[e] = ended ? -(before[e]! + 1) : before[e]! + 1;
      if (ended) running--;
    }
  }
  acting.dispose();
  return { teamReturns, lengths: lengths.map(Math.abs) };

  /** A finished episode keeps its length with a minus sign until all are finished. */
  function isOver(length: number): boolean {
    return length < 0;
  }

  function gatherByNetwork({ obs }: ParallelEnv, rows: Float32Array, P: number): void {
    if (P === 1) return rows.set(obs);
    for (let e = 0; e < E; e++) {
      for (let i = 0; i < N; i++) {
        const from = (e * N + i) * O;
        rows.set(obs.subarray(from, from + O), (i * E + e) * O);
      }
    }
  }
}
