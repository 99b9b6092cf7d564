/** Checks of training on a GPU or software Vulkan; `gpu_test.ts` runs them in a process of their own. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { beforeAll, describe, it } from "@std/testing/bdd";
import { StopFlag } from "relay/cluster/worker_pool.ts";
import { SHARE } from "relay/share/share_config.ts";
import { runIdOf, type TrainConfig } from "relay/train/config.ts";
import type { Row } from "relay/train/row.ts";
import { isFinished, readManifest, readRows } from "relay/train/run_folder.ts";
import { openGpu } from "relay/tensor/webgpu/gpu_device.ts";
import { gpuAvailable, trainOnGpu } from "relay/train/gpu/train_on_gpu.ts";
import { runAll } from "relay/train/run_all.ts";
import { train } from "relay/train/train.ts";
import { measureOnGpu, projectedHours } from "../bench/gpu.ts";
import { reproducibleFiles, SMALL_RUN } from "../support/small_run.ts";

const directory = Deno.makeTempDirSync({ prefix: "relay-gpu-" });
addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));

const runsDir = (name: string) => `${directory}/${name}`;
const pathOf = (config: TrainConfig, name: string) => `${runsDir(name)}/${runIdOf(config)}`;
const filesOf = (config: TrainConfig, name: string) => reproducibleFiles(pathOf(config, name));

/** Small even for a processor that plays a GPU. */
const A: TrainConfig = {
  ...SMALL_RUN,
  network: { kind: "fc", hidden: [12], headHidden: 8 },
  batchSize: 8,
  totalEnvSteps: 240,
  reportEveryEnvSteps: 40,
  evaluation: { everyEnvSteps: 120, episodes: 1 },
  env: { ...SMALL_RUN.env, options: { ...SMALL_RUN.env.options, max_cycles: 30 } },
  learningStartsEnvSteps: 80,
  targetUpdateEverySteps: 60,
  replay: { ...SMALL_RUN.replay, capacity: 150 },
};
const B: TrainConfig = { ...A, seed: 6, share: SHARE.quantile };
const C: TrainConfig = { ...A, seed: 7, share: SHARE.none };
const ONE_NETWORK: TrainConfig = { ...A, batchSize: 16, share: SHARE.parameters };

/** A flag that is set once a run has reported a step. */
function stopAt(
  envSteps: number,
): { stop: StopFlag; onRows: (config: TrainConfig, rows: readonly Row[]) => void } {
  const stop = new StopFlag();
  return {
    stop,
    onRows: (_, rows) => {
      if (rows.some((row) => row.envSteps >= envSteps)) stop.set();
    },
  };
}

