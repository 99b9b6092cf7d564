/**
 * Compiles the AssemblyScript kernels to WebAssembly, in memory.
 * @module
 */
import asc from "assemblyscript/asc";
import type { KernelBuild } from "../kernel_exports.ts";
import { GEMM_TILES, gemmTileSource } from "./gemm_tile_source.ts";

/** The arithmetic of each build: its source file and what the compiler has to allow for it. */
const ARITHMETIC: Readonly<Record<KernelBuild, { source: string; flags: readonly string[] }>> = {
  relaxed: { source: "relaxed.as", flags: ["--enable", "relaxed-simd"] },
  strict: { source: "strict.as", flags: [] },
};

/** The files that make up the module beside its arithmetic, in the order of their use. */
const SOURCES = [
  "common.as",
  "sparse_rows.as",
  "gemm.as",
  "activation.as",
  "elementwise.as",
  "dense.as",
  "convolution.as",
  "learning.as",
] as const;

const FLAGS = [
  "kernels.ts",
  "--outFile",
  "kernels.wasm",
  "--runtime",
  "stub",
  "--use",
  "abort=",
  // Binaryen's optimiser spills the GEMM's accumulators to the stack (30 instead of 42 GFLOP/s); V8 optimises anyway.
  "-O0",
  "--importMemory",
  "--sharedMemory",
  "--initialMemory",
  "16384",
  "--maximumMemory",
  "16384",
  "--noExportMemory",
  "--enable",
  "simd",
  "--enable",
  "threads",
  "--enable",
  "bulk-memory",
] as const;

/**
 * The bytes of `kernels.wasm` or `kernels_strict.wasm`, compiled from the .as files beside this module and the generated
 * GEMM tiles.
 * @throws {Error} with the compiler's messages
 */
export async function compileKernels(build: KernelBuild = "relaxed"): Promise<Uint8Array> {
  const { source: arithmeticSource, flags } = ARITHMETIC[build];
  const texts = await Promise.all(
    [arithmeticSource, ...SOURCES].map(async (name) =>
      await (await fetch(new URL(name, import.meta.url))).text()
    ),
  );
  const source = [...texts, ...GEMM_TILES.map(gemmTileSource)].join("\n");
  let bytes: Uint8Array | undefined;
  const { error, stderr } = await asc.main([...FLAGS, ...flags], {
    readFile: (name: string) => name === "kernels.ts" ? source : null,
    writeFile: (name: string, contents: Uint8Array | string) => {
      if (name === "kernels.wasm" && typeof contents !== "string") bytes = contents.slice();
    },
    listFiles: () => [],
  });
  if (error || !bytes) throw new Error(`Cannot compile kernels: ${stderr.toString() || error?.message}`);
  return bytes;
}
