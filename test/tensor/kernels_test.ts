import { assert, assertEquals } from "@std/assert";
import { beforeAll, describe, it } from "@std/testing/bdd";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { openStream } from "relay/rng/stream.ts";
import { compileKernels } from "relay/tensor/kernels/compile.ts";
import type { SimdEngine } from "relay/tensor/simd_backend.ts";
import { assertClose, naiveProduct, normals, startSimd } from "./support.ts";

const size = (max: number) => fc.integer({ min: 1, max });

describe("kernels.wasm", () => {
  let engine: SimdEngine;
  beforeAll(async () => void (engine = await startSimd()));

  it("is what its sources compile to, and so is kernels_strict.wasm", async () => {
    const committed = (name: string) =>
      Deno.readFileSync(new URL(`../../src/tensor/kernels/${name}`, import.meta.url));
    assertEquals(await compileKernels("relaxed"), committed("kernels.wasm"));
    assertEquals(await compileKernels("strict"), committed("kernels_strict.wasm"));
  });

  it("multiplies matrices of any size and orientation like plain loops", () => {
    fc.assert(
      fc.property(
        size(40),
        size(40),
        size(40),
        fc.boolean(),
        fc.boolean(),
        (M, N, K, transposeA, transposeB) => {
          const [a, b] = [normals(M * 100 + K, M * K), normals(N * 100 + K + 7, K * N)];
          const c = tf.tidy(() => {
            const left = tf.tensor2d(a, transposeA ? [K, M] : [M, K]);
            const right = tf.tensor2d(b, transposeB ? [N, K] : [K, N]);
            return tf.matMul(left, right, transposeA, transposeB).dataSync();
          });
          assertClose(c, naiveProduct(a, b, { M, N, K, transposeA, transposeB }), { tolerance: 1e-5 });
        },
      ),
      { numRuns: 150 },
    );
  });

  it("multiplies across the pieces into which it cuts k and long tails", () => {
    for (const [M, N, K] of [[3, 9, 513], [1030, 3, 5], [20, 17, 1100], [1, 70, 600]] as const) {
      for (const transposeA of [false, true]) {
        const [a, b] = [normals(M, M * K), normals(N, K * N)];
        const c = tf.tidy(() =>
          tf.matMul(tf.tensor2d(a, transposeA ? [K, M] : [M, K]), tf.tensor2d(b, [K, N]), transposeA)
            .dataSync()
        );
        const expected = naiveProduct(a, b, { M, N, K, transposeA, transposeB: false });
        assertClose(c, expected, { tolerance: 1e-5, name: `${M}x${N}x${K}` });
      }
    }
  });

  it("gives an element of a product the same bits whatever rows stand around it", () => {
    const [a, b] = [normals(1, 33 * 147), normals(2, 147 * 69)];
    const whole = tf.tidy(() => tf.matMul(tf.tensor2d(a, [33, 147]), tf.tensor2d(b, [147, 69])).dataSync());
    for (let m = 0; m < 33; m++) {
      const row = tf.tidy(() =>
        tf.matMul(tf.tensor2d(a.slice(m * 147, (m + 1) * 147), [1, 147]), tf.tensor2d(b, [147, 69]))
          .dataSync()
      );
      assertEquals(row, whole.slice(m * 69, (m + 1) * 69));
    }
  });

  it("multiplies rows of mostly zeros like plain loops, with the bits of the dense path", () => {
    const [M, N] = [9, 64];
    for (const K of [1, 3, 4, 61, 147, 700]) {
      const stream = openStream(K);
      const sparse = normals(K, M * K).map((value) => stream.random() < 0.15 ? value : 0);
      // The first and the middle row decide on the path.
      const dense = sparse.slice();
      for (const row of [0, 4]) dense.set(normals(row, K), row * K);
      const b = normals(K + 1, K * N);
      const product = (a: Float32Array) =>
        tf.tidy(() => tf.matMul(tf.tensor2d(a, [M, K]), tf.tensor2d(b, [K, N])).dataSync()) as Float32Array;
      const c = product(sparse);
      assertClose(c, naiveProduct(sparse, b, { M, N, K, transposeA: false, transposeB: false }));
      const without = (values: Float32Array) => values.filter((_, i) => ![0, 4].includes(Math.floor(i / N)));
      assertEquals(without(c), without(product(dense)));
    }
  });

  it("multiplies the transpose of rows of mostly zeros with the bits of the dense path", () => {
    const N = 64;
    for (const [M, K] of [[147, 32], [5, 7], [4, 1], [33, 65], [3, 512], [8, 513]] as const) {
      const stream = openStream(K);
      const a = normals(K, K * M).map((value) => stream.random() < 0.15 ? value : 0);
      const b = normals(K + 1, K * N);
      // With a column more the product is computed as if there were no zeros.
      const wide = Float32Array.from(
        { length: K * (N + 1) },
        (_, i) => b[Math.floor(i / (N + 1)) * N + i % (N + 1)]!,
      );
      const product = (right: Float32Array, columns: number) =>
        tf.tidy(() => tf.matMul(tf.tensor2d(a, [K, M]), tf.tensor2d(right, [K, columns]), true).dataSync());
      const c = product(b, N);
      assertClose(c, naiveProduct(a, b, { M, N, K, transposeA: true, transposeB: false }));
      assertEquals(c, product(wide, N + 1).filter((_, i) => i % (N + 1) < N));
    }
  });

  it("computes elementwise operations of any length exactly", () => {
    fc.assert(fc.property(size(70), fc.boolean(), (n, scalar) => {
      const [x, y] = [normals(n, n), normals(n + 1, scalar ? 1 : n)];
      const at = (i: number) => y[scalar ? 0 : i]!;
      tf.tidy(() => {
        const [a, b] = [tf.tensor1d(x), scalar ? tf.scalar(y[0]!) : tf.tensor1d(y)];
        assertEquals(a.add(b).dataSync(), x.map((v, i) => v + at(i)));
        assertEquals(a.sub(b).dataSync(), x.map((v, i) => v - at(i)));
        assertEquals(b.sub(a).dataSync(), x.map((v, i) => at(i) - v));
        assertEquals(a.mul(b).dataSync(), x.map((v, i) => v * at(i)));
        assertEquals(a.div(b).dataSync(), x.map((v, i) => v / at(i)));
        assertEquals(a.relu().dataSync(), x.map((v) => v < 0 ? 0 : v));
        assertEquals(a.square().dataSync(), x.map((v) => v * v));
        assertEquals(a.abs().sqrt().dataSync(), x.map((v) => Math.sqrt(Math.abs(v))));
        assertEquals(a.neg().dataSync(), x.map((v) => -v));
      });
    }));
  });

  it("sums over leading, middle and all axes", () => {
    fc.assert(fc.property(size(5), size(20), size(37), (outer, rows, columns) => {
      const x = normals(rows, outer * rows * columns);
      const middle = new Float64Array(outer * columns);
      x.forEach((v, i) => middle[Math.floor(i / (rows * columns)) * columns + i % columns]! += v);
      tf.tidy(() => {
        const tensor = tf.tensor3d(x, [outer, rows, columns]);
        const sum = tensor.sum(1, true);
        assertEquals(sum.shape, [outer, 1, columns]);
        assertClose(sum.dataSync(), middle);
        assertClose(tensor.sum().dataSync(), [middle.reduce((total, v) => total + v, 0)], { floor: 10 });
        assertClose(tensor.sum(-1).dataSync(), tensor.sum([2]).dataSync());
      });
    }));
  });

  it("lets NaN through ReLU, so that divergence shows", () => {
    assertEquals(tf.tensor1d([NaN, -1, 2]).relu().dataSync(), new Float32Array([NaN, 0, 2]));
  });

  it("computes tanh to two and a half units in the last place, odd, and exactly 1 from 9.02 on", () => {
    const x = Float32Array.from({ length: 200_001 }, (_, i) => (i - 100_000) / 9000);
    const y = tf.tidy(() => tf.tensor1d(x).tanh().dataSync());
    let worst = 0;
    for (let i = 0; i < x.length; i++) {
      const expected = Math.tanh(x[i]!);
      const ulp = 2 ** (Math.floor(Math.log2(Math.abs(expected) || 1)) - 23);
      worst = Math.max(worst, Math.abs(y[i]! - expected) / ulp);
      assertEquals(y[x.length - 1 - i], expected === 0 ? 0 : -y[i]!);
    }
    assert(worst < 2.5, `${worst} ulp`);
    assertEquals(
      tf.tensor1d([9.02, 50, Infinity, -Infinity, NaN]).tanh().dataSync(),
      new Float32Array([1, 1, 1, -1, NaN]),
    );
    assertEquals(tf.tensor1d([1e-30]).tanh().dataSync(), new Float32Array([1e-30]));
  });

  it("reserves its memory once", () => {
    assertEquals(engine.buffer.byteLength, 2 ** 30);
  });
});
