/**
 * From the name of an engine to what this process can do: a fixed rule, nothing is measured.
 * @module
 */
import { openBlas } from "./blas_library.ts";
import { type CpuEngine, ENGINE_NAMES, type EngineName } from "./engine_name.ts";

/** An engine and why it is this one. */
export interface EngineChoice {
  readonly engine: CpuEngine;
  /** What the bits depend on, for manifests. */
  readonly arithmetic: string;
  /** One line for the user: what computes, and why where it was not simply asked for. */
  readonly line: string;
}

const ARITHMETIC: Readonly<Record<"wasm" | "wasm-strict", string>> = {
  wasm: "wasm: tfjs on WASM SIMD kernels, relaxed FMA",
  "wasm-strict": "wasm-strict: tfjs on WASM SIMD kernels, no FMA, the same bits on every machine",
};

/**
 * The engine for a name: `auto` and `blas` become `wasm` where no BLAS can be called.
 * @throws {RangeError} for other names, and for `webgpu`, which is no engine of the CPU's tensors
 *
 * @example
 * ```ts
 * import { chooseEngine } from "relay/tensor/engine_choice.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(chooseEngine("wasm-strict").engine, "wasm-strict");
 * ```
 */
export function chooseEngine(name: EngineName): EngineChoice {
  switch (name) {
    case "wasm":
    case "wasm-strict":
      return { engine: name, arithmetic: ARITHMETIC[name], line: `Engine ${ARITHMETIC[name]}` };
    case "blas":
    case "auto":
      return withBlas(name);
    case "webgpu":
      throw new RangeError(
        "Cannot compute tensors with the engine webgpu: it trains whole sets of runs (runAll, deno task train and reproduce), " +
          "expected auto, wasm, wasm-strict or blas",
      );
    default:
      throw new RangeError(
        `Cannot compute with the engine ${JSON.stringify(name)}: expected one of ${ENGINE_NAMES.join(", ")}`,
      );
  }
}

function withBlas(name: "auto" | "blas"): EngineChoice {
  const library = openBlas();
  if ("why" in library) {
    const line = `Engine ${ARITHMETIC.wasm} (${name} was asked for, but ${library.why})`;
    return { engine: "wasm", arithmetic: ARITHMETIC.wasm, line };
  }
  const arithmetic = `blas: large matrix products by ${library.version}, else as wasm with relaxed FMA`;
  const why = name === "auto" ? " (auto: a BLAS is there and may be called)" : "";
  return { engine: "blas", arithmetic, line: `Engine ${arithmetic}${why}, ${library.path}` };
}
