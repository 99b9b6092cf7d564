/**
 * Many runs of SUPER's learner at once, all their networks in one stack on the GPU.
 * @module
 */
import { agentStreams } from "relay/algo/team.ts";
import type { BatchTarget } from "relay/replay/prioritized_replay.ts";
import type { Gpu } from "relay/tensor/webgpu/gpu_device.ts";
import { GpuLearner, type GpuUpdate } from "relay/tensor/webgpu/gpu_learner.ts";
import { evaluationMeans, type Measurement } from "relay/train/measurements.ts";
import type { GpuRun } from "./gpu_run.ts";

/** What each run measured, in the runs' order. */
export type Measured = readonly (readonly Measurement[])[];

/**
 * Runs of the same settings and at the same joint step (see gpu_groups.ts), stepped together: F times one read of actions,
 * one read of the fragments' TD errors, one update. Run r's networks are r·P … (r+1)·P − 1 of the stack; no number of a
 * run depends on its company.
 *
 * Environments are stepped on this thread: for 30 runs of Pursuit all CPU work is 1.9 ms an iteration on an AMD EPYC
 * core, 0.8 ms of it the environments (2.7 of the 30 minutes that 800,000 joint steps may take), less than what four
 * hand-overs an iteration to Workers and back would leave to gain.
 */
export class Lockstep {
  readonly runs: readonly GpuRun[];
  readonly learner: GpuLearner;
  /** Networks a run. */
  readonly P: number;
  readonly #obs: Float32Array;
  readonly #evaluationObs: Float32Array;
  readonly #fragments: BatchTarget;
  readonly #uniforms: Float32Array;

  private constructor(runs: readonly GpuRun[], learner: GpuLearner) {
    const [{ config, env, team }] = runs as [GpuRun];
    const R = runs.length;
    const perStep = R * env.N;
    this.runs = runs;
    this.learner = learner;
    this.P = team.P;
    this.#obs = new Float32Array(perStep * env.O);
    this.#evaluationObs = new Float32Array(perStep * config.evaluation.episodes * env.O);
    this.#fragments = newRows(perStep * config.rolloutEnvSteps, env.O);
    this.#uniforms = new Float32Array(R * team.P * config.batchSize);
  }

  /**
   * Opens a learner for the runs' networks, which begin as those of the CPU engine do.
   * @param runs at the same joint step; those that resume are restored afterwards
   * @throws {GpuRoomError} if they do not fit on this GPU together
   */
  static async open(gpu: Gpu, runs: readonly GpuRun[]): Promise<Lockstep> {
    const [{ config, env, team: { P } }] = runs as [GpuRun];
    const { obsShape, obsDtype } = env.describe();
    const { capacity, alpha, beta, epsilon } = config.replay;
    const learner = await GpuLearner.open(gpu, {
      spec: { ...config.network, dueling: config.dueling, obsShape, actions: env.A },
      streams: runs.flatMap(({ stream }) => agentStreams(stream, "network", P)),
      batchSize: config.batchSize,
      fragmentRows: config.rolloutEnvSteps * env.N / P,
      actRows: [env.N / P, config.evaluation.episodes * env.N / P],
      gamma: config.gamma,
      double: config.double,
      adam: {
        learningRate: config.learningRate,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: config.adamEpsilon,
        clipNorm: config.clipNorm,
      },
      replay: { capacity, dtype: obsDtype, alpha, beta, epsilon },
    });
    return new Lockstep(runs, learner);
  }

  get isDone(): boolean {
    return this.runs[0]!.isDone;
  }

  /** One iteration of the algorithm's box for every run. */
  async iterate(): Promise<Measured> {
    await this.#collect();
    await this.#relay();
    const update = this.runs[0]!.learns ? await this.#learn() : undefined;
    const ended = this.runs.map((run, r) => run.endIteration(update && this.#partOf(update, r)));
    if (ended[0]!.isTargetDue) this.learner.copyToTarget();
    return ended.map(({ measurements }) => measurements);
  }

  /** Greedy evaluations of all runs, where they are due. */
  async evaluate(): Promise<Measured> {
    const { config, envSteps } = this.runs[0]!;
    if (envSteps % config.evaluation.everyEnvSteps !== 0) return this.runs.map(() => []);
    const episodes = this.runs.map((run) => run.beginEvaluation());
    const size = this.#evaluationObs.length / this.runs.length;
    while (!episodes.every(({ areOver }) => areOver)) {
      episodes.forEach((own, r) => own.writeObs(part(this.#evaluationObs, r, size)));
      const greedy = await this.learner.greedy(this.#evaluationObs);
      const actions = greedy.length / this.runs.length;
      episodes.forEach((own, r) => {
        if (!own.areOver) own.step(part(greedy, r, actions));
      });
    }
    return episodes.map(({ outcome }) => evaluationMeans(outcome));
  }

  /** Frees the GPU's buffers. */
  dispose(): void {
    this.learner.dispose();
  }

  /** Line 1: F joint steps of every run. */
  async #collect(): Promise<void> {
    const [{ config, env }] = this.runs as [GpuRun];
    for (let t = 0; t < config.rolloutEnvSteps; t++) {
      this.runs.forEach((run, r) => this.#obs.set(run.env.obs, r * env.N * env.O));
      const greedy = await this.learner.greedy(this.#obs);
      this.runs.forEach((run, r) => run.step(t, part(greedy, r, env.N)));
    }
  }

  /** Lines 2 and 3 for every run. */
  async #relay(): Promise<void> {
    const rows = this.#fragments.rewards.length / this.runs.length;
    this.runs.forEach((run, r) => run.writeFragment(rowsOf(this.#fragments, r, this.runs.length)));
    const absTdErrors = (await this.learner.tdErrors(this.#fragments)).map(Math.abs);
    this.learner.insert(
      this.runs.flatMap((run, r) =>
        run.relay(part(absTdErrors, r, rows)).map(({ network, row, priority }) => ({
          network: r * this.P + network,
          row: r * rows + row,
          priority,
        }))
      ),
    );
  }

  /** Line 4's gradient step of every network. */
  async #learn(): Promise<GpuUpdate> {
    const size = this.#uniforms.length / this.runs.length;
    this.runs.forEach((run, r) => run.drawUniforms(part(this.#uniforms, r, size)));
    return await this.learner.updateFromReplay(this.#uniforms);
  }

  #partOf({ tdErrors, losses, gradientNorms }: GpuUpdate, r: number): GpuUpdate {
    return {
      tdErrors: part(tdErrors, r, tdErrors.length / this.runs.length),
      losses: part(losses, r, this.P),
      gradientNorms: part(gradientNorms, r, this.P),
    };
  }
}

function part<Values extends Float32Array | Int32Array>(values: Values, r: number, size: number): Values {
  return values.subarray(r * size, (r + 1) * size) as Values;
}

function newRows(count: number, O: number): BatchTarget {
  return {
    obs: new Float32Array(count * O),
    nextObs: new Float32Array(count * O),
    actions: new Int32Array(count),
    rewards: new Float32Array(count),
    notTerminal: new Float32Array(count),
    isWeights: new Float32Array(count),
  };
}

/** The rows of run r of R. */
function rowsOf(rows: BatchTarget, r: number, R: number): BatchTarget {
  const own = <Values extends Float32Array | Int32Array>(values: Values) =>
    part(values, r, values.length / R);
  return {
    obs: own(rows.obs),
    nextObs: own(rows.nextObs),
    actions: own(rows.actions),
    rewards: own(rows.rewards),
    notTerminal: own(rows.notTerminal),
    isWeights: own(rows.isWeights),
  };
}
