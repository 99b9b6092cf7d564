/**
 * Double DQN for stacked networks on the GPU.
 * @module
 */
import { initializeLayer } from "../q_network_plan.ts";
import type { StackedAdamState } from "../stacked_adam.ts";
import type { Gpu } from "./gpu_device.ts";
import { ADAM_DEFAULTS, type GpuLearnerOptions, GpuLearnerWork, type GpuTask } from "./gpu_learner_work.ts";
import type { GpuReplay, GpuReplayEntry } from "./gpu_replay.ts";
import type { GpuReadback } from "./gpu_readback.ts";
import { encodeSteps, type GpuStep } from "./gpu_step.ts";
import type { TransitionBatch } from "./gpu_td_pass.ts";
import type { PlacedParameter } from "./parameter_layout.ts";

/** What one update tells. */
export interface GpuUpdate {
  /** δ = Q(o, a) − y before the update [P, B]. */
  readonly tdErrors: Float32Array;
  /** Mean over B of isWeight · huber(δ) [P]. */
  readonly losses: Float32Array;
  /** Before clipping [P]. */
  readonly gradientNorms: Float32Array;
}

/** All that later updates depend on, beside replays; parameters in the order of `QNetworks.parameters`, each [P, …]. */
export interface GpuLearnerState {
  readonly online: readonly Float32Array[];
  readonly target: readonly Float32Array[];
  readonly adam: StackedAdamState;
}

/**
 * P independent double-DQN learners: an update of all of them is one submit of about three dispatches a layer and one
 * read. Every network's numbers are the same bits whatever is stacked beside it; another GPU may round differently.
 *
 * @example
 * ```ts ignore
 * import { openStream } from "relay/rng/stream.ts";
 * import { hasGpu, openGpu } from "relay/tensor/webgpu/gpu_device.ts";
 * import { GpuLearner } from "relay/tensor/webgpu/gpu_learner.ts";
 * import { assertEquals } from "@std/assert";
 *
 * if (await hasGpu()) {
 *   const gpu = await openGpu();
 *   const learner = await GpuLearner.open(gpu, {
 *     spec: { kind: "fc", hidden: [16], headHidden: null, dueling: false, obsShape: [4], actions: 2 },
 *     streams: [0, 1, 2].map((agent) => openStream(1).fork(`agent/${agent}`)),
 *     batchSize: 32,
 *     gamma: 0.99,
 *     double: true,
 *     adam: { learningRate: 1e-3 },
 *   });
 *   assertEquals((await learner.greedy(new Float32Array(3 * 4))).length, 3);
 *   learner.dispose();
 *   gpu.device.destroy();
 * }
 * ```
 */
export class GpuLearner {
  /** Number of networks. */
  readonly P: number;
  readonly #gpu: Gpu;
  readonly #options: GpuLearnerOptions;
  readonly #work: GpuLearnerWork;
  #steps = 0;

  private constructor(gpu: Gpu, options: GpuLearnerOptions, work: GpuLearnerWork) {
    this.#gpu = gpu;
    this.#options = options;
    this.#work = work;
    this.P = options.streams.length;
    this.#draw();
  }

  /**
   * Compiles the dispatches and draws first parameters; the target networks begin as copies.
   * @throws {RangeError} if a number is out of range or the networks do not fit into this GPU's buffers
   */
  static async open(gpu: Gpu, options: GpuLearnerOptions): Promise<GpuLearner> {
    const { streams, batchSize, fragmentRows = 1, actRows = [1] } = options;
    const counts = {
      networks: [streams.length],
      batchSize: [batchSize],
      fragmentRows: [fragmentRows],
      actRows,
    };
    const named = Object.entries(counts).flatMap(([name, all]) => all.map((count) => [name, count] as const));
    for (const [name, count] of named) {
      if (!Number.isInteger(count) || count < 1) {
        throw new RangeError(`Cannot open a learner: ${name} is ${count}, expected a whole number from 1`);
      }
    }
    return new GpuLearner(gpu, options, await GpuLearnerWork.open(gpu, options));
  }

  /** Names and sizes of one network's parameters, in the order of {@link GpuLearnerState}. */
  get layout(): readonly PlacedParameter[] {
    return this.#work.layout.parameters;
  }

  /** One clipped Adam step of every network. */
  async update(batch: TransitionBatch): Promise<GpuUpdate> {
    this.#work.update.pass.write(batch);
    return await this.#step(this.#work.update);
  }

  /**
   * One clipped Adam step of every network on a batch that its replay draws, and the batch's new priorities.
   * @param uniforms numbers in [0, 1) by which transitions are drawn [P, B]
   * @throws {Error} if a replay is empty, or the learner was opened without `replay`
   */
  async updateFromReplay(uniforms: Float32Array): Promise<GpuUpdate> {
    this.replay.writeUniforms(uniforms);
    return await this.#step(this.#work.replayUpdate!);
  }

  /**
   * Appends transitions of the batch last given to {@link tdErrors} to replays; what is not handed over anew is read
   * where it lies on the GPU.
   * @throws {RangeError} if an entry names no network or row
   * @throws {Error} if the learner was opened without `replay`
   */
  insert(entries: readonly GpuReplayEntry[]): void {
    this.#submit(this.replay.insertSteps(entries));
  }

