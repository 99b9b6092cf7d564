/**
 * Writes kernels.wasm from the sources beside it: `deno task build:kernels`.
 * @module
 */
import { compileKernels } from "./compile.ts";

await Deno.writeFile(new URL("kernels.wasm", import.meta.url), await compileKernels());
