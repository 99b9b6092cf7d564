import { assertAlmostEquals, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { beforeAll, describe, it } from "@std/testing/bdd";
import * as tf from "@tensorflow/tfjs";
import { HeapAllocator } from "relay/tensor/heap_allocator.ts";
import { heapTensor, readInto } from "relay/tensor/heap_tensor.ts";
import { type SimdEngine, useSimd } from "relay/tensor/simd_backend.ts";
import { startSimd } from "./support.ts";

describe("the heap of the simd backend", () => {
  let engine: SimdEngine;
  beforeAll(async () => void (engine = await startSimd()));

  it("starts once", async () => {
    assertEquals(await useSimd(), engine);
    assertEquals(tf.getBackend(), "simd");
  });

  it("hands a freed block to the next request of its size class", () => {
    const allocator = new HeapAllocator(0, 1 << 20);
    const block = allocator.allocate(1000);
    assertNotEquals(allocator.allocate(1000).address, block.address);
    allocator.free(block);
    assertEquals(allocator.allocate(900).address, block.address);
    assertEquals(allocator.usage().liveBlocks, 2);
  });

  it("gives blocks that do not overlap and hold what was asked for", () => {
    const allocator = new HeapAllocator(64, 1 << 24);
    let end = 64;
    for (let bytes = 1; bytes < 70_000; bytes = Math.ceil(bytes * 1.07)) {
      const { address } = allocator.allocate(bytes);
      assertEquals(address >= end && address % 64 === 0, true);
      end = address + bytes;
    }
  });

  it("says what is left when it is full", () => {
    const allocator = new HeapAllocator(0, 4096);
    const error = assertThrows(() => allocator.allocate(5000), RangeError);
    assertEquals(
      error.message.startsWith("Cannot allocate 5000 bytes for a tensor: 4096 of 4096 bytes are left"),
      true,
    );
  });

  it("converts on a cast instead of relabelling integers as floats", () => {
    tf.tidy(() => {
      const ints = tf.tensor1d([3, -5, 7, 0, 9], "int32");
      assertEquals([...ints.cast("float32").add(0.5).dataSync()], [3.5, -4.5, 7.5, 0.5, 9.5]);
      const bools = tf.tensor1d([true, false, true], "bool");
      assertEquals([...bools.cast("float32").mul(2).dataSync()], [2, 0, 2]);
      assertEquals([...ints.dataSync()], [3, -5, 7, 0, 9]);
    });
  });

  it("casts a refilled tensor's present values", () => {
    const actions = heapTensor([3], "int32");
    actions.values.set([1, 2, 3]);
    const relabelled = () => tf.tidy(() => actions.tensor.cast("float32").mul(2).dataSync());
    assertEquals([...relabelled()], [2, 4, 6]);
    actions.values.set([4, 5, 6]);
    assertEquals([...relabelled()], [8, 10, 12]);
    actions.dispose();
  });

  it("reads a float tensor whose bucket holds integers by value", () => {
    const ints = heapTensor([2], "int32");
    ints.values.set([7, -2]);
    const relabelled = { dataId: ints.tensor.dataId, shape: [2], dtype: "float32" as const };
    assertEquals([...new Float32Array(engine.buffer, engine.address(relabelled), 2)], [7, -2]);
    ints.values.set([8, -3]);
    assertEquals([...new Float32Array(engine.buffer, engine.address(relabelled), 2)], [8, -3]);
    ints.dispose();
  });

  it("gives a slice values of its own", () => {
    const source = heapTensor([4], "float32");
    source.values.set([1, 2, 3, 4]);
    const slice = source.tensor.slice([1], [2]);
    source.values.fill(9);
    assertEquals([...slice.dataSync()], [2, 3]);
    source.dispose();
    const reused = heapTensor([4], "float32");
    reused.values.fill(-1);
    assertEquals([...slice.dataSync()], [2, 3]);
    tf.dispose([reused.tensor, slice]);
  });

  it("reads copies that later work does not change", () => {
    const tensor = heapTensor([2], "float32");
    tensor.values.set([1, 2]);
    const read = tensor.tensor.dataSync();
    tensor.values.fill(5);
    assertEquals([...read], [1, 2]);
    assertEquals([...readInto(tensor.tensor, new Float64Array(2))], [5, 5]);
    tensor.dispose();
  });

  it("frees everything that a computation took, stock kernels and converted copies included", () => {
    const work = () =>
      tf.tidy(() => {
        const ints = tf.tensor1d([1, 2, 3], "int32");
        const x = tf.tensor2d([[1, 2, 3], [4, 5, 6]]).mul(ints.cast("float32")).relu();
        return tf.matMul(x, x, false, true).softmax().sum().dataSync()[0];
      });
    assertAlmostEquals(work()!, 2, 1e-6);
    const before = { ...engine.heapUsage(), ...tf.memory() };
    for (let i = 0; i < 50; i++) work();
    assertEquals({ ...engine.heapUsage(), ...tf.memory() }, before);
  });

  it("refuses to compute on strings", () => {
    assertThrows(() => engine.address(tf.tensor1d(["a"])), TypeError, "string");
  });
});
