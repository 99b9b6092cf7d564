/**
 * Writes kernels.wasm and kernels_strict.wasm from the sources beside them: `deno task build:kernels`.
 * @module
 */
import { compileKernels } from "./compile.ts";

await Deno.writeFile(new URL("kernels.wasm", import.meta.url), await compileKernels("relaxed"));
await Deno.writeFile(new URL("kernels_strict.wasm", import.meta.url), await compileKernels("strict"));
