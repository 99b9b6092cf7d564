import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { openStream } from "relay/rng/stream.ts";
import { runIdOf } from "relay/train/config.ts";
import { readManifest } from "relay/train/run_folder.ts";
import { reproducibleFiles, SMALL_RUN } from "../support/small_run.ts";

/** Number of kills; the environment variable makes a longer trial of it. */
const KILLS = Number(Deno.env.get("RELAY_KILLS") ?? 6);

const script = new URL("../support/train_small.ts", import.meta.url).pathname;

/** Trains the small run in a process of its own, saving after every update, and kills it after `ms`. */
async function trainAndKill(runsDir: string, ms: number): Promise<boolean> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--allow-read",
      "--allow-write",
      "--allow-env",
      "--allow-sys",
      "--allow-run=git",
      script,
      runsDir,
    ],
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), ms);
  const { success, signal } = await child.status;
  clearTimeout(timer);
  assert(success || signal === "SIGKILL", "the run ended by itself with an error");
  return signal === "SIGKILL";
}

describe("kill -9 at a random instant and start again", () => {
  it(`${KILLS} times leaves the rows and weights of an undisturbed run`, async () => {
    const directory = Deno.makeTempDirSync({ prefix: "relay-kill-" });
    const stream = openStream(20261121);
    const startedAt = performance.now();
    await trainAndKill(`${directory}/undisturbed`, 600_000);
    const wholeMs = performance.now() - startedAt;
    const expected = reproducibleFiles(`${directory}/undisturbed/${runIdOf(SMALL_RUN)}`);
    let kills = 0;
    for (let trial = 0; kills < KILLS; trial++) {
      const runsDir = `${directory}/${trial}`;
      const path = `${runsDir}/${runIdOf(SMALL_RUN)}`;
      while (readManifest(path)?.status !== "finished") {
        const ms = kills < KILLS ? stream.random() * 1.2 * wholeMs : 600_000;
        if (await trainAndKill(runsDir, ms)) kills++;
      }
      assertEquals(reproducibleFiles(path), expected);
    }
    assert(kills >= KILLS);
    Deno.removeSync(directory, { recursive: true });
  });
});