  /**
   * TD errors of other transitions, such as a fragment just collected.
   * @returns δ [P, fragmentRows]
   * @throws {Error} if the learner was opened without `fragmentRows`
   */
  async tdErrors(batch: TransitionBatch): Promise<Float32Array> {
    const { fragment } = this.#work;
    if (!fragment) {
      throw new Error("Cannot evaluate TD errors: this learner has no fragmentRows, expected at least 1");
    }
    fragment.pass.write(batch);
    const results = new Float32Array(await this.#run(fragment));
    return results.subarray(0, results.length - 2 * this.P);
  }

  /**
   * Greedy actions.
   * @param obs [P, rows, O], rows being one of `actRows`
   * @returns [P · rows], the first action of the largest Q-value
   */
  async greedy(obs: Float32Array): Promise<Int32Array> {
    const { acts, memory } = this.#work;
    const act = acts.find(({ input }) => input.size === 4 * obs.length);
    if (!act) {
      const expected = acts.map(({ input }) => input.size / 4).join(" or ");
      throw new RangeError(`Cannot act on ${obs.length} values of observations, expected ${expected}`);
    }
    memory.write(act.input, obs);
    return new Int32Array(await this.#run(act));
  }

  /** Online → target. */
  copyToTarget(): void {
    this.#submit([this.#work.copyToTarget]);
  }

  /** The online networks' parameters, each [P, …], in the order of `QNetworks.parameters`. */
  async parameters(): Promise<Float32Array[]> {
    return [...(await this.state()).online];
  }

  /** The gradients of the last update before clipping, each [P, …]. */
  async gradients(): Promise<Float32Array[]> {
    return this.#work.layout.split(await this.#work.memory.read(this.#work.gradients), this.P);
  }

  /**
   * The networks' replays.
   * @throws {Error} if the learner was opened without `replay`
   */
  get replay(): GpuReplay {
    const { replay } = this.#work;
    if (!replay) throw new Error("Cannot use a replay: this learner has none, expected the option replay");
    return replay;
  }

  /** A copy of all that later updates depend on, beside the replays. */
  async state(): Promise<GpuLearnerState> {
    const split = (rows: Float32Array) => this.#work.layout.split(rows, this.P);
    const networks = await this.#work.memory.read(this.#work.networks);
    const half = networks.length / 2;
    return {
      online: split(networks.subarray(0, half)),
      target: split(networks.subarray(half)),
      adam: {
        step: this.#steps,
        m: split(await this.#work.memory.read(this.#work.m)),
        v: split(await this.#work.memory.read(this.#work.v)),
      },
    };
  }

  /**
   * Continues where `state` was called; the replays stay as they are.
   * @throws {RangeError} if sizes differ
   */
  restore({ online, target, adam }: GpuLearnerState): void {
    const join = (values: readonly Float32Array[]) => this.#work.layout.join(values, this.P);
    const [networks, targets, m, v] = [join(online), join(target), join(adam.m), join(adam.v)];
    this.#work.memory.write(this.#work.networks, networks!);
    this.#work.memory.write(this.#work.networks, targets!, targets!.length);
    this.#work.memory.write(this.#work.m, m!);
    this.#work.memory.write(this.#work.v, v!);
    this.#steps = adam.step;
  }

  /** Frees the buffers; the device is the caller's. */
  dispose(): void {
    this.#work.dispose();
  }

  async #step(task: GpuTask): Promise<GpuUpdate> {
    const { learningRate, beta1, beta2 } = { ...ADAM_DEFAULTS, ...this.#options.adam };
    this.#steps++;
    const sizes = [learningRate / (1 - beta1 ** this.#steps), 1 / (1 - beta2 ** this.#steps)];
    this.#work.memory.write(this.#work.stepSizes, Float32Array.from(sizes));
    const results = new Float32Array(await this.#run(task));
    const normsAt = results.length - this.P;
    const lossesAt = normsAt - this.P;
    return {
      tdErrors: results.subarray(0, lossesAt),
      losses: results.subarray(lossesAt, normsAt),
      gradientNorms: results.subarray(normsAt),
    };
  }

  async #run({ steps, readback }: GpuTask): Promise<ArrayBuffer> {
    this.#submit(steps, readback);
    return await readback.read();
  }

  #submit(steps: readonly GpuStep[], readback?: GpuReadback): void {
    const encoder = this.#gpu.device.createCommandEncoder();
    encodeSteps(encoder, steps);
    readback?.encode(encoder);
    this.#gpu.device.queue.submit([encoder.finish()]);
  }

  #draw(): void {
    const { streams } = this.#options;
    const rows = new Float32Array(this.P * this.#work.layout.size);
    for (const { plan, offset, K, O } of this.#work.layout.layers) {
      streams.forEach((stream, p) => {
        const own = rows.subarray(p * this.#work.layout.size + offset);
        const values = { weight: own.subarray(0, K * O), bias: own.subarray(K * O, (K + 1) * O) };
        initializeLayer(plan, values, stream);
      });
    }
    this.#work.memory.write(this.#work.networks, rows);
    this.#work.memory.write(this.#work.networks, rows, rows.length);
  }
}
