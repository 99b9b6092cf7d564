/**
 * Gradients of stacked networks on the GPU.
 * @module
 */
import { type GpuForward, layerBefore } from "./gpu_forward.ts";
import type { GpuMemory } from "./gpu_memory.ts";
import { type GpuStep, newGemmStep } from "./gpu_step.ts";
import { type InputGradientPlace, inputGradientShader, weightGradientShader } from "./layer_shaders.ts";
import type { ParameterLayout, PlacedLayer } from "./parameter_layout.ts";

/** What a backward pass goes through. */
export interface GpuBackwardOptions {
  readonly device: GPUDevice;
  readonly memory: GpuMemory;
  readonly layout: ParameterLayout;
  /** Whose first pass is differentiated. */
  readonly forward: GpuForward;
  /** [≥ P, size]. */
  readonly parameters: GPUBuffer;
  /** P. */
  readonly networks: number;
  /** B: observations a network. */
  readonly rows: number;
}

/** Buffers and dispatches of a backward pass: two a layer for all networks, one for the first. */
export class GpuBackward {
  readonly steps: readonly GpuStep[];
  /** [P, size]. */
  readonly gradients: GPUBuffer;
  /** Gradients of layers' outputs before activation, dz [P, B, …]. */
  readonly #dz = new Map<PlacedLayer, GPUBuffer>();
  readonly #options: GpuBackwardOptions;

  constructor(options: GpuBackwardOptions) {
    const { memory, layout, networks } = options;
    this.#options = options;
    this.gradients = memory.allocate("gradients", networks * layout.size);
    // Value before advantage: the last head to reach the torso finishes its gradient.
    const backwards = [layout.value, layout.advantage, layout.torso].flatMap((part) => part.toReversed());
    this.steps = backwards.flatMap((layer) => this.#newSteps(layer));
  }

  /** dz [P, B, …] of a layer; of a head's last layer, which is linear, whoever computes the loss writes it. */
  outputGradientOf(layer: PlacedLayer): GPUBuffer {
    const { memory, networks, rows } = this.#options;
    const { name, outputShape } = layer.plan;
    const size = outputShape.reduce((product, length) => product * length, networks * rows);
    const buffer = this.#dz.get(layer) ?? memory.allocate(`output gradients of ${name}`, size);
    this.#dz.set(layer, buffer);
    return buffer;
  }

  #newSteps(layer: PlacedLayer): GpuStep[] {
    const { device, layout, forward, parameters, networks, rows } = this.#options;
    const place = { rows, networkSize: layout.size };
    const { name } = layer.plan;
    const dz = this.outputGradientOf(layer);
    const weights = newGemmStep(device, {
      label: `${name} weight gradient`,
      shader: weightGradientShader(layer, place),
      buffers: [forward.inputOf(layer), dz, this.gradients],
      slots: networks,
    });
    const before = layerBefore(layout, layer);
    if (!before) return [weights];
    const head = headOf(layout, layer);
    const inputActivation = before.plan.activation;
    const needsInput = head !== "first" && inputActivation !== "linear";
    const inputs = newGemmStep(device, {
      label: `${name} input gradient`,
      shader: inputGradientShader(layer, { ...place, inputActivation, head }),
      buffers: [
        dz,
        parameters,
        this.outputGradientOf(before),
        ...(needsInput ? [forward.outputOf(before)] : []),
      ],
      slots: networks,
    });
    return [weights, inputs];
  }
}

function headOf(layout: ParameterLayout, layer: PlacedLayer): InputGradientPlace["head"] {
  if (layout.value[0] === layer) return "first";
  return layout.value.length > 0 && layout.advantage[0] === layer ? "last" : "only";
}
