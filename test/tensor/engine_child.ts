/**
 * A process of an engine of its own: `engine_child.ts ENGINE`. Compares it with stock tfjs, prints what it is and what it
 * computed as JSON.
 */
import { createHash } from "node:crypto";
import * as tf from "@tensorflow/tfjs";
import type { EngineName } from "relay/tensor/engine_name.ts";
import { engineInUse, stopThreads, useSimd } from "relay/tensor/simd_backend.ts";
import { stackedConv2d } from "relay/tensor/stacked_conv2d.ts";
import * as support from "./support.ts";
import { checkTenUpdates, LARGE_SIZES, ODD_SIZES } from "./ten_updates.ts";

const { assertClose, normals } = support;
tf.env().set("IS_TEST", true);
await useSimd({ engine: Deno.args[0] as EngineName });

const small = await checkTenUpdates(ODD_SIZES);
const large = await checkTenUpdates(LARGE_SIZES);
const conv = await checkConvolution();
await useSimd({ threads: 2 });
const shared = await checkTenUpdates(LARGE_SIZES);
const sharedConv = await checkConvolution();
stopThreads();
const { engine, line } = engineInUse();
const answer = JSON.stringify({
  engine,
  line,
  hash: hashOf([...small.parameters, ...large.parameters, ...conv]),
  isSameWithTwoThreads:
    hashOf([...large.parameters, ...conv]) === hashOf([...shared.parameters, ...sharedConv]),
});
Deno.stdout.writeSync(new TextEncoder().encode(answer));

/** Values and gradients of a stacked convolution, the same as by stock operations. */
async function checkConvolution(): Promise<Float32Array[]> {
  const [P, B, C, O] = [3, 8, 32, 64];
  const compute = (layer: typeof stackedConv2d | typeof support.plainConv) => {
    const x = tf.tensor(normals(1, P * B * 6 * 6 * C), [P, B, 6, 6, C]);
    const w = tf.tensor(normals(2, P * 2 * 2 * C * O, 0.1), [P, 2, 2, C, O]);
    const b = tf.tensor(normals(3, P * O), [P, 1, O]);
    const f = (...[x, w, b]: tf.Tensor[]) => layer(x!, w!, b!, "relu").square().sum() as tf.Scalar;
    const { value, grads } = tf.valueAndGrads(f)([x, w, b]);
    return support.valuesOf([value, ...grads]);
  };
  const expected = await support.onCpu(() => compute(support.plainConv));
  const actual = tf.tidy(() => compute(stackedConv2d) as never) as Float32Array[];
  actual.forEach((values, i) => assertClose(values, expected[i]!, { tolerance: 1e-5, name: `conv ${i}` }));
  return actual;
}

function hashOf(arrays: readonly Float32Array[]): string {
  const hash = createHash("sha256");
  for (const array of arrays) hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return hash.digest("hex");
}
