import { assert, assertEquals, assertRejects } from "@std/assert";
import { beforeAll, describe, it } from "@std/testing/bdd";
import { CoreShare } from "relay/cluster/core_share.ts";
import type { EngineName } from "relay/tensor/engine_name.ts";
import { engineInUse } from "relay/tensor/simd_backend.ts";
import { ConfigError, runIdOf } from "relay/train/config.ts";
import { runAll } from "relay/train/run_all.ts";
import { readManifest } from "relay/train/run_folder.ts";
import { train, type TrainOptions } from "relay/train/train.ts";
import { reproducibleFiles, SMALL_RUN } from "../support/small_run.ts";

const directory = Deno.makeTempDirSync({ prefix: "relay-compute-" });
addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));

const runId = runIdOf(SMALL_RUN);
const folder = (name: string) => `${directory}/${name}/${runId}`;

async function trainIn(name: string, options: TrainOptions): Promise<void> {
  await Array.fromAsync(train(SMALL_RUN, { runsDir: `${directory}/${name}`, ...options }));
}

async function trainInWorker(name: string, engine: EngineName): Promise<void> {
  const [result] = await runAll([SMALL_RUN], { runsDir: `${directory}/${name}`, workers: 1, engine });
  if (result!.error) throw result!.error;
}

describe("what computes a run", () => {
  beforeAll(() => trainIn("one", { threads: 1 }));

  it("gives the same files with three threads, and names both numbers", async () => {
    await trainIn("three", { threads: 3 });
    assertEquals(reproducibleFiles(folder("three")), reproducibleFiles(folder("one")));
    assertEquals(readManifest(folder("one"))!.sittings[0]!.threads, 1);
    assertEquals(readManifest(folder("three"))!.sittings[0]!.threads, 3);
    assertEquals(engineInUse().threads, 1, "the threads end with the run");
  });

  it("follows the cores that it shares, with the same files", async () => {
    const cores = new CoreShare(2);
    cores.runsAtWork = 2;
    const seen = new Set<number>();
    const shouldStop = () => {
      seen.add(engineInUse().threads);
      cores.runsAtWork = 1;
      return false;
    };
    await trainIn("growing", { threads: cores, shouldStop });
    assertEquals([...seen], [1, 2]);
    assertEquals(reproducibleFiles(folder("growing")), reproducibleFiles(folder("one")));
  });

  it("is the engine that was asked for, by its name in the manifest and by its bits", async () => {
    await trainInWorker("strict", "wasm-strict");
    const manifest = readManifest(folder("strict"))!;
    assert(manifest.engine.startsWith("wasm-strict:"), manifest.engine);
    assertEquals(manifest.sittings.map(({ engine }) => engine), [manifest.engine]);
    assertEquals(manifest.sittings[0]!.threads, Math.min(8, navigator.hardwareConcurrency));
    const networks = (name: string) => Deno.readFileSync(`${folder(name)}/networks.safetensors`);
    assert(
      networks("strict").some((byte, k) => byte !== networks("one")[k]),
      "the same bits with and without FMA",
    );
  });

  it("stands in each sitting, should it change between two", async () => {
    await trainIn("mixed", { threads: 1, shouldStop: () => true });
    await trainInWorker("mixed", "wasm-strict");
    const { engine, sittings } = readManifest(folder("mixed"))!;
    assert(engine.startsWith("wasm:"), engine);
    assertEquals(sittings.map((sitting) => sitting.engine!.split(":")[0]), ["wasm", "wasm-strict"]);
  });

  it("is refused where it cannot be, before anything is written", async () => {
    await assertRejects(
      () => trainIn("none", { threads: 0 }),
      ConfigError,
      "expected an integer from 1 to 32",
    );
    assertEquals([...Deno.readDirSync(directory)].some(({ name }) => name === "none"), false);
  });
});
