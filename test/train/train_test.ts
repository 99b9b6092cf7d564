import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { beforeAll, describe, it } from "@std/testing/bdd";
import { decodeSafetensors } from "relay/dataset/safetensors.ts";
import { StopFlag } from "relay/cluster/worker_pool.ts";
import { decodeSharedTransitions } from "relay/share/sharing_log.ts";
import type { Selector } from "relay/share/selector.ts";
import { SHARE } from "relay/share/share_config.ts";
import { ConfigError, parseConfig, runIdOf, type TrainInput } from "relay/train/config.ts";
import { DamagedFileError } from "relay/train/files.ts";
import type { Row } from "relay/train/row.ts";
import { runAll } from "relay/train/run_all.ts";
import { isFinished, readManifest, readRows, RunFolder } from "relay/train/run_folder.ts";
import { train, type TrainOptions } from "relay/train/train.ts";
import { reproducibleFiles, SMALL_RUN } from "../support/small_run.ts";

const directory = Deno.makeTempDirSync({ prefix: "relay-train-" });
addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));

async function collect(config: TrainInput, options: TrainOptions): Promise<Row[]> {
  return await Array.fromAsync(train(config, options));
}

const runsDir = (name: string) => `${directory}/${name}`;
const undisturbed = `${runsDir("undisturbed")}/${runIdOf(SMALL_RUN)}`;

describe("train()", () => {
  let rows: Row[] = [];
  beforeAll(async () => {
    rows = await collect(SMALL_RUN, { runsDir: runsDir("undisturbed") });
  });

  it("yields the rows that it stores", () => {
    const withoutTime = (all: Row[]) => all.map(({ elapsedMs: _, ...row }) => row);
    assertEquals(withoutTime(rows), withoutTime(readRows(undisturbed)));
  });

  it("evaluates on the fixed grid and reports on its own", () => {
    const stepsOf = (metric: string) =>
      rows.filter((row) => row.metric === metric).map(({ envSteps }) => envSteps);
    assertEquals(stepsOf("eval/return"), [0, 400, 800, 1200]);
    assertEquals(stepsOf("td/meanAbs"), [200, 400, 600, 800, 1000, 1200]);
    assertEquals(stepsOf("train/return"), Array.from({ length: 20 }, (_, k) => 60 * (k + 1)));
    assertEquals(rows.at(-1)!.updates, (1200 - 200) / 4);
  });

  it("logs as many shared transitions as the realised bandwidth says, each to the seven others", () => {
    const records = decodeSharedTransitions(Deno.readFileSync(`${undisturbed}/sharing.bin`));
    const fractions = rows.filter(({ metric }) => metric === "share/fraction").map(({ value }) => value);
    const sent = fractions.reduce((sum, fraction) => sum + fraction * 8 * 200, 0);
    assertEquals(records.length, Math.round(sent));
    assert(fractions.every((fraction) => Math.abs(fraction - 0.3) < 0.05), `realised ${fractions} of 0.3`);
    assert(records.every(({ receivers }) => receivers === 7));
    const bytes = rows.findLast(({ metric }) => metric === "share/bytes")!.value;
    assertEquals(bytes, records.length * 7 * (2 * 147 + 7));
  });

  it("leaves final networks, a finished manifest and no checkpoint", () => {
    const { tensors } = decodeSafetensors(Deno.readFileSync(`${undisturbed}/networks.safetensors`));
    assert(Object.values(tensors).every(({ shape, data }) => shape[0] === 8 && data.every(Number.isFinite)));
    const manifest = readManifest(undisturbed)!;
    assertEquals(manifest.status, "finished");
    assertEquals(manifest.config, SMALL_RUN);
    assertEquals([...Deno.readDirSync(undisturbed)].some(({ name }) => name === "checkpoint"), false);
  });

  it("reuses a finished run without touching it", async () => {
    const before = Deno.statSync(`${undisturbed}/manifest.json`).mtime;
    assertEquals((await collect(SMALL_RUN, { runsDir: runsDir("undisturbed") })).length, rows.length);
    assertEquals(Deno.statSync(`${undisturbed}/manifest.json`).mtime, before);
  });

  it("gives the same rows and weights when stopped and resumed again and again", async () => {
    const options = { runsDir: runsDir("stopped"), shouldStop: stopAfter(37) };
    let sittings = 0;
    while (!isFinished(SMALL_RUN, options.runsDir)) {
      await collect(SMALL_RUN, { ...options, shouldStop: stopAfter(37) });
      sittings++;
    }
    const path = `${options.runsDir}/${runIdOf(SMALL_RUN)}`;
    assertEquals(sittings, Math.ceil(300 / 37));
    assertEquals(readManifest(path)!.sittings.map(({ fromEnvSteps }) => fromEnvSteps).slice(0, 3), [
      0,
      148,
      296,
    ]);
    assertEquals(reproducibleFiles(path), reproducibleFiles(undisturbed));
  });

  it("gives other numbers for another seed", async () => {
    const other = await collect({ ...SMALL_RUN, seed: 6 }, { runsDir: runsDir("seed") });
    assertNotEquals(other.map(({ value }) => value), rows.map(({ value }) => value));
  });

  it("does not change one agent's exploration when sharing changes", async () => {
    const none = await collect({ ...SMALL_RUN, totalEnvSteps: 200, share: SHARE.none }, {
      runsDir: runsDir("none"),
    });
    const first = (all: Row[]) =>
      all.filter(({ metric, envSteps }) => metric === "train/return" && envSteps <= 180);
    assertEquals(first(none).map(({ value }) => value), first(rows).map(({ value }) => value)); // nobody has learned yet
  });
});

