import { blasKernels } from "./blas_kernels.ts";
import { openBlas } from "./blas_library.ts";
import type { CpuEngine } from "./engine_name.ts";
import { instantiateKernels, type KernelExports } from "./kernel_exports.ts";

/**
 * The kernels of an engine on a memory; threads of one run call this with the same memory and engine.
 * @throws {Error} for `blas` where `chooseEngine` would not have chosen it
 */
export async function engineKernels(engine: CpuEngine, memory: WebAssembly.Memory): Promise<KernelExports> {
  const kernels = await instantiateKernels(memory, engine === "wasm-strict" ? "strict" : "relaxed");
  if (engine !== "blas") return kernels;
  const library = openBlas();
  if ("why" in library) throw new Error(`Cannot compute with the engine blas: ${library.why}`);
  return blasKernels(kernels, memory, library);
}
