/**
 * TD errors of a batch on the GPU.
 * @module
 */
import { GpuForward } from "./gpu_forward.ts";
import type { GpuMemory } from "./gpu_memory.ts";
import { type GpuStep, newGpuStep } from "./gpu_step.ts";
import { tdShader } from "./learning_shaders.ts";
import type { ParameterLayout, PlacedLayer } from "./parameter_layout.ts";

/** Transitions of all networks, as a learner's batch holds them. */
export interface TransitionBatch {
  /** [P, B, O]. */
  readonly obs: Float32Array;
  /** [P, B, O]. */
  readonly nextObs: Float32Array;
  /** [P, B]. */
  readonly actions: Int32Array;
  /** [P, B]. */
  readonly rewards: Float32Array;
  /** 1 where the return goes on behind o′, else 0 [P, B]. */
  readonly notTerminal: Float32Array;
  /** Importance weights of prioritized replay [P, B]. */
  readonly isWeights: Float32Array;
}

/** Where a pass stands. */
export interface GpuTdPassOptions {
  readonly device: GPUDevice;
  readonly memory: GpuMemory;
  readonly layout: ParameterLayout;
  /** [2, P, size]: online, then target networks. */
  readonly parameters: GPUBuffer;
  /** P. */
  readonly networks: number;
  /** B: transitions a network. */
  readonly rows: number;
  /** γ. */
  readonly gamma: number;
  /** Whether the online networks select the action at o′. */
  readonly double: boolean;
}

const BATCH_COLUMNS = ["obs", "nextObs", "actions", "rewards", "notTerminal", "isWeights"] as const;
/** Columns of a transition besides its observations. */
const TRANSITION_COLUMNS = 4;

/** Buffers for a batch, its forward passes and their TD errors. */
export class GpuTdPass {
  readonly forward: GpuForward;
  /** [2, P, B, O]: o, then o′. */
  readonly input: GPUBuffer;
  /** [actions, rewards, notTerminal, isWeights; P, B]. */
  readonly transitions: GPUBuffer;
  /** [P·B TD errors, P losses, P norms]; the norms are for whoever goes on. */
  readonly results: GPUBuffer;
  readonly #options: GpuTdPassOptions;
  readonly #columns: Float32Array;

  constructor(options: GpuTdPassOptions) {
    const { memory, layout, networks, rows, double } = options;
    this.#options = options;
    const obsSize = sizeOfObs(layout);
    const count = networks * rows;
    this.input = memory.allocate("observations", 2 * count * obsSize);
    this.transitions = memory.allocate("transitions", TRANSITION_COLUMNS * count);
    this.#columns = new Float32Array(TRANSITION_COLUMNS * count);
    this.results = memory.allocate("results", count + 2 * networks);
    this.forward = new GpuForward({
      ...options,
      input: this.input,
      passes: double ? 3 : 2,
      withValue: layout.value.length > 0,
    });
  }

  /**
   * The dispatch behind the forward pass's.
   * @param gradientOf where gradients of the heads' outputs go, if they are wanted
   */
  newTdStep(gradientOf?: (layer: PlacedLayer) => GPUBuffer): GpuStep {
    const { device, layout, networks, rows, gamma, double } = this.#options;
    const advantage = layout.advantage.at(-1)!;
    const heads = [advantage, ...layout.value.slice(-1)];
    const code = tdShader({
      rows,
      actions: advantage.O,
      dueling: heads.length > 1,
      double,
      gamma,
      gradients: gradientOf !== undefined,
    });
    const buffers = heads.flatMap((layer) => [
      this.forward.outputOf(layer),
      ...(gradientOf ? [gradientOf(layer)] : []),
    ]);
    return newGpuStep(device, {
      label: "TD errors",
      code,
      buffers: [this.transitions, this.results, ...buffers],
      workgroups: [networks],
    });
  }

  /**
   * Hands a batch to the GPU.
   * @throws {RangeError} unless every array has its P · B rows
   */
  write(batch: TransitionBatch): void {
    const { memory, layout, networks, rows } = this.#options;
    const count = networks * rows;
    const obsSize = sizeOfObs(layout);
    for (const name of BATCH_COLUMNS) {
      const values = batch[name];
      const expected = name === "obs" || name === "nextObs" ? count * obsSize : count;
      if (values.length !== expected) {
        throw new RangeError(`Cannot learn from a batch with ${values.length} ${name}, expected ${expected}`);
      }
    }
    memory.write(this.input, batch.obs);
    memory.write(this.input, batch.nextObs, count * obsSize);
    const { actions, rewards, notTerminal, isWeights } = batch;
    [actions, rewards, notTerminal, isWeights].forEach((values, column) =>
      this.#columns.set(values, column * count)
    );
    memory.write(this.transitions, this.#columns);
  }
}

/** O: values of one observation. */
export function sizeOfObs(layout: ParameterLayout): number {
  const [first] = layout.layers;
  return first!.plan.inputShape.reduce((product, length) => product * length, 1);
}