describe("training on WebGPU", () => {
  beforeAll(async () => {
    await trainOnGpu([A], { runsDir: runsDir("alone") });
  });

  it("gives a run the same bytes alone and beside others", async () => {
    const finished: string[] = [];
    await trainOnGpu([C, A, ONE_NETWORK, B], {
      runsDir: runsDir("stacked"),
      onFinished: (config) => finished.push(runIdOf(config)),
    });
    assertEquals(finished, [C, A, B, ONE_NETWORK].map(runIdOf));
    assertEquals(filesOf(A, "stacked"), filesOf(A, "alone"));
    assertEquals(readManifest(pathOf(B, "stacked"))!.status, "finished");
  });

  it("stops and goes on bit for bit, also with runs that are elsewhere", async () => {
    const stopped = runsDir("stopped");
    await trainOnGpu([A], { runsDir: stopped, ...stopAt(80) });
    const steps = readRows(pathOf(A, "stopped")).at(-1)!.envSteps;
    assertEquals(isFinished(A, stopped), false);
    await trainOnGpu([A, B], { runsDir: stopped, ...stopAt(160) });
    await trainOnGpu([B, A], { runsDir: stopped });
    assertEquals(filesOf(A, "stopped"), filesOf(A, "alone"));
    const { sittings } = readManifest(pathOf(A, "stopped"))!;
    assertEquals(sittings.map(({ fromEnvSteps }) => fromEnvSteps), [0, steps, 160]);
    assert(sittings.every(({ engine }) => engine!.startsWith("webgpu: ")));
    assertEquals(
      [...Deno.readDirSync(pathOf(A, "stopped"))].some(({ name }) => name === "checkpoint"),
      false,
    );
  });

  it("goes on where the CPU engine was stopped, and the CPU engine where the GPU was", async () => {
    const name = "engines";
    const untilStep = (envSteps: number) => {
      let reached = 0;
      return { count: (row: Row) => reached = row.envSteps, shouldStop: () => reached >= envSteps };
    };
    const { count, shouldStop } = untilStep(80);
    for await (const row of train(A, { runsDir: runsDir(name), threads: 1, shouldStop })) count(row);
    await trainOnGpu([A], { runsDir: runsDir(name), ...stopAt(160) });
    await Array.fromAsync(train(A, { runsDir: runsDir(name), threads: 1 }));
    const { sittings } = readManifest(pathOf(A, name))!;
    assertEquals(sittings.map(({ engine }) => engine!.split(":")[0]), ["wasm", "webgpu", "wasm"]);
    const stepsOf = (rows: readonly Row[]) => rows.map(({ envSteps, metric }) => `${envSteps} ${metric}`);
    assertEquals(stepsOf(readRows(pathOf(A, name))), stepsOf(readRows(pathOf(A, "alone"))));
  });

  for (const [name, change] of Object.entries({ "one an agent": {}, "one for all": ONE_NETWORK })) {
    it(`measures what the CPU engine measures over the first updates (networks: ${name})`, async () => {
      const config = {
        ...A,
        ...change,
        totalEnvSteps: 120,
        reportEveryEnvSteps: 4,
      };
      const rows: Row[] = [];
      await trainOnGpu([config], {
        runsDir: runsDir("gpu-first"),
        onRows: (_, own) => rows.push(...own),
      });
      const expected = await Array.fromAsync(train(config, { runsDir: runsDir("cpu-first"), threads: 1 }));
      assertEquals(rows.length, expected.length);
      assertEquals(rows.filter(({ metric }) => metric === "loss/mean").length, 10);
      for (const [k, { metric, envSteps, value }] of expected.entries()) {
        assertEquals([rows[k]!.metric, rows[k]!.envSteps], [metric, envSteps]);
        if (metric.startsWith("eval/") && envSteps > 0) continue; // one other argmax is another episode
        assertAlmostEquals(
          rows[k]!.value,
          value,
          1e-4 * Math.max(1, Math.abs(value)),
          `${metric} at ${envSteps}`,
        );
      }
    });
  }

  it("is what runAll does for the engine webgpu", async () => {
    const options = { runsDir: runsDir("run-all"), workers: 1, engine: "webgpu" } as const;
    const [result] = await runAll([A], options);
    assertEquals([result!.isFinished, result!.error], [true, undefined]);
    assertEquals(filesOf(A, "run-all"), filesOf(A, "alone"));
    const share = { kind: "custom", name: "bad", source: "() => [outer]", windowSize: 1, team: "" } as const;
    const [bad] = await runAll([{ ...A, share }], options);
    assertEquals(bad!.error!.name, "SelectorError");
    assert(bad!.error!.message.includes("reads the outer variable outer"));
  });

  it("is measured by the bench", async () => {
    const gpu = await openGpu();
    const pace = { sliceSeconds: 0, slices: 1, runs: 1, capacity: 200 };
    const row = await measureOnGpu(gpu, "fc", pace);
    gpu.device.destroy();
    assertEquals([row.networks, row.runs], [8, 1]);
    assertAlmostEquals(row.envStepsPerSecond * row.iterationMs, 4 * 1000, 1e-6);
    assert(row.cpuMs > 0 && row.cpuMs < row.iterationMs && row.evaluationSeconds > 0);
    // 200,000 iterations of 2 ms and 201 evaluations of 3 s, twice
    assertAlmostEquals(
      projectedHours({ ...row, iterationMs: 2, evaluationSeconds: 3 }, {
        ...row,
        iterationMs: 2,
        evaluationSeconds: 3,
      }),
      2 * (400 + 603) / 3600,
    );
  });

  it("reuses finished runs, and names its adapter in one line", async () => {
    const before = Deno.statSync(`${pathOf(A, "alone")}/manifest.json`).mtime;
    const rows: Row[] = [];
    await trainOnGpu([A], { runsDir: runsDir("alone"), onRows: (_, own) => rows.push(...own) });
    assertEquals(rows, readRows(pathOf(A, "alone")));
    assertEquals(Deno.statSync(`${pathOf(A, "alone")}/manifest.json`).mtime, before);
    const found = await gpuAvailable();
    assert("line" in found && found.line.includes(found.adapter) && !found.line.includes("\n"));
  });
});
