import { assertEquals, assertThrows } from "@std/assert";
import { beforeAll, describe, it } from "@std/testing/bdd";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { openStream } from "relay/rng/stream.ts";
import { heapTensor } from "relay/tensor/heap_tensor.ts";
import { QNetworks } from "relay/tensor/q_network.ts";
import type { ConvPoolQNetworkSpec } from "relay/tensor/q_network_plan.ts";
import { StackedAdam } from "relay/tensor/stacked_adam.ts";
import { stackedMaxPool2d, stackedPad2d } from "relay/tensor/stacked_pool2d.ts";
import { huberTdLoss, tdGradients } from "relay/tensor/td_loss.ts";
import { assertClose, normals, onCpu, startSimd, valuesOf } from "./support.ts";

const size = (max: number) => fc.integer({ min: 1, max });

/** The report's network on a smaller picture. */
const SPEC: ConvPoolQNetworkSpec = {
  kind: "conv_pool",
  channels: [4, 6],
  hidden: 10,
  dueling: true,
  obsShape: [9, 8, 3],
  actions: 5,
};

const streams = [0, 1].map((agent) => openStream(3).fork(`agent/${agent}`));

/** One picture stack [P, B, H, W, C] as stock operations see it, and back. */
function perNetwork(x: tf.Tensor, f: (images: tf.Tensor4D, p: number) => tf.Tensor): tf.Tensor {
  const images = (p: number) => x.gather([p]).squeeze([0]) as tf.Tensor4D;
  return tf.concat(Array.from({ length: x.shape[0]! }, (_, p) => f(images(p), p).expandDims(0)));
}

function stockPool(x: tf.Tensor, side: number): tf.Tensor {
  return perNetwork(x, (images) => tf.maxPool(images, side, side, "valid"));
}

/** Q-values out of stock operations. */
function stockForward(networks: QNetworks, parameters: readonly tf.Tensor[], obs: tf.Tensor): tf.Tensor {
  const of = (name: string) =>
    parameters[networks.parameters.findIndex((parameter) => parameter.name === name)]!;
  const row = (name: string, p: number) => of(name).gather([p]).squeeze([0]);
  return perNetwork(obs, (images, p) => {
    let x: tf.Tensor = images;
    for (const name of ["conv1", "conv2"]) {
      const filter = row(`${name}.weight`, p) as tf.Tensor4D;
      const z = tf.conv2d(x as tf.Tensor4D, filter, 1, "same").add(row(`${name}.bias`, p).flatten());
      x = tf.maxPool(z.relu() as tf.Tensor4D, 2, 2, "valid");
    }
    const dense = (input: tf.Tensor, name: string) =>
      input.matMul(row(`${name}.weight`, p)).add(row(`${name}.bias`, p)) as tf.Tensor;
    const features = dense(x.reshape([x.shape[0]!, -1]), "fc").relu();
    const advantage = dense(features, "advantage");
    return advantage.sub(advantage.mean(-1, true)).add(dense(features, "value"));
  });
}

describe("stacked max-pools and margins", () => {
  beforeAll(async () => void await startSimd());

  it("agree with stock operations in values and gradients at odd sizes", async () => {
    const shapes = fc.record({ P: size(2), B: size(3), H: size(7), W: size(6), C: size(5), side: size(3) });
    await fc.assert(
      fc.asyncProperty(shapes, async ({ P, B, H, W, C, side }) => {
        const shape = [P, B, H + side - 1, W + side - 1, C];
        const values = normals(H + 7 * W, tf.util.sizeFromShape(shape));
        const both = (f: (x: tf.Tensor) => tf.Tensor) => () => {
          const x = tf.tensor(values, shape);
          const y = f(x);
          const direction = tf.tensor(normals(5, y.size), y.shape);
          return valuesOf([y, tf.grad((image) => f(image).mul(direction).sum())(x)]);
        };
        const margins: [number, number][] = [[0, 0], [0, 0], [side, side], [side, side], [0, 0]];
        const pairs = [
          [(x: tf.Tensor) => stackedMaxPool2d(x, side), (x: tf.Tensor) => stockPool(x, side)],
          [(x: tf.Tensor) => stackedPad2d(x, side), (x: tf.Tensor) => x.pad(margins)],
        ] as const;
        for (const [ours, stock] of pairs) {
          const actual = tf.tidy(both(ours) as unknown as () => never) as unknown as Float32Array[];
          const expected = await onCpu(both(stock));
          expected.forEach((numbers, i) => assertClose(actual[i]!, numbers, { tolerance: 0, floor: 0 }));
        }
      }),
      { numRuns: 25 },
    );
  });

  it("refuse what they cannot take", () => {
    assertThrows(
      () => stackedMaxPool2d(tf.zeros([1, 1, 2, 2, 1]), 3),
      RangeError,
      "expected [P, B, H ≥ size",
    );
    assertThrows(() => stackedPad2d(tf.zeros([2, 2]), 1), RangeError, "expected [P, B, H, W, C]");
  });
});

