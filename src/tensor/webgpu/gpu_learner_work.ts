/**
 * The buffers and dispatches of a learner on the GPU.
 * @module
 */
import type { Stream } from "relay/rng/stream.ts";
import { planQNetwork, type QNetworkSpec } from "../q_network_plan.ts";
import type { StackedAdamOptions } from "../stacked_adam.ts";
import { GpuBackward } from "./gpu_backward.ts";
import { checkedBuild, type Gpu } from "./gpu_device.ts";
import { GpuForward } from "./gpu_forward.ts";
import { GpuMemory } from "./gpu_memory.ts";
import { GpuReadback } from "./gpu_readback.ts";
import { GpuReplay, type GpuReplayOptions } from "./gpu_replay.ts";
import { type GpuStep, newGpuStep, WORKGROUP_SIZE } from "./gpu_step.ts";
import { GpuTdPass, sizeOfObs } from "./gpu_td_pass.ts";
import {
  adamChunks,
  adamShader,
  argmaxShader,
  copyToTargetShader,
  normChunks,
  normShader,
} from "./learning_shaders.ts";
import { ParameterLayout } from "./parameter_layout.ts";

/** What a learner learns with. */
export interface GpuLearnerOptions {
  readonly spec: QNetworkSpec;
  /** One a network, from which its first parameters are drawn, the same as those of `QNetworks`. */
  readonly streams: readonly Stream[];
  /** B: transitions a network in `GpuLearner.update`. */
  readonly batchSize: number;
  /** Transitions a network in `GpuLearner.tdErrors`; absent where that is not called. */
  readonly fragmentRows?: number;
  /** Numbers of observations a network that `GpuLearner.greedy` takes, 1 if absent. */
  readonly actRows?: readonly number[];
  /** γ. */
  readonly gamma: number;
  /** Whether the online networks select the action at o′ (double DQN). */
  readonly double: boolean;
  readonly adam: StackedAdamOptions;
  /** Replays on the GPU, for `GpuLearner.insert` and `GpuLearner.updateFromReplay`; need `fragmentRows`. */
  readonly replay?: GpuReplayOptions;
}

/** Dispatches that end in a read. */
export interface GpuTask {
  readonly steps: readonly GpuStep[];
  readonly readback: GpuReadback;
}

/** Dispatches on a batch. */
export interface GpuBatchTask extends GpuTask {
  readonly pass: GpuTdPass;
}

/** As those of `StackedAdam`. */
export const ADAM_DEFAULTS = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipNorm: Infinity };

/** All that a learner has on the GPU, made once. */
export class GpuLearnerWork {
  readonly layout: ParameterLayout;
  readonly memory: GpuMemory;
  /** [2, P, size]: online, then target networks. */
  readonly networks: GPUBuffer;
  /** Adam's first moments [P, size]. */
  readonly m: GPUBuffer;
  /** Adam's second moments [P, size]. */
  readonly v: GPUBuffer;
  /** [learningRate/(1 − β₁ᵗ), 1/(1 − β₂ᵗ)]. */
  readonly stepSizes: GPUBuffer;
  /** [P, size]. */
  gradients!: GPUBuffer;
  /** Forward, TD errors, backward, Adam. */
  update!: GpuBatchTask;
  /** Forward and TD errors of `fragmentRows` transitions. */
  fragment: GpuBatchTask | undefined;
  /** Where transitions go and batches are drawn from. */
  replay: GpuReplay | undefined;
  /** {@link update}, of a batch drawn from the replay. */
  replayUpdate: GpuTask | undefined;
  /** Greedy actions for the observations in `input`, one for each of `actRows`. */
  acts: readonly (GpuTask & { readonly input: GPUBuffer })[] = [];
  /** Online → target. */
  copyToTarget!: GpuStep;
  readonly #gpu: Gpu;
  readonly #options: GpuLearnerOptions;

  private constructor(gpu: Gpu, options: GpuLearnerOptions, memory: GpuMemory) {
    this.#gpu = gpu;
    this.#options = options;
    if (options.spec.kind === "conv_pool") {
      throw new RangeError(
        "Cannot learn on the GPU with max-pools: the network is conv_pool, expected conv or fc",
      );
    }
    this.layout = new ParameterLayout(planQNetwork(options.spec));
    this.memory = memory;
    const size = this.#P * this.layout.size;
    this.networks = this.memory.allocate("parameters of online and target networks", 2 * size);
    this.m = this.memory.allocate("first moments", size);
    this.v = this.memory.allocate("second moments", size);
    this.stepSizes = this.memory.allocate("step sizes", 2);
  }

  /** Allocates and compiles; throws what the GPU finds wrong. */
  static async open(gpu: Gpu, options: GpuLearnerOptions): Promise<GpuLearnerWork> {
    const memory = new GpuMemory(gpu.device);
    try {
      const work = new GpuLearnerWork(gpu, options, memory);
      await work.#prepare();
      return work;
    } catch (error) {
      memory.dispose();
      throw error;
    }
  }

