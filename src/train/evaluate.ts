import { evenSeats } from "relay/algo/seats.ts";
import type { ParallelEnv } from "relay/env/parallel_env.ts";
import { heapTensor } from "relay/tensor/heap_tensor.ts";
import type { QNetworks } from "relay/tensor/q_network.ts";
import { type Evaluation, GreedyEpisodes, type GreedyEpisodesOptions } from "relay/train/greedy_episodes.ts";

/**
 * One greedy episode (ε = 0) in each copy of a separate environment (spec/super.md §10). The seeds come from the evaluation's
 * own stream, so they are the same for every arm at the same point of the grid.
 *
 * @param env its copies are the episodes
 */
export function evaluate(
  networks: QNetworks,
  env: ParallelEnv,
  { stream, seats = evenSeats(env.N, networks.P), counted }: Omit<GreedyEpisodesOptions, "networks">,
): Evaluation {
  const { P } = networks;
  const acting = heapTensor([P, env.E * seats.S, ...env.describe().obsShape], "float32");
  const episodes = new GreedyEpisodes(env, { networks: P, stream, seats, ...(counted && { counted }) });
  while (!episodes.areOver) {
    episodes.writeObs(acting.values);
    episodes.step(networks.greedy(acting.tensor));
  }
  acting.dispose();
  return episodes.outcome;
}
