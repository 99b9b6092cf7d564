import { assert } from "@std/assert";
import { describe, it } from "@std/testing/bdd";

/**
 * Mesa's software Vulkan ends its process with a broken heap now and then, after the work is done. So nothing of this
 * process touches WebGPU; the checks run in a child, which is judged by what it reports.
 */
async function runDeno(args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    env: { NO_COLOR: "1", XDG_RUNTIME_DIR: Deno.env.get("XDG_RUNTIME_DIR") ?? "/tmp" },
  }).output();
  const text = new TextDecoder();
  return text.decode(stdout) + text.decode(stderr);
}

const probe = await runDeno([
  "eval",
  'console.log(await navigator.gpu?.requestAdapter() ? "found" : "none")',
]);
const itOnGpu = probe.includes("found") ? it : it.skip;

describe("the learner on WebGPU", () => {
  const check = async (file: string) => {
    const flags = ["--no-check", "--no-prompt", "--allow-read", "--allow-env", "--allow-sys"];
    const report = await runDeno(["test", ...flags, new URL(file, import.meta.url).pathname]);
    assert(/ok \| [1-9]\d* passed \(\d+ steps?\) \| 0 failed/.test(report), report);
  };

  itOnGpu("agrees with the CPU engine, whatever is stacked beside it", () => check("webgpu_checks.ts"));

  itOnGpu("replays as the CPU does", () => check("webgpu_replay_checks.ts"));
});
