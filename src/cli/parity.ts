/** `deno task parity FILE…`: replays recorded traces of the original systems and compares to the last bit. */
import type { Args } from "@std/cli/parse-args";
import { type Command, printLine, runCommand } from "relay/cli/command.ts";
import { replayTrace, type TraceResult } from "relay/env/replay_trace.ts";
import { ConfigError } from "relay/train/config.ts";

const HELP = `
Replays recorded traces of the original environments and compares everything: observations (SHA-256), rewards (==), positions, ends of
episodes and the generator's state. Prints a line a file and ends with exit code 1 at the first difference of a file, with step, agent,
expected and got.

Usage: deno task parity FILE...     (JSON, or JSON compressed with gzip)

Examples:
  deno task parity test/golden/pursuit_seed0_local.json.gz
  deno task parity ../shared/golden/pursuit_*.json ../shared/golden/battle_*.json
`;

const command: Command = { help: HELP, run };

async function run(args: Args): Promise<number> {
  if (args._.length === 0) {
    throw new ConfigError("Cannot check parity: expected at least one trace file, see --help");
  }
  const codes: number[] = [];
  for (const path of args._) {
    const { text, code } = await checkFile(path);
    codes.push(code);
    if (code === 2) Deno.stderr.writeSync(new TextEncoder().encode(text + "\n"));
    else printLine(text);
  }
  return Math.max(...codes);
}

/** The line on a file and the exit code that it calls for; a file that cannot be read keeps no other from being checked. */
async function checkFile(path: string): Promise<{ text: string; code: number }> {
  try {
    return await compareFile(path);
  } catch (error) {
    if (error instanceof ConfigError) return { text: error.message, code: 2 };
    throw error;
  }
}

async function compareFile(path: string): Promise<{ text: string; code: number }> {
  const result = replay(path, await readTrace(path));
  if (result.ok) return { text: `${path}: equal over ${result.steps} steps`, code: 0 };
  const { step, agent, what, expected, got } = result;
  const where = `${step < 0 ? "reset" : `step ${step}`}${agent === null ? "" : `, agent ${agent}`}`;
  const values = `expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`;
  return { text: `${path}: ${what} differs at ${where}: ${values}`, code: 1 };
}

function replay(path: string, trace: unknown): TraceResult {
  try {
    return replayTrace(trace);
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) {
      throw new ConfigError(`Cannot replay ${path}: ${error.message.replace(/^Cannot replay trace: /, "")}`);
    }
    throw error;
  }
}

async function readTrace(path: string): Promise<unknown> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await Deno.readFile(path);
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound ? "there is no such file" : (error as Error).message;
    throw new ConfigError(`Cannot read the trace ${path}: ${why}`);
  }
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  try {
    const text = isGzip
      ? await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text()
      : new TextDecoder().decode(bytes);
    return JSON.parse(text);
  } catch {
    throw new ConfigError(`Cannot read the trace ${path}: expected JSON, or JSON compressed with gzip`);
  }
}

if (import.meta.main) await runCommand(command);
