import { assert, assertEquals, assertThrows } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import * as tf from "@tensorflow/tfjs";
import { Captures } from "relay/tensor/capture/captures.ts";
import { stretchesOf } from "relay/tensor/capture/stretches.ts";
import { type HeapTensor, heapTensor } from "relay/tensor/heap_tensor.ts";
import type { SimdEngine } from "relay/tensor/simd_backend.ts";
import { Learner, sameBits, SPECS } from "./capture_updates.ts";
import { normals, startSimd } from "./support.ts";

describe("Captures", () => {
  let engine: SimdEngine;
  let captures: Captures;
  let x: HeapTensor<Float32Array>;
  beforeEach(async () => {
    engine = await startSimd();
    captures = new Captures();
    x = heapTensor([2, 4], "float32");
    x.values.set([1, 2, 3, 4, 5, 6, 7, 8]);
  });
  afterEach(() => {
    captures.dispose();
    x.dispose();
  });

  for (const name of Object.keys(SPECS)) {
    it(`gives ${name} networks the bits of tfjs after updates, with one, two and three threads`, async () => {
      assert(await sameBits(name, { P: 5, B: name.startsWith("fc") ? 32 : 4 }));
      // A network's values are no whole vectors.
      assert(await sameBits(name, { P: 4, B: name.startsWith("fc") ? 31 : 3 }));
    });
  }

  it("does so with strict arithmetic", async () => {
    const script = new URL("./capture_updates.ts", import.meta.url).pathname;
    const config = new URL("../../deno.json", import.meta.url).pathname;
    const args = ["run", "--quiet", "--no-prompt", "--config", config, "--allow-read", "--allow-env", script];
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args: [...args, "wasm-strict"] })
      .output();
    const text = new TextDecoder().decode(stdout);
    assert(text.startsWith("{"), new TextDecoder().decode(stderr));
    assertEquals(JSON.parse(text), Object.fromEntries(Object.keys(SPECS).map((name) => [name, true])));
  });

  it("goes on from restored networks and optimisers as tfjs does", () => {
    const [captured, plain] = [true, false].map((isCaptured) => {
      const learner = new Learner(SPECS["fc dueling"]!, { P: 3, B: 8 });
      for (let k = 0; k < 5; k++) learner.update(k, isCaptured);
      const [parameters, state] = [learner.parameters(), learner.adam.state()];
      for (let k = 5; k < 9; k++) learner.update(k, isCaptured);
      learner.online.restore(parameters);
      learner.adam.restore(state);
      for (let k = 9; k < 12; k++) learner.update(k, isCaptured);
      const end = learner.parameters();
      learner.dispose();
      return end;
    });
    assertEquals(captured, plain);
  });

  it("leaves an optimiser to updates that are not captured, and takes it back", () => {
    const learners = [true, false].map(() => new Learner(SPECS.fc!, { P: 2, B: 8 }));
    for (let k = 0; k < 9; k++) {
      learners[0]!.update(k, k % 3 !== 1);
      learners[1]!.update(k, false);
    }
    assertEquals(learners[0]!.parameters(), learners[1]!.parameters());
    for (const learner of learners) learner.dispose();
  });

  it("frees what it holds", () => {
    const before = [engine.heapUsage().liveBlocks, tf.memory().numTensors];
    const learner = new Learner(SPECS["conv dueling"]!, { P: 2, B: 4 });
    for (let k = 0; k < 3; k++) learner.update(k, true);
    learner.dispose();
    assertEquals([engine.heapUsage().liveBlocks, tf.memory().numTensors], before);
  });

  it("replays one kernel without threads, and what it waits for in its place", () => {
    const run = () =>
      captures.run("sums", () => ({ all: x.tensor.square().sum().neg(), columns: x.tensor.relu().sum(0) }));
    run();
    x.values.set([0, 1, 1, -2, 0, 0, 1, 3]);
    const { all, columns } = run();
    assertEquals([[...all], [...columns]], [[-16], [0, 1, 2, 3]]);
    assertEquals(captures.refusalOf("sums"), undefined);
  });

  const odd: Record<string, (x: tf.Tensor) => tf.Tensor> = {
    "a number from TypeScript": (x) => x.mul(0.5 * x.size),
    "values read on the way": (x) => x.mul(x).add(x.dataSync()[0]! > 0 ? x : x.neg()),
    "a kernel of the cpu backend": (x) => x.exp().relu(),
    "a result of the cpu backend": (x) => x.exp(),
    "bool values": (x) => x.greater(x.neg()).cast("float32").relu(),
  };
  for (const [name, f] of Object.entries(odd)) {
    it(`leaves an expression with ${name} to tfjs`, () => {
      const run = () => [...captures.run("odd", () => ({ y: f(x.tensor) })).y];
      const expected = () => [...tf.tidy(() => f(x.tensor).dataSync())];
      assertEquals(run(), expected());
      assert(captures.refusalOf("odd") !== undefined);
      x.values.fill(-1, 0, 3);
      const [numTensors, { liveBlocks }] = [tf.memory().numTensors, engine.heapUsage()];
      assertEquals(run(), expected());
      assertEquals([tf.memory().numTensors, engine.heapUsage().liveBlocks], [numTensors, liveBlocks]);
    });
  }

  it("records anew where a variable has got other values' place", () => {
    const w = tf.variable(tf.tensor2d(normals(1, 8), [2, 4]));
    const run = () => [...captures.run("product", () => ({ y: x.tensor.mul(w) })).y];
    run();
    w.assign(tf.tensor2d(new Float32Array(8).fill(2), [2, 4]));
    assertEquals(run(), [2, 4, 6, 8, 10, 12, 14, 16]);
    x.values.fill(1);
    assertEquals(run(), new Array(8).fill(2));
    w.dispose();
  });

  it("lets an expression's error through and records the next time", () => {
    const before = engine.heapUsage().liveBlocks;
    const fail = () => {
      x.tensor.square();
      throw new RangeError("no");
    };
    assertThrows(() => captures.run("y", fail), RangeError, "no");
    assertEquals(engine.heapUsage().liveBlocks, before);
    assertEquals([...captures.run("y", () => ({ y: x.tensor.square() })).y].slice(0, 2), [1, 4]);
  });
});

