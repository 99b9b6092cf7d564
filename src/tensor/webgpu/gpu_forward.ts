/**
 * Forward passes of stacked networks on the GPU.
 * @module
 */
import type { GpuMemory } from "./gpu_memory.ts";
import { type GpuStep, newGemmStep } from "./gpu_step.ts";
import { forwardShader } from "./layer_shaders.ts";
import type { ParameterLayout, PlacedLayer } from "./parameter_layout.ts";

/** What a forward pass reads and how often. */
export interface GpuForwardOptions {
  readonly device: GPUDevice;
  readonly memory: GpuMemory;
  readonly layout: ParameterLayout;
  /** [2, P, size]: online, then target networks; for one pass the online ones do. */
  readonly parameters: GPUBuffer;
  /** Observations [P, B, O], or [2, P, B, O] of o, then o′, for more passes than one. */
  readonly input: GPUBuffer;
  /** P. */
  readonly networks: number;
  /** B: observations a network. */
  readonly rows: number;
  /** 1: online networks on o; 2: also target networks on o′; 3: also online networks on o′. */
  readonly passes: number;
  /** Whether the value head is computed, too (not in the third pass, which serves argmax alone). */
  readonly withValue: boolean;
}

/** Buffers and dispatches of a forward pass: one dispatch a layer for all passes of all networks. */
export class GpuForward {
  readonly steps: readonly GpuStep[];
  readonly #outputs = new Map<PlacedLayer, GPUBuffer>();
  readonly #options: GpuForwardOptions;

  constructor(options: GpuForwardOptions) {
    this.#options = options;
    const { layout, passes, withValue } = options;
    this.steps = [
      ...[...layout.torso, ...layout.advantage].map((layer) => this.#newStep(layer, passes)),
      ...(withValue ? layout.value.map((layer) => this.#newStep(layer, Math.min(passes, 2))) : []),
    ];
  }

  /** y [passes, P, B, …] of a layer. */
  outputOf(layer: PlacedLayer): GPUBuffer {
    return this.#outputs.get(layer)!;
  }

  /** x of a layer: another's output, or the observations. */
  inputOf(layer: PlacedLayer): GPUBuffer {
    const before = layerBefore(this.#options.layout, layer);
    return before ? this.outputOf(before) : this.#options.input;
  }

  #newStep(layer: PlacedLayer, passes: number): GpuStep {
    const { device, memory, layout, parameters, networks, rows } = this.#options;
    const slots = passes * networks;
    const { name, outputShape } = layer.plan;
    const size = outputShape.reduce((product, length) => product * length, slots * rows);
    const output = memory.allocate(`outputs of ${name}`, size);
    this.#outputs.set(layer, output);
    const first = layerBefore(layout, layer) === undefined;
    return newGemmStep(device, {
      label: `${name} forward`,
      shader: forwardShader(layer, { rows, passes, first, networkSize: layout.size }),
      buffers: [this.inputOf(layer), parameters, output],
      slots,
    });
  }
}

/** The layer whose output is another's input; undefined for observations. */
export function layerBefore(layout: ParameterLayout, layer: PlacedLayer): PlacedLayer | undefined {
  for (const part of [layout.torso, layout.advantage, layout.value]) {
    const index = part.indexOf(layer);
    if (index > 0) return part[index - 1];
    if (index === 0) return part === layout.torso ? undefined : layout.torso.at(-1);
  }
  throw new RangeError(`Cannot find layer ${layer.plan.name} in the network's layout`);
}
