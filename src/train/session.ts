/**
 * A run in memory: environment, team and meters, stepped one rollout fragment at a time.
 * @module
 */
import { type RunParts, runParts } from "relay/algo/defects/run_parts.ts";
import { superIteration } from "relay/algo/super_dqn.ts";
import { disposeTeam, newTeam, type Team } from "relay/algo/team.ts";
import { Rollout } from "relay/algo/rollout.ts";
import type { ParallelEnv } from "relay/env/parallel_env.ts";
import { makeEnv } from "relay/env/registry.ts";
import { teamsOf } from "relay/env/teams.ts";
import { type Fragment, newFragment } from "relay/replay/fragment.ts";
import { openStream, type Stream } from "relay/rng/stream.ts";
import { selectorOf, sharesParameters, sharingTeam } from "relay/share/share_config.ts";
import { type SimdOptions, stopThreads, useSimd } from "relay/tensor/simd_backend.ts";
import { ConfigError, type TrainConfig } from "relay/train/config.ts";
import { evaluate } from "relay/train/evaluate.ts";
import { type LearningEnv, learningEnv } from "relay/train/learning_env.ts";
import { evaluationMeans, type Measurement, meterIteration, takeReport } from "relay/train/measurements.ts";
import { Meters } from "relay/train/meters.ts";

export type { Measurement };

/** Distance of the training environment's seed from the run's (spec/super.md §10). */
export const ENV_SEED_OFFSET = 100;

/** See the module. */
export class Session {
  readonly config: TrainConfig;
  readonly env: ParallelEnv;
  readonly team: Team;
  readonly rollout: Rollout;
  readonly meters = new Meters();
  /** Joint steps done. */
  envSteps = 0;
  readonly #parts: RunParts;
  readonly #learning: LearningEnv;
  readonly #evaluation: LearningEnv;
  readonly #fragment: Fragment;
  readonly #stream: Stream;

  private constructor(
    config: TrainConfig,
    parts: RunParts,
    { learning, team }: { readonly learning: LearningEnv; readonly team: Team },
  ) {
    const { env } = learning;
    const { agents, obsDtype } = env.describe();
    this.config = config;
    this.env = env;
    this.#learning = learning;
    this.team = team;
    this.rollout = new Rollout(env, team);
    this.#stream = openStream(config.seed);
    this.#parts = parts;
    this.#evaluation = learningEnv(makeEnv(config.env.id, parts.evaluationEnv, parts.episodes), config);
    this.#fragment = newFragment(config.rolloutEnvSteps, agents.length, { O: env.O, dtype: obsDtype });
  }

  /**
   * A run at step 0.
   * @throws {ConfigError} for settings that the environment, the networks, the engine or this machine's memory refuse
   */
  static async start(config: TrainConfig, compute: SimdOptions = {}): Promise<Session> {
    const healthy = await selectorOf(config.share, config.rolloutEnvSteps);
    const { id, options } = config.env;
    const { episodes } = config.evaluation;
    try {
      await useSimd(compute);
      requireMeaningfulDefects(config);
      const parts = runParts({ learner: config, env: options, evaluationEnv: options, episodes }, healthy);
      const stream = openStream(config.seed);
      const learning = learningEnv(makeEnv(id, parts.env), config, {
        epsilon: parts.learner.epsilon,
        stream,
      });
      const { env } = learning;
      env.reset([config.seed + ENV_SEED_OFFSET]);
      requireTeam(config, env.describe().agents);
      const team = newTeam(parts.learner, env, { select: parts.select, stream });
      parts.prepare(team, stream);
      return new Session(config, parts, { learning, team });
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
    return this.team.progress.updates;
  }

  /** What was shared since the last call, as the run's folder keeps it. */
  takeSharing(): Uint8Array {
    return this.team.log.takeRecords();
  }

  /** One iteration of the algorithm's box. */
  iterate(): Measurement[] {
    const episodes = this.rollout.collect(this.#fragment, this.envSteps);
    this.envSteps += this.#fragment.F;
    const iteration = superIteration(this.team, this.#fragment, this.envSteps, this.#parts.steps);
    meterIteration(this.meters, iteration, this.#fragment.alive);
    return episodes.map(({ teamReturn }) => ["train/return", teamReturn]);
  }

  /** Training metrics since the last report, where one is due. */
  report(): Measurement[] {
    if (this.envSteps % this.config.reportEveryEnvSteps !== 0) return [];
    return takeReport(this.meters, this.team);
  }

  /** Greedy evaluation, where one is due. */
  evaluate(): Measurement[] {
    if (this.envSteps % this.config.evaluation.everyEnvSteps !== 0) return [];
    const stream = this.#stream.fork(`evaluation/${this.envSteps}`);
    const { online, seats, counted } = this.team;
    return evaluationMeans(evaluate(online, this.#evaluation.env, { stream, seats, counted }));
  }

  /** Frees the tensors and ends the threads. */
  dispose(): void {
    this.rollout.dispose();
    this.#learning.dispose();
    this.#evaluation.dispose();
    this.#parts.steps.dispose();
    disposeTeam(this.team);
    stopThreads();
  }
}

/** @throws {RangeError} for faults of the student reproduction, which had one team of immortals, where there is more */
function requireMeaningfulDefects({ defects, opponents, env: { id, options } }: TrainConfig): void {
  if (defects === undefined) return;
  const env = makeEnv(id, options);
  const isOneTeam = opponents === undefined && teamsOf(env.describe().agents).length === 1;
  if (isOneTeam && env.alive === undefined) return;
  throw new RangeError(
    `defects is ${JSON.stringify(defects)}, expected none where there are two teams or agents can die`,
  );
}

/** @throws {RangeError} where fewer than two agents would share */
export function requireTeam({ share }: TrainConfig, agents: readonly string[]): void {
  if (share.kind === "none" || share.team === undefined) return;
  const members = share.kind === "parameters"
    ? agents.filter((name) => sharesParameters(share, name))
    : sharingTeam(share, agents);
  if (members.length < 2) {
    throw new RangeError(
      `share.team is ${JSON.stringify(share.team)}, expected a text in the names of at least two agents (${
        agents.join(", ")
      })`,
    );
  }
}
