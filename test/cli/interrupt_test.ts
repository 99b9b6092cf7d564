import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { parseConfig, runIdOf } from "relay/train/config.ts";
import { readManifest } from "relay/train/run_folder.ts";
import { PRESETS } from "experiments/super_pursuit.ts";

describe("Ctrl-C", () => {
  it("stops train cleanly, keeps everything and says how to go on", async () => {
    const directory = Deno.makeTempDirSync({ prefix: "relay-interrupt-" });
    const script = new URL("../../src/cli/train.ts", import.meta.url).pathname;
    const permissions = ["--allow-read", "--allow-write", "--allow-env", "--allow-sys", "--allow-run=git"];
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        ...permissions,
        script,
        "--preset",
        "quick",
        "--out",
        directory,
      ],
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const config = parseConfig({ ...PRESETS.quick, seed: 1 });
    const path = `${directory}/${runIdOf(config)}`;
    while (!readManifest(path)) await new Promise((resolve) => setTimeout(resolve, 50));
    await new Promise((resolve) => setTimeout(resolve, 500));
    child.kill("SIGINT");
    const { code, stdout } = await child.output();
    const out = new TextDecoder().decode(stdout);
    assertEquals(code, 130);
    assert(/Stopped after \d+ joint steps; everything is kept/.test(out), out);
    assertEquals(readManifest(path)!.status, "running");
    assert(Deno.statSync(`${path}/checkpoint/state.json`).isFile);
    Deno.removeSync(directory, { recursive: true });
  });
});
