/**
 * Access to the machine's GPU by WebGPU.
 * @module
 */
import { GpuRoomError } from "./gpu_memory.ts";
import { promptReadbackWorks } from "./gpu_readback.ts";

/** A GPU in use. */
export interface Gpu {
  readonly device: GPUDevice;
  /** The adapter's own words, such as `llvmpipe (LLVM 15.0.6, 256 bits)`, which is Mesa's software Vulkan. */
  readonly adapterName: string;
  /** Whether it is a program that stands in for a GPU: right, but slow. */
  readonly isSoftware: boolean;
  /** Whether results can be read without awaiting (see gpu_readback.ts). */
  readonly promptReadback: boolean;
}

/** Whether a GPU, real or in software, can be opened here. */
export async function hasGpu(): Promise<boolean> {
  return await requestAdapter() !== null;
}

/**
 * Opens the most powerful GPU, with buffers as large as it allows.
 *
 * @throws {Error} where there is none
 *
 * @example
 * ```ts ignore
 * import { hasGpu, openGpu } from "relay/tensor/webgpu/gpu_device.ts";
 *
 * if (await hasGpu()) {
 *   const gpu = await openGpu();
 *   gpu.device.destroy();
 * }
 * ```
 */
export async function openGpu(): Promise<Gpu> {
  const adapter = await requestAdapter();
  if (!adapter) {
    throw new Error(
      "Cannot open a GPU: WebGPU found no adapter, expected a GPU with a Vulkan, Metal or Direct3D 12 driver; " +
        "on Linux without one, Mesa's software Vulkan computes the same, slowly: " +
        "apt-get install mesa-vulkan-drivers libvulkan1",
    );
  }
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const device = await adapter.requestDevice({
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize },
  });
  const { description, vendor, isFallbackAdapter } = adapter.info;
  const adapterName = description || vendor || "unnamed GPU";
  return {
    device,
    adapterName,
    isSoftware: isFallbackAdapter || /llvmpipe|lavapipe|softpipe|swiftshader/i.test(adapterName),
    promptReadback: await promptReadbackWorks(device),
  };
}

/** Runs `build`, which creates GPU objects, and throws what the GPU finds wrong with them. */
export async function checkedBuild<Result>(device: GPUDevice, build: () => Result): Promise<Result> {
  device.pushErrorScope("out-of-memory");
  device.pushErrorScope("validation");
  const result = build();
  const errors = [await device.popErrorScope(), await device.popErrorScope()];
  const error = errors.find((found) => found !== null);
  if (error instanceof GPUOutOfMemoryError) {
    throw new GpuRoomError(`Cannot hold the networks on the GPU: ${error.message}; stack fewer`);
  }
  if (error) throw new Error(`Cannot prepare the GPU's work: ${error.message}`);
  return result;
}

async function requestAdapter(): Promise<GPUAdapter | null> {
  // Browsers without WebGPU have no `gpu`, whatever the types say.
  const gpu = navigator.gpu as GPU | undefined;
  return await gpu?.requestAdapter({ powerPreference: "high-performance" }) ?? null;
}
