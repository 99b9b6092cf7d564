/**
 * What N actor-critic agents learn with: stacked networks, their optimizer, a stream of random numbers each.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Experience } from "relay/algo/experience.ts";
import type { Evaluated, SharedExperience } from "relay/algo/seac.ts";
import type { SeacConfig } from "relay/algo/seac_config.ts";
import { agentStreams } from "relay/algo/team.ts";
import type { ParallelEnv } from "relay/env/parallel_env.ts";
import type { Stream } from "relay/rng/stream.ts";
import { ActorCritics } from "relay/tensor/actor_critic.ts";
import { categoricalEntropy, categoricalLogProb } from "relay/tensor/categorical.ts";
import { StackedAdam } from "relay/tensor/stacked_adam.ts";

/** Everything that learning reads and changes. */
export class ActorCriticTeam {
  readonly config: SeacConfig;
  readonly N: number;
  /** One an agent, or a single one with a shared network. */
  readonly networks: ActorCritics;
  readonly optimizer: StackedAdam;
  /** One an agent. */
  readonly actionStreams: readonly Stream[];
  /** Updates done. */
  updates = 0;
  readonly #isOwn: tf.Tensor3D;

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
    this.config = config;
    this.N = env.N;
    const P = config.algorithm === "snac" ? 1 : env.N;
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
    this.#isOwn = tf.keep(
      config.algorithm === "seac"
        ? tf.eye(P).reshape([P, P, 1]) as tf.Tensor3D
        : tf.ones([P, env.N / P, 1]) as tf.Tensor3D,
    );
  }

  /**
   * How a rollout's rows are dealt out, `[networks, K, B]`: seac gives all agents' to every network (one copy, hence 1), snac gives them
   * all to its only network, iac gives each network its own agent's.
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
  }
}
