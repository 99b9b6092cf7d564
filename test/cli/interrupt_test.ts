import { assert, assertEquals } from "@std/assert";
import { afterAll, describe, it } from "@std/testing/bdd";
import { parseConfig, runIdOf } from "relay/train/config.ts";
import { readManifest } from "relay/train/run_folder.ts";
import { PRESETS } from "experiments/super_pursuit.ts";

const permissions = {
  train: ["--allow-read", "--allow-write", "--allow-env", "--allow-sys", "--allow-run=git"],
  reproduce: ["--allow-read", "--allow-write", "--allow-env", "--allow-sys", "--allow-run"],
};

/** Starts a command on the quick preset and sends the signal as a terminal and `deno task` do: twice, some milliseconds apart. */
async function interrupted(
  command: "train" | "reproduce",
  args: string[],
  runsDir: string,
): Promise<{ code: number; out: string }> {
  const script = new URL(`../../src/cli/${command}.ts`, import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", ...permissions[command], script, "--preset", "quick", ...args],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const path = `${runsDir}/${runIdOf(parseConfig({ ...PRESETS.quick, seed: 1 }))}`;
  while (!readManifest(path)) await delay(50);
  await delay(500);
  child.kill("SIGINT");
  await delay(7);
  child.kill("SIGINT");
  const { code, stdout } = await child.output();
  assertEquals(readManifest(path)!.status, "running");
  assert(Deno.statSync(`${path}/checkpoint/state.json`).isFile);
  return { code, out: new TextDecoder().decode(stdout) };
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

describe("Ctrl-C", () => {
  const directory = Deno.makeTempDirSync({ prefix: "relay-interrupt-" });
  afterAll(() => Deno.removeSync(directory, { recursive: true }));

  it("stops train cleanly, keeps everything and says how to go on", async () => {
    const { code, out } = await interrupted("train", ["--out", directory], directory);
    assertEquals(code, 130);
    assert(/Stopped after \d+ joint steps; everything is kept/.test(out), out);
  });

  it("stops reproduce and its Workers cleanly, and says how to go on", async () => {
    const args = ["--arms", "quantile", "--seeds", "1", "--out", `${directory}/with space`];
    const { code, out } = await interrupted("reproduce", args, `${directory}/with space/runs`);
    assertEquals(code, 130);
    assert(out.includes("Stopping and keeping everything"), out);
    assert(
      out.includes(
        `deno task reproduce --preset quick --arms quantile --seeds 1 --out '${directory}/with space'`,
      ),
      out,
    );
  });
});
