/**
 * A run of an actor-critic learner in memory: environment, team and meters, stepped one rollout at a time. The same surface as `Session`.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { likeliestActions, sampleActions } from "relay/algo/categorical.ts";
import { disposeExperience, type Experience, newExperience } from "relay/algo/experience.ts";
import { seacUpdate } from "relay/algo/seac.ts";
import { ActorCriticRollout } from "relay/algo/seac_rollout.ts";
import { ActorCriticTeam } from "relay/algo/seac_team.ts";
import type { ParallelEnv } from "relay/env/parallel_env.ts";
import { makeEnv } from "relay/env/registry.ts";
import { openStream, type Stream } from "relay/rng/stream.ts";
import { heapTensor } from "relay/tensor/heap_tensor.ts";
import { simdEngine, type SimdOptions, stopThreads, useSimd } from "relay/tensor/simd_backend.ts";
import { ConfigError, type SeacTrainConfig } from "relay/train/config.ts";
import { type Evaluation, GreedyEpisodes } from "relay/train/greedy_episodes.ts";
import { evaluationMeans, type Measurement } from "relay/train/measurements.ts";
import { Meters } from "relay/train/meters.ts";
import { ENV_SEED_OFFSET } from "relay/train/session.ts";

/** Of an action, a return and a log-probability, which go with a shared observation. */
const BYTES_BESIDE_OBS = 12;

/** See the module. */
export class SeacSession {
  readonly config: SeacTrainConfig;
  readonly env: ParallelEnv;
  readonly team: ActorCriticTeam;
  readonly rollout: ActorCriticRollout;
  readonly meters = new Meters();
  /** Joint steps done, those of all copies counted. */
  envSteps = 0;
  readonly #evaluationEnv: ParallelEnv;
  readonly #experience: Experience;
  readonly #stream: Stream;

  private constructor(config: SeacTrainConfig, env: ParallelEnv) {
    this.config = config;
    this.env = env;
    this.#stream = openStream(config.seed);
    this.team = new ActorCriticTeam(config, env, this.#stream);
    this.rollout = new ActorCriticRollout(env, this.team);
    this.#evaluationEnv = makeEnv(config.env.id, config.env.options, config.evaluation.episodes);
    this.#experience = newExperience({ N: env.N, T: config.rolloutSteps, E: env.E, O: env.O });
  }

  /**
   * A run at step 0; no two seeds begin with the same episode in any copy.
   * @throws {ConfigError} for settings that the environment, the engine or this machine's memory refuse
   */
  static async start(config: SeacTrainConfig, compute: SimdOptions = {}): Promise<SeacSession> {
    try {
      await useSimd(compute);
      const { envCopies: E, seed } = config;
      const env = makeEnv(config.env.id, config.env.options, E);
      env.reset(Array.from({ length: E }, (_, e) => ENV_SEED_OFFSET + seed * E + e));
      return new SeacSession(config, env);
    } catch (error) {
      if (error instanceof RangeError) throw new ConfigError(`Cannot start run: ${error.message}`);
      throw error;
    }
  }

  get isDone(): boolean {
    return this.envSteps >= this.config.totalEnvSteps;
  }

  /** Gradient updates done, each agent. */
  get updates(): number {
    return this.team.updates;
  }

  /** Nothing is chosen, hence nothing recorded: seac's agents see everything. */
  takeSharing(): Uint8Array {
    return new Uint8Array(0);
  }

  /** One update of the algorithm's box. */
  iterate(): Measurement[] {
    const teamReturns = this.rollout.collect(this.#experience);
    this.envSteps += this.#experience.T * this.#experience.E;
    const { loss, gradientNorm, entropy } = seacUpdate(this.team, this.#experience);
    this.team.updates++;
    this.meters.add("loss/mean", [loss]);
    this.meters.add("grad/norm", [gradientNorm]);
    this.meters.add("policy/entropy", [entropy]);
    return teamReturns.map((teamReturn) => ["train/return", teamReturn]);
  }

  /** Training metrics since the last report, where one is due. */
  report(): Measurement[] {
    if (this.envSteps % this.config.reportEveryEnvSteps !== 0) return [];
    const measurements = this.meters.take();
    if (this.config.algorithm !== "seac") return measurements;
    const { N, O } = this.env;
    const obsBytes = this.env.describe().obsDtype === "uint8" ? O : 4 * O;
    const bytes = this.envSteps * N * (N - 1) * (obsBytes + BYTES_BESIDE_OBS);
    return [...measurements, ["share/fraction", 1], ["share/bytes", bytes]];
  }

  /** Evaluation, where one is due; its episodes are those of every other run of the seed at this step. */
  evaluate(): Measurement[] {
    if (this.envSteps % this.config.evaluation.everyEnvSteps !== 0) return [];
    const stream = this.#stream.fork(`evaluation/${this.envSteps}`);
    return evaluationMeans(this.#play(stream));
  }

  /** Frees the tensors and ends the threads. */
  dispose(): void {
    this.rollout.dispose();
    this.team.dispose();
    disposeExperience(this.#experience);
    stopThreads();
  }

  #play(stream: Stream): Evaluation {
    const { E, N, O } = this.#evaluationEnv;
    const { networks } = this.team;
    const acting = heapTensor([networks.P, E * N / networks.P, O], "float32");
    const drawn = { actions: new Int32Array(E * N), logProbs: new Float64Array(E * N) };
    const actionStreams = [stream.fork("actions")];
    const episodes = new GreedyEpisodes(this.#evaluationEnv, { networks: networks.P, stream });
    while (!episodes.areOver) {
      episodes.writeObs(acting.values);
      tf.tidy(() => {
        const logits = simdEngine().view(networks.logits(acting.tensor)) as Float32Array;
        if (this.config.evaluationPolicy === "greedy") likeliestActions(logits, drawn.actions);
        else sampleActions(logits, actionStreams, drawn);
      });
      episodes.step(drawn.actions);
    }
    acting.dispose();
    return episodes.outcome;
  }
}
