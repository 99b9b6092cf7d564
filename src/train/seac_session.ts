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
import { type LearningEnv, learningEnv } from "relay/train/learning_env.ts";
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
  /** Steps that learners have lived through: what seac's agents share. */
  livingSteps = 0;
  readonly #learning: LearningEnv;
  readonly #evaluation: LearningEnv;
  readonly #experience: Experience;
  readonly #stream: Stream;

  private constructor(config: SeacTrainConfig, learning: LearningEnv) {
    const { env } = learning;
    this.config = config;
    this.env = env;
    this.#learning = learning;
    this.#stream = openStream(config.seed);
    this.team = new ActorCriticTeam(config, env, this.#stream);
    this.rollout = new ActorCriticRollout(env, this.team);
    const { id, options } = config.env;
    this.#evaluation = learningEnv(makeEnv(id, options, config.evaluation.episodes), config);
    this.#experience = newExperience({ N: env.N, T: config.rolloutSteps, E: env.E, O: env.O });
  }

  /**
   * A run at step 0; no two seeds begin with the same episode in any copy. Stored opponents explore with the schedule that the config
   * gives them, as actor-critics have none.
   * @throws {ConfigError} for settings that the environment, the engine or this machine's memory refuse
   */
  static async start(config: SeacTrainConfig, compute: SimdOptions = {}): Promise<SeacSession> {
    try {
      await useSimd(compute);
      const { envCopies: E, seed, env: { id, options } } = config;
      const epsilon = config.opponents?.epsilon;
      const exploration = epsilon && { epsilon, stream: openStream(seed) };
      const learning = learningEnv(makeEnv(id, options, E), config, exploration);
      learning.env.reset(Array.from({ length: E }, (_, e) => ENV_SEED_OFFSET + seed * E + e));
      return new SeacSession(config, learning);
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
    this.livingSteps += this.#livingSteps();
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
    const { O } = this.env;
    const obsBytes = this.env.describe().obsDtype === "uint8" ? O : 4 * O;
    const receivers = this.team.learners.length - 1;
    const bytes = this.livingSteps * receivers * (obsBytes + BYTES_BESIDE_OBS);
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
    this.#learning.dispose();
    this.#evaluation.dispose();
    disposeExperience(this.#experience);
    stopThreads();
  }

  /** Of the rollout at hand. */
  #livingSteps(): number {
    const { T, E, alive: { values } } = this.#experience;
    return this.team.learners.reduce((steps, i) => {
      const own = values.subarray(i * T * E, (i + 1) * T * E);
      return steps + own.reduce((sum, alive) => sum + alive, 0);
    }, 0);
  }

  #play(stream: Stream): Evaluation {
    const { env } = this.#evaluation;
    const { networks, seats, learners } = this.team;
    const { P, S } = seats;
    const rows = env.E * P * S;
    const acting = heapTensor([P, env.E * S, env.O], "float32");
    const drawn = { actions: new Int32Array(rows), logProbs: new Float64Array(rows) };
    const actionStreams = [stream.fork("actions")];
    const episodes = new GreedyEpisodes(env, { networks: P, stream, seats, counted: learners });
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
