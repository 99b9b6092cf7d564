/**
 * Dispatches that are prepared once and encoded again and again.
 * @module
 */
import { gemmGrid, type GemmShader, gemmShader } from "./gemm_shader.ts";

/** Threads of a workgroup, in shaders that are no matrix products. */
export const WORKGROUP_SIZE = 256;

/** One dispatch: pipeline, bind group and numbers of workgroups. */
export interface GpuStep {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: readonly [x: number, y?: number, z?: number];
}

/** What {@link newGpuStep} prepares. */
export interface GpuStepOptions {
  /** For the GPU's error messages. */
  readonly label: string;
  /** WGSL with an entry point `main`. */
  readonly code: string;
  /** In the order of the bindings of group 0. */
  readonly buffers: readonly GPUBuffer[];
  readonly workgroups: GpuStep["workgroups"];
}

/** Compiles a dispatch and binds its buffers. */
export function newGpuStep(device: GPUDevice, options: GpuStepOptions): GpuStep {
  const { label, code, buffers, workgroups } = options;
  const module = device.createShaderModule({ label, code });
  const pipeline = device.createComputePipeline({ label, layout: "auto", compute: { module } });
  const bindGroup = device.createBindGroup({
    label,
    layout: pipeline.getBindGroupLayout(0),
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  return { pipeline, bindGroup, workgroups };
}

/** A matrix product for every slot. */
export function newGemmStep(device: GPUDevice, options: {
  readonly label: string;
  readonly shader: GemmShader;
  readonly buffers: readonly GPUBuffer[];
  readonly slots: number;
}): GpuStep {
  const { label, shader, buffers, slots } = options;
  const { x, y } = gemmGrid(shader);
  return newGpuStep(device, { label, code: gemmShader(shader), buffers, workgroups: [x, y, slots] });
}

/** Encodes the steps in one pass; each sees what those before it wrote. */
export function encodeSteps(encoder: GPUCommandEncoder, steps: readonly GpuStep[]): void {
  const pass = encoder.beginComputePass();
  for (const { pipeline, bindGroup, workgroups } of steps) {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(...workgroups);
  }
  pass.end();
}
