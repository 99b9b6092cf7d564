import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { compare } from "experiments/compare.ts";
import type { Experiment } from "experiments/experiment.ts";
import { SUPER_PURSUIT } from "experiments/super_pursuit.ts";
import { SUPER_VARIANTS } from "experiments/super_variants.ts";
import { runIdOf } from "relay/train/config.ts";
import { decodeRecording, encodeRecording } from "relay/train/recording.ts";
import { runAll } from "relay/train/run_all.ts";
import { readRows } from "relay/train/run_folder.ts";

const root = new URL("../../", import.meta.url).pathname;
const folder = Deno.makeTempDirSync({ prefix: "relay-record-" });
const path = `${folder}/recorded/super_pursuit/smoke.json.gz`;

const record = (...args: string[]) => recordOf("super_pursuit", ...args);

/** Runs `deno task record EXPERIMENT --preset smoke …` with just the permissions that deno.json names. */
async function recordOf(
  experiment: string,
  ...args: string[]
): Promise<{ code: number; out: string; err: string }> {
  const { tasks } = JSON.parse(Deno.readTextFileSync(`${root}/deno.json`)) as {
    tasks: { record: { command: string } };
  };
  const [, ...command] = tasks.record.command.split(" ");
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...command, experiment, "--preset", "smoke", "--out", `${folder}/recorded`, ...args],
    cwd: root,
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  return { code, out: text(stdout), err: text(stderr) };
}

/** Trains one run, if a folder is given in that. */
async function train(
  arm: string,
  seed: number,
  runsDir: string,
  experiment: Experiment = SUPER_PURSUIT,
): Promise<string> {
  const { runs } = compare(experiment, { preset: "smoke", arms: [arm], seeds: seed });
  const { config } = runs.at(-1)!;
  await runAll([config], { runsDir, workers: 1 });
  return runIdOf(config);
}

const recordedIds = async () =>
  (await decodeRecording(Deno.readFileSync(path))).runs.map(({ manifest }) => manifest.runId);

describe("deno task record", () => {
  const ids: Record<string, string> = {};

  beforeAll(async () => {
    ids.none1 = await train("none", 1, `${folder}/a`);
    ids.all2 = await train("all", 2, `${folder}/b`);
  });
  afterAll(() => Deno.removeSync(folder, { recursive: true }));

  it("refuses where no run is finished, naming one that it looked for", async () => {
    const { code, err } = await record("--runs", `${folder}/nothing`, "--arms", "none");
    assertEquals(code, 2);
    assertEquals(
      err,
      `Cannot record: none of 2 runs is finished in ${folder}/nothing, expected ${folder}/nothing/${ids.none1} and others; deno task reproduce trains them`,
    );
  });

  it("records what is finished and says what is missing", async () => {
    const { code, out, err } = await record("--runs", `${folder}/a`, "--arms", "none,all");
    assertEquals([code, err], [0, ""]);
    assert(out.startsWith(`Not finished in ${folder}/a: none (seed 2); all (seeds 1 and 2)\n`), out);
    assert(out.includes(`Recorded 1 run in ${path}; `), out);
    const { experiment, preset, runs: [run] } = await decodeRecording(Deno.readFileSync(path));
    assertEquals([experiment, preset, run!.arm], ["super_pursuit", "smoke", "none"]);
    const rows = readRows(`${folder}/a/${ids.none1}`).filter(({ metric }) => metric !== "train/return");
    assertEquals(run!.rows, rows);
  });

  it("keeps what was recorded before, in the experiment's order, and changes no byte for the same runs", async () => {
    const { out } = await record("--runs", `${folder}/b`, "--arms", "all", "--seeds", "2");
    assert(out.includes("Recorded 2 runs in ") && out.includes("; 1 of them recorded before; "), out);
    assertEquals(await recordedIds(), [ids.none1!, ids.all2!]);
    const before = Deno.readFileSync(path);
    await record("--runs", `${folder}/a`, "--arms", "none");
    assertEquals(Deno.readFileSync(path), before);
  });

  it("replaces a run of the same id, and drops one that no arm makes any more", async () => {
    const before = Deno.readFileSync(path);
    const recording = await decodeRecording(before);
    const [none, all] = recording.runs;
    const other = {
      ...all!,
      manifest: { ...all!.manifest, config: { ...all!.manifest.config, gamma: 0.5 } },
    };
    const runs = [{ ...none!, rows: none!.rows.slice(1) }, other];
    Deno.writeFileSync(path, await encodeRecording({ ...recording, runs }));
    const { out } = await record("--runs", `${folder}/a`, "--arms", "none");
    assert(out.includes(`not kept, for no arm has their settings any more: ${ids.all2}`), out);
    assertEquals(await recordedIds(), [ids.none1!]);
    await record("--runs", `${folder}/b`, "--arms", "all");
    assertEquals(Deno.readFileSync(path), before);
  });

  it("keeps a run under its arm where another arm has the same settings", async () => {
    const runsDir = `${folder}/variants`;
    await train("none", 1, runsDir, SUPER_VARIANTS);
    await recordOf("super_variants", "--runs", runsDir, "--arms", "none");
    const file = `${folder}/recorded/super_variants/smoke.json.gz`;
    const recording = await decodeRecording(Deno.readFileSync(file));
    const [none] = recording.runs;
    const config = { ...none!.manifest.config, seed: 2 };
    const other = { ...none!, manifest: { ...none!.manifest, config, runId: runIdOf(config) } };
    Deno.writeFileSync(file, await encodeRecording({ ...recording, runs: [other] }));
    await recordOf("super_variants", "--runs", runsDir, "--arms", "none", "--seeds", "1");
    const { runs } = await decodeRecording(Deno.readFileSync(file));
    assertEquals(runs.map(({ arm }) => arm), ["none", "none"]); // not fc_none, which is alike
  });
});