describe("runAll()", () => {
  beforeAll(async () => void await collect(SMALL_RUN, { runsDir: runsDir("undisturbed") })); // reused when it is there

  it("gives the same bytes on one Worker and on three", async () => {
    const configs = [SMALL_RUN, { ...SMALL_RUN, seed: 6 }, { ...SMALL_RUN, share: SHARE.all }];
    const paths = (name: string) => configs.map((config) => `${runsDir(name)}/${runIdOf(config)}`);
    await runAll(configs, { runsDir: runsDir("one"), workers: 1 });
    const results = await runAll(configs, { runsDir: runsDir("three"), workers: 3 });
    assertEquals(
      results.map(({ isFinished, error }) => [isFinished, error]),
      configs.map(() => [true, undefined]),
    );
    for (const [i, path] of paths("one").entries()) {
      assertEquals(reproducibleFiles(path), reproducibleFiles(paths("three")[i]!));
    }
    assertEquals(reproducibleFiles(paths("one")[0]!), reproducibleFiles(undisturbed));
  });

  it("takes a user's own selector into Workers, with the numbers of the main thread", async () => {
    const surprising: Selector = (absTdErrors, window) =>
      [...absTdErrors.keys()].filter((t) => absTdErrors[t]! > 2 * window.mean());
    const config = { ...SMALL_RUN, share: surprising };
    const [result] = await runAll([config], { runsDir: runsDir("custom-worker"), workers: 1 });
    await collect(config, { runsDir: runsDir("custom-main") });
    assertEquals(
      reproducibleFiles(`${runsDir("custom-worker")}/${result!.runId}`),
      reproducibleFiles(`${runsDir("custom-main")}/${result!.runId}`),
    );
    const { share } = parseConfig(result!.manifest!.config);
    assert(
      share.kind === "custom" && share.name === "surprising" && share.source.includes("2 * window.mean()"),
    );
    assert(result!.rows.some(({ metric, value }) => metric === "share/fraction" && value > 0));
  });

  it("reports a selector's mistake as that run's error, in words", async () => {
    const share = { kind: "custom", name: "bad", source: "() => [outer]", windowSize: 1, team: "" } as const;
    const [result] = await runAll([{ ...SMALL_RUN, share }], { runsDir: runsDir("bad"), workers: 1 });
    assertEquals(result!.error!.name, "SelectorError");
    assert(result!.error!.message.startsWith("Cannot use the selector: it reads the outer variable outer"));
  });

  it("stops cleanly and goes on", async () => {
    const stop = new StopFlag();
    const options = { runsDir: runsDir("stop"), workers: 1 };
    const [stopped] = await runAll([SMALL_RUN], { ...options, stop, onRows: () => stop.set() });
    assertEquals(stopped!.isFinished, false);
    const [result] = await runAll([SMALL_RUN], options);
    assertEquals(result!.isFinished, true);
    assertEquals(reproducibleFiles(`${options.runsDir}/${result!.runId}`), reproducibleFiles(undisturbed));
  });
});

