/**
 * The part of a run that stays on the CPU while its networks and replays are on the GPU.
 * @module
 */
import { fillFromFragment } from "relay/algo/batch.ts";
import { type EndedEpisode, RolloutSteps } from "relay/algo/rollout.ts";
import { countUpdate, type Iteration, relayExperience } from "relay/algo/super_dqn.ts";
import { newTeamMembers, type TeamMembers } from "relay/algo/team.ts";
import type { ParallelEnv } from "relay/env/parallel_env.ts";
import { makeEnv } from "relay/env/registry.ts";
import { type Fragment, newFragment } from "relay/replay/fragment.ts";
import type { BatchTarget } from "relay/replay/prioritized_replay.ts";
import { openStream, type Stream } from "relay/rng/stream.ts";
import { selectorOf } from "relay/share/share_config.ts";
import type { GpuUpdate } from "relay/tensor/webgpu/gpu_learner.ts";
import type { GpuReplayEntry } from "relay/tensor/webgpu/gpu_replay.ts";
import { ConfigError, type TrainConfig } from "relay/train/config.ts";
import { GreedyEpisodes } from "relay/train/greedy_episodes.ts";
import { type Measurement, meterIteration, takeReport } from "relay/train/measurements.ts";
import { Meters } from "relay/train/meters.ts";
import { ENV_SEED_OFFSET, requireTeam } from "relay/train/session.ts";

/** One run's environment, selectors, random numbers and accounts; its networks are `P` of a stack. */
export class GpuRun {
  readonly config: TrainConfig;
  readonly env: ParallelEnv;
  readonly team: TeamMembers;
  readonly rollout: RolloutSteps;
  readonly meters = new Meters();
  /** Root of the run's random numbers. */
  readonly stream: Stream;
  /** Largest priority ever written back, of each network. */
  readonly maxPriorities: number[];
  /** Joint steps done. */
  envSteps = 0;
  readonly #fragment: Fragment;
  readonly #evaluationEnv: ParallelEnv;
  #episodes: EndedEpisode[] = [];
  #entries: GpuReplayEntry[] = [];
  #absTdErrors: Float32Array = new Float32Array(0);

  private constructor(config: TrainConfig, env: ParallelEnv, team: TeamMembers) {
    const { id, options } = config.env;
    const { agents, obsDtype } = env.describe();
    this.config = config;
    this.env = env;
    this.team = team;
    this.rollout = new RolloutSteps(env, team);
    this.stream = openStream(config.seed);
    this.maxPriorities = Array.from({ length: team.P }, () => 1);
    this.#fragment = newFragment(config.rolloutEnvSteps, agents.length, { O: env.O, dtype: obsDtype });
    this.#evaluationEnv = makeEnv(id, options, config.evaluation.episodes);
  }

  /**
   * A run at step 0.
   * @throws {ConfigError} for settings that the environment refuses
   */
  static async start(config: TrainConfig): Promise<GpuRun> {
    const select = await selectorOf(config.share, config.rolloutEnvSteps);
    try {
      if (config.defects) {
        throw new RangeError("defects can be switched on in the CPU's learner only, expected another engine");
      }
      const env = makeEnv(config.env.id, config.env.options);
      if (config.opponents || env.alive) {
        throw new RangeError(
          `${config.env.id} has two teams or agents that die, which the CPU's learner alone can do, expected another engine`,
        );
      }
      env.reset([config.seed + ENV_SEED_OFFSET]);
      requireTeam(config, env.describe().agents);
      return new GpuRun(
        config,
        env,
        newTeamMembers(config, env, { select, stream: openStream(config.seed) }),
      );
    } catch (error) {
      if (error instanceof RangeError) throw new ConfigError(`Cannot start run: ${error.message}`);
      throw error;
    }
  }

  get isDone(): boolean {
    return this.envSteps >= this.config.totalEnvSteps;
  }

  /** Whether updates have begun, counting the fragment in hand. */
  get learns(): boolean {
    return this.envSteps > this.config.learningStartsEnvSteps;
  }

  /** One of the fragment's F joint steps. */
  step(t: number, greedy: Int32Array): void {
    const episode = this.rollout.take(this.#fragment, { t, envSteps: this.envSteps, greedy });
    if (episode) this.#episodes.push(episode);
  }

  /** Ends the fragment: `rows` become its transitions. */
  writeFragment(rows: BatchTarget): void {
    this.envSteps += this.#fragment.F;
    fillFromFragment({ values: rows }, this.#fragment, this.config);
  }

  /**
   * Lines 2 and 3 of the algorithm's box.
   * @param absTdErrors of the fragment `[P, F·N/P]`
   * @returns what the replays append; networks and rows are counted from the run's first
   */
  relay(absTdErrors: Float32Array): readonly GpuReplayEntry[] {
    this.#entries = [];
    this.#absTdErrors = absTdErrors;
    const replays = this.maxPriorities.map((maxPriority, network) => ({
      maxPriority,
      insert: ({ F }: Fragment, { agent, t }: { agent: number; t: number }, priority: number) => {
        this.#entries.push({ network, row: agent * F + t, priority });
      },
    }));
    relayExperience({ ...this.team, replays }, this.#fragment, absTdErrors);
    return this.#entries;
  }

  /**
   * Draws the numbers by which the replays pick a batch.
   * @param uniforms `[P, B]`, overwritten
   */
  drawUniforms(uniforms: Float32Array): void {
    const { batchSize: B } = this.config;
    for (const [p, stream] of this.team.replayStreams.entries()) {
      for (let b = 0; b < B; b++) uniforms[p * B + b] = stream.random();
    }
  }

  /**
   * Ends the iteration.
   * @param update of this run's networks; absent before learning starts
   * @returns its measurements, and whether online → target is due
   */
  endIteration(update?: GpuUpdate): { measurements: Measurement[]; isTargetDue: boolean } {
    const isTargetDue = update !== undefined && countUpdate(this.team, this.envSteps);
    if (update) this.#raiseMaxPriorities(update.tdErrors);
    const iteration: Iteration = {
      absTdErrors: this.#absTdErrors,
      ...(update && { update: { loss: mean(update.losses), gradientNorm: mean(update.gradientNorms) } }),
    };
    meterIteration(this.meters, iteration);
    const episodes = this.#episodes.map(({ teamReturn }): Measurement => ["train/return", teamReturn]);
    this.#episodes = [];
    const isReportDue = this.envSteps % this.config.reportEveryEnvSteps === 0;
    return {
      measurements: [...episodes, ...(isReportDue ? takeReport(this.meters, this.team) : [])],
      isTargetDue,
    };
  }

  /** Begins the greedy episodes that are due at this step. */
  beginEvaluation(): GreedyEpisodes {
    const stream = this.stream.fork(`evaluation/${this.envSteps}`);
    return new GreedyEpisodes(this.#evaluationEnv, { networks: this.team.P, stream });
  }

  #raiseMaxPriorities(tdErrors: Float32Array): void {
    const { batchSize: B, replay: { epsilon } } = this.config;
    for (const [row, tdError] of tdErrors.entries()) {
      const p = Math.floor(row / B);
      this.maxPriorities[p] = Math.max(this.maxPriorities[p]!, Math.abs(tdError) + epsilon);
    }
  }
}

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
