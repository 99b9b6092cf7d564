/**
 * The flags that say what computes: `--engine` and `--threads`.
 * @module
 */
import type { Args } from "@std/cli/parse-args";
import { choiceFlag, integerFlag } from "relay/cli/command.ts";
import { chooseEngine } from "relay/tensor/engine_choice.ts";
import { type CpuEngine, DEFAULT_ENGINE, ENGINE_NAMES, type EngineName } from "relay/tensor/engine_name.ts";
import { ConfigError } from "relay/train/config.ts";

/** Flags of this file that take text. */
export const COMPUTE_FLAGS = ["engine", "threads"] as const;

/** Their lines of a command's help. */
export const COMPUTE_HELP = `
  --engine NAME    what computes; the results depend on it in their last bits
                     wasm         our kernels; the default
                     wasm-strict  the same bits on every machine; takes 1.4 to 1.7 times as long
                     blas         matrix products by the machine's OpenBLAS, MKL or Accelerate, where one is found; else wasm
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
  readonly engine: CpuEngine;
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
 * @throws {ConfigError} for an engine or a number of threads that cannot be
 */
export function computeOf(args: Args): Compute {
  const threads = integerFlag(args, "threads", 1);
  if (threads !== undefined && threads > MOST_THREADS) {
    throw new ConfigError(`Cannot read --threads: it is ${threads}, expected at most ${MOST_THREADS}`);
  }
  try {
    const { engine, line } = chooseEngine(engineFlag(args));
    return { engine, line, ...(threads === undefined ? {} : { threads }) };
  } catch (error) {
    if (error instanceof RangeError) throw new ConfigError(error.message);
    throw error;
  }
}
