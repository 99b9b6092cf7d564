/**
 * The flags that say what computes: `--engine` and `--threads`.
 * @module
 */
import type { Args } from "@std/cli/parse-args";
import { choiceFlag, integerFlag } from "relay/cli/command.ts";
import { chooseEngine } from "relay/tensor/engine_choice.ts";
import { DEFAULT_ENGINE, ENGINE_NAMES, type EngineName } from "relay/tensor/engine_name.ts";
import { ConfigError } from "relay/train/config.ts";
import { gpuAvailable } from "relay/train/gpu/train_on_gpu.ts";

/** Flags of this file that take text. */
export const COMPUTE_FLAGS = ["engine", "threads"] as const;

/** Their lines of a command's help. */
export const COMPUTE_HELP = `
  --engine NAME    what computes; the results depend on it in their last bits
                     wasm         our kernels; the default
                     wasm-strict  the same bits on every machine; takes 1.4 to 1.7 times as long
                     blas         matrix products by the machine's OpenBLAS, MKL or Accelerate, where one is found; else wasm
                     webgpu       the GPU, all runs stepped together, where one is found; else wasm
                     auto         blas where one is found, else wasm
  --threads N      threads of one run; all cores for one run alone, shared out over several, unless given. No bit depends on it`
  .slice(1);

const ENGINES = Object.fromEntries(ENGINE_NAMES.map((name) => [name, name])) as Record<
  EngineName,
  EngineName
>;
const MOST_THREADS = 32;

/** What the flags ask for. */
export interface Compute {
  readonly engine: EngineName;
  readonly threads?: number;
  /** One line that names the engine, and why it is this one. */
  readonly line: string;
}

/** The engine that `--engine` names, before this machine is asked. */
export function engineFlag(args: Args): EngineName {
  return typeof args.engine === "string" ? choiceFlag("engine", args.engine, ENGINES) : DEFAULT_ENGINE;
}

/**
 * What this process computes with.
 * @throws {ConfigError} for an unknown engine or a number of threads that cannot be
 */
export async function computeOf(args: Args): Promise<Compute> {
  const threads = integerFlag(args, "threads", 1);
  if (threads !== undefined && threads > MOST_THREADS) {
    throw new ConfigError(`Cannot read --threads: it is ${threads}, expected at most ${MOST_THREADS}`);
  }
  const name = engineFlag(args);
  const { engine, line } = name === "webgpu" ? await gpuOrWasm() : chooseEngine(name);
  return { engine, line, ...(threads === undefined ? {} : { threads }) };
}

async function gpuOrWasm(): Promise<Pick<Compute, "engine" | "line">> {
  // Mesa's drivers complain on standard error where a server sets none.
  if (Deno.env.get("XDG_RUNTIME_DIR") === undefined) Deno.env.set("XDG_RUNTIME_DIR", "/tmp");
  const gpu = await gpuAvailable();
  if ("line" in gpu) return { engine: "webgpu", line: gpu.line };
  const { engine, line } = chooseEngine("wasm");
  return { engine, line: `${line} (webgpu was asked for, but ${gpu.why})` };
}
