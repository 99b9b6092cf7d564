/**
 * What N actor-critic agents learn with: stacked networks, their optimizer, a stream of random numbers each.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Experience } from "relay/algo/experience.ts";
import type { Evaluated, SharedExperience } from "relay/algo/seac.ts";
import type { SeacConfig } from "relay/algo/seac_config.ts";
import { type Seats, seatsWhere } from "relay/algo/seats.ts";
import { agentStreams } from "relay/algo/team.ts";
import type { ParallelEnv } from "relay/env/parallel_env.ts";
import { learnersAmong } from "relay/env/teams.ts";
import type { Stream } from "relay/rng/stream.ts";
import { ActorCritics } from "relay/tensor/actor_critic.ts";
import { categoricalEntropy, categoricalLogProb } from "relay/tensor/categorical.ts";
import { StackedAdam } from "relay/tensor/stacked_adam.ts";

/** Everything that learning reads and changes. */
export class ActorCriticTeam {
  readonly config: SeacConfig;
  readonly N: number;
  /** Who acts and learns with which network. */
  readonly seats: Seats;
  /** The learning team: who shares, and whose rewards make up returns; all but the opponents. */
  readonly learners: readonly number[];
  /** One an agent, or with a shared network one for all learners. */
  readonly networks: ActorCritics;
  readonly optimizer: StackedAdam;
  /** One an agent. */
  readonly actionStreams: readonly Stream[];
  /** Updates done. */
  updates = 0;
  readonly #isOwn: tf.Tensor3D;
  readonly #isShared: tf.Tensor3D;

  /**
   * A team at the start of a run.
   * @param stream the run's root; agent i uses `agent/i/…` below it
   * @throws {RangeError} for an environment with illegal actions
   */
  constructor(config: SeacConfig, env: ParallelEnv, stream: Stream) {
    if (env.actionMask) {
      throw new RangeError(
        `${config.algorithm} does not know illegal actions, which ${env.describe().id} has: expected an environment ` +
          "in which every action is legal",
      );
    }
    const { agents } = env.describe();
    this.config = config;
    this.N = env.N;
    this.seats = actorCriticSeats(config, agents);
    this.learners = learnersAmong(agents, config.opponents);
    const { P } = this.seats;
    this.networks = new ActorCritics(
      { obsLength: env.O, hidden: config.hidden, actions: env.A },
      agentStreams(stream, "network", P),
    );
    this.optimizer = new StackedAdam(this.networks.variables, {
      learningRate: config.learningRate,
      epsilon: config.adamEpsilon,
      clipNorm: config.clipNorm,
    });
    this.actionStreams = agentStreams(stream, "action", env.N);
    this.#isOwn = this.#mask((p, k) => this.seats.networkOf[k] === p);
    const areMates = (p: number, k: number) => this.learners.includes(p) && this.learners.includes(k);
    this.#isShared = this.#mask((p, k) => config.algorithm === "seac" && p !== k && areMates(p, k));
  }

  /** `[P, K, 1]` for rows as they are {@link dealt}. */
  #mask(isSo: (network: number, agent: number) => boolean): tf.Tensor3D {
    const { P } = this.seats;
    const K = this.config.algorithm === "iac" ? 1 : this.N;
    const flags = Float32Array.from(
      { length: P * K },
      (_, row) => isSo(Math.floor(row / K), K === 1 ? row : row % K) ? 1 : 0,
    );
    return tf.keep(tf.tensor3d(flags, [P, K, 1]));
  }

  /**
   * How a rollout's rows are dealt out, `[networks, K, B]`: iac gives each network its own agent's, the others give all agents' to every
   * network (one copy, hence 1), which then weighs them.
   */
  dealt({ T, E }: Experience): [number, number, number] {
    return this.config.algorithm === "iac" ? [this.N, 1, T * E] : [1, this.N, T * E];
  }

  /** A rollout's constant part of the loss. */
  sharedExperience(experience: Experience): SharedExperience {
    const shape = this.dealt(experience);
    return {
      returns: experience.returns.tensor.reshape(shape),
      behaviourLogProbs: experience.behaviourLogProbs.tensor.reshape(shape),
      alive: experience.alive.tensor.reshape(shape),
      isOwn: this.#isOwn,
      isShared: this.#isShared,
    };
  }

  /** Every network on all rows that it is dealt, with gradients. */
  evaluate(experience: Experience): Evaluated {
    const [D, K, B] = this.dealt(experience);
    const { P, spec } = this.networks;
    const x = experience.obs.tensor.reshape([D, K * B, spec.obsLength]);
    const logits = this.networks.logits(x);
    const shape: [number, number, number] = [P, K, B];
    return {
      logProbs: categoricalLogProb(logits, experience.actions.tensor).reshape(shape),
      entropies: categoricalEntropy(logits).reshape(shape),
      values: this.networks.values(x).reshape(shape),
    };
  }

  /** Frees the memory. */
  dispose(): void {
    this.networks.dispose();
    this.optimizer.dispose();
    this.#isOwn.dispose();
    this.#isShared.dispose();
  }
}

/** One network an agent; with a shared network, one for all learners and one for each opponent that learns beside them. */
export function actorCriticSeats(
  { algorithm, opponents }: Pick<SeacConfig, "algorithm" | "opponents">,
  agents: readonly string[],
): Seats {
  const learners = algorithm === "snac" ? learnersAmong(agents, opponents) : [];
  return seatsWhere(agents.map((_, i) => learners.includes(i)));
}