describe("stretchesOf()", () => {
  const noTable = () => 0;
  const dense = (x: number, xStride: number, y: number) => ({
    name: "dense_forward" as const,
    args: [0, 4, 2, 3, 3, x, xStride, 1000, 2000, y, 0, 0],
  });

  it("keeps layers together, and puts a sum behind what does not need it", () => {
    const calls = [dense(100, 24, 200), { name: "total" as const, args: [4, 200, 300] }, dense(200, 24, 400)];
    const [stretch, ...others] = stretchesOf(calls, noTable);
    assertEquals([stretch!.calls.length, stretch!.tail.length, others.length], [2, 1, 0]);
  });

  it("waits where networks read what others write, or a sum", () => {
    const shared = stretchesOf([dense(100, 24, 200), dense(200, 0, 400)], noTable);
    assertEquals(shared.map(({ calls }) => calls.length), [1, 1]);
    const sum = { name: "total" as const, args: [4, 200, 300] };
    const behindSum = stretchesOf([dense(100, 24, 200), sum, dense(300, 24, 400)], noTable);
    assertEquals(behindSum.map(({ calls }) => calls.length), [1, 1]);
    const overwritten = stretchesOf([dense(100, 24, 200), sum, dense(100, 24, 200)], noTable);
    assertEquals(overwritten.map(({ calls }) => calls.length), [1, 1]);
  });

  it("waits where memory is used again in another layout, and for kernels of which it does not know", () => {
    const again = stretchesOf([dense(100, 12, 200), dense(200, 24, 400), dense(400, 24, 100)], noTable);
    assertEquals(again.map(({ calls }) => calls.length), [2, 1]);
    const unknown = { name: "column_sums" as const, args: [4, 4, 700, 16, 800] };
    const around = stretchesOf([dense(100, 24, 200), unknown, dense(200, 24, 400)], noTable);
    assertEquals(around.map(({ calls, tail }) => [calls.length, tail.length]), [[1, 1], [1, 0]]);
  });
});
