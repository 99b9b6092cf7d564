import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import * as tf from "@tensorflow/tfjs";
import { Worker as ThreadWorker } from "node:worker_threads";
import { openStream } from "relay/rng/stream.ts";
import { ListedCalls } from "relay/tensor/capture/listed_calls.ts";
import { heapTensor } from "relay/tensor/heap_tensor.ts";
import { instantiateKernels, MEMORY_PAGES } from "relay/tensor/kernel_exports.ts";
import { QNetworks } from "relay/tensor/q_network.ts";
import type { QNetworkSpec } from "relay/tensor/q_network_plan.ts";
import { stopThreads, useSimd } from "relay/tensor/simd_backend.ts";
import { StackedAdam } from "relay/tensor/stacked_adam.ts";
import { stackedConv2d } from "relay/tensor/stacked_conv2d.ts";
import { huberTdLoss, tdGradients } from "relay/tensor/td_loss.ts";
import { CommandBlock } from "relay/tensor/threads/command_block.ts";
import { spawnThread, ThreadedKernels } from "relay/tensor/threads/threaded_kernels.ts";
import { train } from "relay/train/train.ts";
import { reproducibleFiles, SMALL_RUN } from "../support/small_run.ts";
import { normals, startSimd } from "./support.ts";

const ACTIONS = 5;
const UPDATES = 20;
const CONV: QNetworkSpec = { kind: "conv", dueling: true, obsShape: [7, 7, 3], actions: ACTIONS };
const DENSE: QNetworkSpec = {
  kind: "fc",
  hidden: [130, 126],
  headHidden: 254,
  dueling: true,
  obsShape: [7, 7, 3],
  actions: ACTIONS,
};

/** The parameters of P networks after some updates. */
function trained(spec: QNetworkSpec, { P, B }: { P: number; B: number }): Float32Array[] {
  const networks = new QNetworks(spec, Array.from({ length: P }, (_, p) => openStream(p)));
  const adam = new StackedAdam(networks.variables, { learningRate: 1e-3, clipNorm: 0.5 });
  for (let update = 0; update < UPDATES; update++) {
    tf.tidy(() => {
      const obs = tf.tensor(normals(update, P * B * 147), [P, B, 7, 7, 3]);
      const batch = {
        actions: tf.fill([P, B], update % ACTIONS, "int32"),
        targets: tf.tensor(normals(update + 1, P * B), [P, B]),
        isWeights: tf.ones([P, B]),
      };
      adam.step(tdGradients(() => huberTdLoss(networks.forward(obs), batch), networks.variables).gradients);
    });
  }
  const parameters = networks.variables.map((variable) => variable.dataSync().slice() as Float32Array);
  networks.dispose();
  adam.dispose();
  return parameters;
}

/** Actions of seven networks: three steps, then for other observations, then with other parameters. */
function actedOn(spec: QNetworkSpec): number[][] {
  const P = 7;
  const networks = new QNetworks(spec, Array.from({ length: P }, (_, p) => openStream(p)));
  const [obs, others] = [1, 2].map(() => heapTensor([P, 2, 7, 7, 3], "float32"));
  const actions = [3, 4, 5].map((seed) => {
    obs!.values.set(normals(seed, obs!.values.length));
    return [...networks.greedy(obs!.tensor)];
  });
  others!.values.set(normals(6, others!.values.length));
  actions.push([...networks.greedy(others!.tensor)]);
  for (const variable of networks.variables) tf.tidy(() => variable.assign(variable.neg()));
  actions.push([...networks.greedy(others!.tensor)], [...networks.greedy(others!.tensor)]);
  for (const owner of [networks, obs!, others!]) owner.dispose();
  return actions;
}

/**
 * Kernels on a memory of their own with two threads, and the Worker that is the second.
 * @param mortal the Worker takes this many pieces and goes with the last one
 */
async function twoThreads(mortal?: number): Promise<
  { kernels: ThreadedKernels; worker: ThreadWorker; multiply: () => void }
> {
  const memory = new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES, shared: true });
  const workers: ThreadWorker[] = [];
  const kernels = new ThreadedKernels(await instantiateKernels(memory), memory, (task) => {
    const mortalThread = new URL("./mortal_thread.ts", import.meta.url);
    workers.push(
      mortal === undefined
        ? spawnThread(task)
        : new ThreadWorker(mortalThread, { workerData: { ...task, pieces: mortal } }),
    );
    return workers.at(-1)!;
  });
  await kernels.setThreads(2);
  const [a, b, c] = [1, 2, 3].map((place) => 2 ** 26 * place) as [number, number, number];
  const multiply = () => {
    // deno-fmt-ignore
    kernels.exports.batched_gemm(0, 8, false, false, 96, 96, 96, a, 4 * 96 ** 2, b, 4 * 96 ** 2, c, 0, 0, 2 ** 20);
  };
  return { kernels, worker: workers[0]!, multiply };
}