  /** Frees the buffers. */
  dispose(): void {
    for (const task of [this.update, this.fragment, ...this.acts]) task?.readback.dispose();
    this.memory.dispose();
  }

  get #P(): number {
    return this.#options.streams.length;
  }

  async #prepare(): Promise<void> {
    const gpu = this.#gpu;
    const { fragmentRows = 0, batchSize, actRows = [1] } = this.#options;
    const { update, fragment, replay, acts } = await checkedBuild(gpu.device, () => {
      this.copyToTarget = this.#newCopy();
      const update = this.#newUpdate(batchSize);
      const fragment = fragmentRows > 0 ? this.#newFragment(fragmentRows) : undefined;
      const acts = [...new Set(actRows)].map((rows) => this.#newAct(rows));
      return { update, fragment, replay: this.#newReplay(update, fragment), acts };
    });
    this.update = { ...update, readback: await GpuReadback.open(gpu, update.pass.results) };
    this.fragment = fragment &&
      { ...fragment, readback: await GpuReadback.open(gpu, fragment.pass.results) };
    this.replay = replay;
    this.replayUpdate = replay && {
      steps: [...replay.drawSteps, ...update.steps, replay.priorityStep],
      readback: this.update.readback,
    };
    for (const act of acts) {
      this.acts = [...this.acts, { ...act, readback: await GpuReadback.open(gpu, act.actions) }];
    }
  }

  #newReplay(update: { pass: GpuTdPass }, fragment: { pass: GpuTdPass } | undefined): GpuReplay | undefined {
    const { replay, batchSize, fragmentRows } = this.#options;
    if (!replay) return undefined;
    if (!fragment || !fragmentRows) {
      throw new RangeError("Cannot keep replays on the GPU without fragments: expected fragmentRows");
    }
    return new GpuReplay(replay, {
      ...this.#place(),
      obsSize: sizeOfObs(this.layout),
      batch: update.pass,
      rows: batchSize,
      fragment: fragment.pass,
      fragmentRows,
    });
  }

  #newPass(rows: number): GpuTdPass {
    const { gamma, double } = this.#options;
    return new GpuTdPass({ ...this.#place(), rows, gamma, double });
  }

  #newFragment(rows: number): { pass: GpuTdPass; steps: GpuStep[] } {
    const pass = this.#newPass(rows);
    return { pass, steps: [...pass.forward.steps, pass.newTdStep()] };
  }

  #newUpdate(rows: number): { pass: GpuTdPass; steps: GpuStep[] } {
    const pass = this.#newPass(rows);
    const backward = new GpuBackward({ ...this.#place(), forward: pass.forward, rows });
    const steps = [
      ...pass.forward.steps,
      pass.newTdStep((layer) => backward.outputGradientOf(layer)),
      ...backward.steps,
      ...this.#newAdamSteps(backward.gradients, { results: pass.results, normsAt: this.#P * (rows + 1) }),
    ];
    this.gradients = backward.gradients;
    return { pass, steps };
  }

  #newAdamSteps(gradients: GPUBuffer, place: { results: GPUBuffer; normsAt: number }): GpuStep[] {
    const { device } = this.#gpu;
    const { size } = this.layout;
    const { learningRate: _, ...adam } = { ...ADAM_DEFAULTS, ...this.#options.adam };
    const { results, normsAt } = place;
    const sums = this.memory.allocate("sums of squared gradients", this.#P * normChunks(size));
    const norms = newGpuStep(device, {
      label: "gradient norms",
      code: normShader(size),
      buffers: [gradients, sums],
      workgroups: [normChunks(size), this.#P],
    });
    const step = newGpuStep(device, {
      label: "Adam",
      code: adamShader({ ...adam, networkSize: size, normsAt }),
      buffers: [this.networks, gradients, this.m, this.v, sums, results, this.stepSizes],
      workgroups: [adamChunks(size), this.#P],
    });
    return [norms, step];
  }

  #newAct(rows: number): { input: GPUBuffer; actions: GPUBuffer; steps: GpuStep[] } {
    const count = this.#P * rows;
    const input = this.memory.allocate("observations to act on", count * sizeOfObs(this.layout));
    const actions = this.memory.allocate("actions", count);
    const forward = new GpuForward({ ...this.#place(), input, rows, passes: 1, withValue: false });
    const head = this.layout.advantage.at(-1)!;
    const argmax = newGpuStep(this.#gpu.device, {
      label: "argmax",
      code: argmaxShader(head.O),
      buffers: [forward.outputOf(head), actions],
      workgroups: [Math.ceil(count / WORKGROUP_SIZE)],
    });
    return { input, actions, steps: [...forward.steps, argmax] };
  }

  #place() {
    return {
      device: this.#gpu.device,
      memory: this.memory,
      layout: this.layout,
      parameters: this.networks,
      networks: this.#P,
    };
  }

  #newCopy(): GpuStep {
    const { size } = this.layout;
    return newGpuStep(this.#gpu.device, {
      label: "copy to target",
      code: copyToTargetShader(size),
      buffers: [this.networks],
      workgroups: [adamChunks(size), this.#P],
    });
  }
}