describe("the report's network", () => {
  beforeAll(async () => void await startSimd());

  it("computes the Q-values and gradients that stock operations do, and acts on them", async () => {
    const networks = new QNetworks(SPEC, streams);
    const values = valuesOf(networks.variables).map((array) => array.slice());
    const shapes = networks.variables.map(({ shape }) => shape);
    const pixels = normals(1, 2 * 7 * 9 * 8 * 3);
    const direction = normals(2, 2 * 7 * 5);
    const directed = (q: tf.Tensor) => q.mul(tf.tensor(direction, [2, 7, 5])).sum() as tf.Scalar;
    const ours = tf.tidy(() => {
      const obs = tf.tensor(pixels, [2, 7, 9, 8, 3]);
      const { grads } = tf.variableGrads(() => directed(networks.forward(obs)), networks.variables);
      const q = networks.forward(obs);
      assertEquals([...networks.greedy(obs)], [...q.argMax(-1).dataSync()]);
      return valuesOf([q, ...networks.variables.map(({ name }) => grads[name]!)]) as unknown as never;
    }) as unknown as Float32Array[];
    const stock = await onCpu(() => {
      const obs = tf.tensor(pixels, [2, 7, 9, 8, 3]);
      const parameters = values.map((array, i) => tf.tensor(array, shapes[i]));
      const forward = (...tensors: tf.Tensor[]) => stockForward(networks, tensors, obs);
      return valuesOf([
        forward(...parameters),
        ...tf.grads((...tensors) => directed(forward(...tensors)))(parameters),
      ]);
    });
    stock.forEach((numbers, i) =>
      assertClose(ours[i]!, numbers, { name: networks.parameters[i - 1]?.name ?? "q" })
    );
    networks.dispose();
  });

  it("has the report's 8192 features on its picture and an output layer that begins near zero", () => {
    const networks = new QNetworks({
      ...SPEC,
      channels: [8],
      hidden: 32,
      obsShape: [64, 64, 3],
      dueling: false,
    }, streams);
    const shapeOf = (name: string) =>
      networks.parameters.find((parameter) => parameter.name === name)?.variable.shape;
    assertEquals(shapeOf("fc.weight"), [2, 8192, 32]);
    assertEquals(shapeOf("advantage.weight"), [2, 32, 5]);
    assertEquals(shapeOf("value.weight"), undefined);
    const output = networks.parameters.find(({ name }) => name === "advantage.weight")!.variable.dataSync();
    const largest = Math.max(...[...output].map(Math.abs));
    assertEquals(largest <= 0.01 * Math.sqrt(6 / 37) && largest > 0.008 * Math.sqrt(6 / 37), true);
    networks.dispose();
  });

  it("refuses pictures that its pools would use up", () => {
    assertThrows(() => new QNetworks({ ...SPEC, obsShape: [3, 9, 3] }, streams), RangeError, "H and W ≥ 4");
  });

  it("learns", () => {
    const networks = new QNetworks(SPEC, streams);
    const adam = new StackedAdam(networks.variables, {
      learningRate: 0.003,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      clipNorm: 40,
    });
    const obs = heapTensor([2, 6, 9, 8, 3], "float32");
    obs.values.set(normals(4, obs.values.length));
    const losses: number[] = [];
    for (let update = 0; update < 150; update++) {
      tf.tidy(() => {
        const { gradients, loss } = tdGradients(() =>
          huberTdLoss(networks.forward(obs.tensor), {
            actions: tf.tensor2d([0, 1, 2, 3, 4, 0, 4, 3, 2, 1, 0, 1], [2, 6], "int32"),
            targets: tf.tensor2d(normals(6, 12), [2, 6]),
            isWeights: tf.ones([2, 6]),
          }), networks.variables);
        adam.step(gradients);
        losses.push(loss.dataSync()[0]!);
      });
    }
    assertEquals(losses.at(-1)! < 0.02 * losses[0]!, true, `${losses[0]} → ${losses.at(-1)}`);
    obs.dispose();
    adam.dispose();
    networks.dispose();
  });
});