describe("threads", () => {
  it("change no bit of the parameters after updates, for any number of networks and threads", async () => {
    const engine = await startSimd();
    const cases = [[CONV, { P: 5, B: 16 }], [CONV, { P: 2, B: 8 }], [DENSE, { P: 7, B: 33 }]] as const;
    for (const [spec, size] of cases) {
      await useSimd({ threads: 1 });
      const before = engine.heapUsage().liveBlocks;
      const expected = trained(spec, size);
      for (const threads of [2, 3]) {
        await useSimd({ threads });
        assertEquals(trained(spec, size), expected);
      }
      assertEquals(engine.heapUsage().liveBlocks, before);
    }
    stopThreads();
  });

  it("compute gradients in turn where networks share an input", async () => {
    await startSimd();
    const gradient = () =>
      tf.tidy(() => {
        const w = tf.tensor(normals(1, 4 * 2 * 2 * 64 * 64, 0.1), [4, 2, 2, 64, 64]);
        const x = tf.tensor(normals(2, 8 * 6 * 6 * 64), [1, 8, 6, 6, 64]);
        const sum = (value: tf.Tensor) =>
          stackedConv2d(value, w, tf.zeros([4, 1, 64]), "tanh").sum() as tf.Scalar;
        return tf.grad(sum)(x).dataSync();
      });
    await useSimd({ threads: 1 });
    const expected = gradient();
    await useSimd({ threads: 2 });
    assertEquals(gradient(), expected);
    stopThreads();
  });

  it("choose the same actions, also from other observations and after parameters have moved", async () => {
    const engine = await startSimd();
    const before = engine.heapUsage().liveBlocks;
    for (const spec of [CONV, DENSE]) {
      await useSimd({ threads: 1 });
      const expected = actedOn(spec);
      assert(new Set(expected.flat()).size > 1);
      for (const threads of [2, 3]) {
        await useSimd({ threads });
        assertEquals(actedOn(spec), expected);
      }
    }
    stopThreads();
    assertEquals(engine.heapUsage().liveBlocks, before);
  });

  it("leave the files of a run as they are", async () => {
    await startSimd();
    const config = { ...SMALL_RUN, totalEnvSteps: 400, network: { kind: "conv" } as const };
    const files = [];
    for (const threads of [1, 2]) {
      await useSimd({ threads });
      const runsDir = Deno.makeTempDirSync({ prefix: "relay-threads-" });
      for await (const _ of train(config, { runsDir }));
      const [run] = [...Deno.readDirSync(runsDir)].filter(({ isDirectory }) => isDirectory);
      files.push(reproducibleFiles(`${runsDir}/${run!.name}`));
      Deno.removeSync(runsDir, { recursive: true });
    }
    stopThreads();
    assertEquals(files[1], files[0]);
  });

  it("cannot share what is no computation by networks", async () => {
    const engine = await startSimd();
    const { tensor, values, dispose } = heapTensor([8], "float32");
    const sum = () => engine.kernels.total(8, values.byteOffset, values.byteOffset);
    assertThrows(() => new ListedCalls(sum, 0), RangeError, "Cannot list total");
    assertEquals(tensor.dataSync()[0], 0);
    dispose();
  });

  it("work in a Worker", async () => {
    const worker = new Worker(new URL("./threads_worker.ts", import.meta.url), { type: "module" });
    const [alone, together] = await new Promise<Float32Array[]>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
    });
    worker.terminate();
    assertEquals(together, alone);
  });

  it("must be a sensible number", async () => {
    await assertRejects(() => useSimd({ threads: 0 }), RangeError, "expected an integer from 1 to 32");
    await assertRejects(() => useSimd({ threads: 1.5 }), RangeError, "Cannot compute with 1.5 threads");
  });
});

describe("a Worker that is gone", () => {
  for (const pieces of [0, 1]) {
    it(`is missed by a computation that never gives the event loop a turn, after ${pieces} pieces`, async () => {
      const { kernels, multiply } = await twoThreads(pieces);
      const multiplyLong = () => {
        for (let i = 0; i < 10_000; i++) multiply();
      };
      // It ends by itself: whether its end is told before the roll call misses it is a race.
      const { message } = assertThrows(multiplyLong, Error, "a Worker has");
      assert(/a Worker has (not answered for|ended; expected)/.test(message), message);
      assertThrows(multiply, Error, message);
      kernels.stop();
      multiply();
    });
  }

  it("is missed at the next turn of the event loop", async () => {
    const { kernels, worker, multiply } = await twoThreads();
    multiply();
    await worker.terminate();
    assertThrows(multiply, Error, "a Worker has ended");
    kernels.stop();
  });
});

describe("CommandBlock", () => {
  it("hands out every piece once, from both ends, and all networks", () => {
    const main = new CommandBlock();
    const worker = new CommandBlock(main.buffer);
    main.open(3, 10, 4);
    assertEquals([worker.operation, main.claimFirst(), worker.claimLast(), worker.claimLast()], [3, 0, 3, 2]);
    assertEquals([main.claimFirst(), main.claimFirst(), worker.claimLast()], [1, -1, -1]);
    const ranges = [0, 1, 2, 3].map((piece) => worker.rangeOf(piece));
    assertEquals(ranges.map(({ n0 }) => n0), [0, ...ranges.slice(0, 3).map(({ n1 }) => n1)]);
    assertEquals(ranges[3]!.n1, 10);
    worker.finish();
    worker.finish();
    main.join(2);
  });

  it("never cuts less than one network", () => {
    const block = new CommandBlock();
    block.open(0, 2, 8);
    assertEquals([block.claimFirst(), block.claimFirst(), block.claimFirst()], [0, 1, -1]);
  });

  it("brings a worker's error to the main thread, at every later command too", () => {
    const main = new CommandBlock();
    const worker = new CommandBlock(main.buffer);
    main.open(0, 2, 2);
    assert(main.claimFirst() === 0 && worker.claimLast() === 1);
    worker.fail(0, "RangeError: out of bounds");
    assertThrows(() => main.join(1), Error, "Worker 1 failed: RangeError: out of bounds");
    assertThrows(() => main.open(0, 2, 2), Error, "out of bounds");
  });
});
