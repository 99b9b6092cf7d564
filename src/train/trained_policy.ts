/**
 * The policy that a finished run ended with, whatever has learnt in it, as its evaluations play it.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { likeliestActions, sampleActions } from "relay/algo/categorical.ts";
import type { SeacConfig } from "relay/algo/seac_config.ts";
import { actorCriticSeats } from "relay/algo/seac_team.ts";
import { type Seats, seatsOf } from "relay/algo/seats.ts";
import type { ParallelEnv } from "relay/env/parallel_env.ts";
import { openStream, type Stream } from "relay/rng/stream.ts";
import { ActorCritics } from "relay/tensor/actor_critic.ts";
import { heapTensor } from "relay/tensor/heap_tensor.ts";
import { simdEngine, useSimd } from "relay/tensor/simd_backend.ts";
import type { RunConfig, SeacTrainConfig } from "relay/train/config.ts";
import type { FinishedRun } from "relay/train/finished_run.ts";
import {
  greedyPolicy,
  type NetworkPolicy,
  restoreTrained,
  trainedNetworks,
} from "relay/train/trained_networks.ts";

/** A policy, and whether it draws its actions. */
export interface TrainedPolicy extends NetworkPolicy {
  readonly isSampled: boolean;
}

/**
 * @param env one copy of the run's environment, as its learners see it
 * @param seed of the numbers that actions are drawn with, where they are drawn
 * @throws {DamagedFileError} when the run's file is missing or does not hold its networks
 */
export async function trainedPolicy(
  run: FinishedRun<RunConfig>,
  env: ParallelEnv,
  seed: number,
): Promise<TrainedPolicy> {
  const { config, ...rest } = run;
  const { agents } = env.describe();
  if (!("algorithm" in config)) {
    const networks = await trainedNetworks({ ...rest, config }, env);
    return { ...greedyPolicy(networks, env, seatsOf(config.share, agents)), isSampled: false };
  }
  const networks = await trainedActorCritics({ ...rest, config }, env);
  const { evaluationPolicy } = config;
  const options = {
    evaluationPolicy,
    seats: actorCriticSeats(config, agents),
    stream: openStream(seed).fork("actions"),
  };
  return { ...actorCriticPolicy(networks, env, options), isSampled: evaluationPolicy === "sampled" };
}

/**
 * The networks that an actor-critic's run ended with.
 * @param env of the run's config, as its learners see it
 * @throws {DamagedFileError} when the file is missing or does not hold them
 */
export async function trainedActorCritics(
  run: FinishedRun<SeacTrainConfig>,
  env: ParallelEnv,
): Promise<ActorCritics> {
  await useSimd();
  const { P } = actorCriticSeats(run.config, env.describe().agents);
  // The first parameters are overwritten: any stream does.
  const streams = Array.from({ length: P }, () => openStream(0));
  const spec = { obsLength: env.O, hidden: run.config.hidden, actions: env.A };
  const networks = new ActorCritics(spec, streams);
  restoreTrained(networks, run);
  return networks;
}

/** How actors act. */
interface ActorOptions extends Pick<SeacConfig, "evaluationPolicy"> {
  readonly seats: Seats;
  /** Drawn from in the order of the networks' rows, as evaluations do. */
  readonly stream: Stream;
}

/** The policy of actors, with its probabilities. */
export function actorCriticPolicy(
  networks: ActorCritics,
  env: ParallelEnv,
  { evaluationPolicy, seats: { P, S, rowOf }, stream }: ActorOptions,
): NetworkPolicy {
  const { N, O, A } = env;
  const acting = heapTensor([P, S, O], "float32");
  const drawn = { actions: new Int32Array(P * S), logProbs: new Float64Array(P * S) };
  return {
    policy: (obs) => {
      for (let i = 0; i < N; i++) acting.values.set(obs.subarray(i * O, (i + 1) * O), rowOf[i]! * O);
      const probabilities = new Float32Array(N * A);
      tf.tidy(() => {
        const logits = networks.logits(acting.tensor);
        const values = simdEngine().view(logits) as Float32Array;
        if (evaluationPolicy === "greedy") likeliestActions(values, drawn.actions);
        else sampleActions(values, [stream], drawn);
        const all = tf.softmax(logits).dataSync();
        for (let i = 0; i < N; i++) {
          probabilities.set(all.subarray(rowOf[i]! * A, (rowOf[i]! + 1) * A), i * A);
        }
      });
      return { actions: Int32Array.from(rowOf, (row) => drawn.actions[row]!), probabilities };
    },
    dispose: () => {
      acting.dispose();
      networks.dispose();
    },
  };
}
