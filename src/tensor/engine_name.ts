/**
 * What can compute the kernels.
 * @module
 */

/**
 * Names of engines as a user gives them:
 * - `wasm`: the WASM kernels with fused multiply-adds where the processor has them; the default;
 * - `wasm-strict`: the same kernels without, which gives the same bits on every machine and takes longer
 *   (networks of dense layers 1.4–1.5 times, convolutions 1.7);
 * - `blas`: matrix products by the machine's BLAS where they are large, all else as `wasm`;
 * - `auto`: `blas` where the process may call it and it is there, else `wasm`;
 * - `webgpu`: the GPU, for all of SUPER's runs of an experiment at once (src/train/gpu); never chosen by `auto`, since its bits
 *   are that GPU's.
 */
export const ENGINE_NAMES = ["auto", "wasm", "wasm-strict", "blas", "webgpu"] as const;

/** See {@link ENGINE_NAMES}. */
export type EngineName = typeof ENGINE_NAMES[number];

/** An engine of the `simd` backend, which computes on the CPU. */
export type CpuEngine = "wasm" | "wasm-strict" | "blas";

/** The engine where none is asked for: its bits depend on no permission and on no library. */
export const DEFAULT_ENGINE: CpuEngine = "wasm";
