/**
 * Checks that touch WebGPU run in child processes: on Mesa's software Vulkan such a process was seen to end with a broken heap.
 * @module
 */
import { assert } from "@std/assert";
import { it } from "@std/testing/bdd";

/**
 * What glibc said in one of 39 runs of webgpu_checks.ts on llvmpipe, when every check had passed and the process ended
 * (`malloc_consolidate(): invalid chunk size`, SIGABRT). Whose fault it is, is not known: 360 short processes that opened an
 * adapter or learners, and freed them, left them, lost them or called Deno.exit, ended well; glibc's malloc checks and
 * Valgrind saw no invalid write in those that they watched. No other exit code is let pass.
 */
const BROKEN_HEAP_AT_EXIT = /^(malloc|free|corrupted|double free)[^\n]*$/m;
const SIGABRT = 128 + 6;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function runDeno(args: readonly string[]): Promise<Ended> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    env: { NO_COLOR: "1", XDG_RUNTIME_DIR: Deno.env.get("XDG_RUNTIME_DIR") ?? "/tmp" },
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

const { stdout: adapter } = await runDeno([
  "eval",
  'const adapter = await navigator.gpu?.requestAdapter(); console.log(adapter ? "found " + adapter.info.description : "none")',
]);

/** `it` where there is a GPU, real or in software. */
export const itOnGpu = adapter.includes("found") ? it : it.skip;

/**
 * Runs a file of checks in a process of its own.
 * @param permissions beside reading, environment and system
 */
export async function checkOnGpu(file: URL, permissions: readonly string[] = []): Promise<void> {
  const flags = ["--no-check", "--no-prompt", "--allow-read", "--allow-env", "--allow-sys", ...permissions];
  const { code, stdout, stderr } = await runDeno(["test", ...flags, file.pathname]);
  const passed = /ok \| [1-9]\d* passed \(\d+ steps?\) \| 0 failed/.test(stdout);
  const brokeAtExit = code === SIGABRT && adapter.includes("llvmpipe") && BROKEN_HEAP_AT_EXIT.test(stderr);
  assert(passed && (code === 0 || brokeAtExit), `exit code ${code}\n${stdout}${stderr}`);
}