describe("a run folder", () => {
  it("that is finished but lost rows says so instead of counting as done", async () => {
    const options = { runsDir: runsDir("lost") };
    const config = { ...SMALL_RUN, totalEnvSteps: 400 };
    await collect(config, options);
    const rows = `${options.runsDir}/${runIdOf(config)}/rows.jsonl`;
    const text = Deno.readTextFileSync(rows);
    Deno.writeTextFileSync(rows, text.slice(0, text.length / 3));
    await assertRejects(() => collect(config, options), DamagedFileError, "rows.jsonl ends at");
    Deno.removeSync(rows);
    await assertRejects(() => collect(config, options), DamagedFileError, "rows.jsonl: it is missing");
  });

  it("with a damaged line names file and line, and leaves out a last line that was cut short", () => {
    const path = runsDir("lines");
    Deno.mkdirSync(path);
    Deno.writeTextFileSync(`${path}/timing.jsonl`, "");
    const line = '{"runId":"r","envSteps":4,"updates":0,"metric":"eval/return","value":1}';
    Deno.writeTextFileSync(`${path}/rows.jsonl`, `${line}\n${line.slice(0, 20)}`);
    assertEquals(readRows(path).length, 1);
    Deno.writeTextFileSync(`${path}/rows.jsonl`, `${line}\n${line.slice(0, 20)}\n${line}\n`);
    assertThrows(() => readRows(path), DamagedFileError, "rows.jsonl: line 2 is not valid JSON");
  });

  it("belongs to one process at a time", async () => {
    const folder = new RunFolder(SMALL_RUN, runsDir("locked"));
    await assertRejects(
      () => collect(SMALL_RUN, { runsDir: runsDir("locked") }),
      ConfigError,
      "another process",
    );
    folder.close();
  });

  it("with a damaged checkpoint names the file", async () => {
    const options = { runsDir: runsDir("damaged"), shouldStop: stopAfter(100) };
    await collect(SMALL_RUN, options);
    const checkpoint = `${options.runsDir}/${runIdOf(SMALL_RUN)}/checkpoint`;
    const segment = [...Deno.readDirSync(checkpoint)].find(({ name }) => name.startsWith("replay-3"))!.name;
    const bytes = Deno.readFileSync(`${checkpoint}/${segment}`);
    bytes[10]! ^= 1;
    Deno.writeFileSync(`${checkpoint}/${segment}`, bytes);
    await assertRejects(() => collect(SMALL_RUN, options), DamagedFileError, `${segment} is damaged`);
    Deno.writeFileSync(`${checkpoint}/${segment}`, bytes.subarray(0, 7));
    await assertRejects(
      () => collect(SMALL_RUN, options),
      DamagedFileError,
      `${segment} has 7 bytes, expected`,
    );
    Deno.removeSync(`${checkpoint}/${segment}`);
    await assertRejects(() => collect(SMALL_RUN, options), DamagedFileError, `${segment} is missing`);
  });
});

function stopAfter(iterations: number): () => boolean {
  let done = 0;
  return () => ++done >= iterations;
}
