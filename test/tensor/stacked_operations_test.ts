import { assertEquals, assertThrows } from "@std/assert";
import { beforeAll, describe, it } from "@std/testing/bdd";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { copyInto } from "relay/tensor/copy_into.ts";
import { dueling } from "relay/tensor/dueling.ts";
import type { Activation } from "relay/tensor/kernel_exports.ts";
import { stackedConv2d } from "relay/tensor/stacked_conv2d.ts";
import { stackedDense } from "relay/tensor/stacked_dense.ts";
import { huberTdLoss, tdGradients, tdTarget } from "relay/tensor/td_loss.ts";
import * as support from "./support.ts";

const { assertClose, normals, onCpu, valuesOf } = support;
const ACTIVATIONS: readonly Activation[] = ["linear", "relu", "tanh"];
const size = (max: number) => fc.integer({ min: 1, max });

type Operation = (...inputs: tf.Tensor[]) => tf.Tensor;

/** Compares an operation's values and the gradients to every input with a composition of stock operations. */
async function compare(operation: Operation, reference: Operation, shapes: number[][]): Promise<void> {
  const inputs = shapes.map((shape, i) => normals(31 * i + shape.length, tf.util.sizeFromShape(shape), 0.7));
  const run = (f: Operation) => () => {
    const tensors = inputs.map((values, i) => tf.tensor(values, shapes[i]));
    const y = f(...tensors);
    // A fixed random direction of the output, so that no gradient hides in a symmetric sum.
    const direction = tf.tensor(normals(5, y.size), y.shape);
    const gradients = tf.grads((...xs: tf.Tensor[]) => f(...xs).mul(direction).sum())(tensors);
    return valuesOf([y, ...gradients]);
  };
  const actual = tf.tidy(run(operation) as unknown as () => never) as unknown as Float32Array[];
  const expected = await onCpu(run(reference));
  expected.forEach((values, i) => assertClose(actual[i]!, values, { name: i === 0 ? "y" : `gradient ${i}` }));
}

describe("stacked operations", () => {
  beforeAll(async () => void await support.startSimd());

  for (const activation of ACTIVATIONS) {
    it(`stackedDense with ${activation} agrees with stock operations in values and gradients at odd sizes`, async () => {
      const property = fc.asyncProperty(
        size(3),
        size(20),
        size(40),
        size(20),
        fc.boolean(),
        async (P, B, I, O, one) => {
          const operation = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) => stackedDense(x, w, b, activation);
          const reference = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) =>
            support.plainDense(x, w, b, activation);
          const shapes = [[one ? 1 : P, B, I], [P, I, O], [P, 1, O]];
          await compare(operation as Operation, reference as Operation, shapes);
        },
      );
      await fc.assert(property, { numRuns: 25 });
    });

    it(`stackedConv2d with ${activation} agrees with stock operations in values and gradients at odd sizes`, async () => {
      const property = fc.asyncProperty(
        fc.record({
          P: size(2),
          B: size(3),
          H: size(4),
          W: size(4),
          C: size(9),
          kh: size(3),
          kw: size(2),
          O: size(12),
        }),
        fc.boolean(),
        async ({ P, B, H, W, C, kh, kw, O }, one) => {
          const operation = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) => stackedConv2d(x, w, b, activation);
          const reference = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) =>
            support.plainConv(x, w, b, activation);
          const shapes = [[one ? 1 : P, B, H + kh - 1, W + kw - 1, C], [P, kh, kw, C, O], [P, 1, O]];
          await compare(operation as Operation, reference as Operation, shapes);
        },
      );
      await fc.assert(property, { numRuns: 15 });
    });
  }

  it("stackedConv2d agrees where im2col takes several pieces", async () => {
    const operation = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) => stackedConv2d(x, w, b, "relu");
    const reference = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) => support.plainConv(x, w, b, "relu");
    await compare(operation as Operation, reference as Operation, [[2, 40, 6, 6, 33], [2, 2, 2, 33, 9], [
      2,
      1,
      9,
    ]]);
  });

  it("dueling agrees with stock operations in values and gradients", async () => {
    for (const [P, B, A] of [[1, 1, 1], [2, 3, 5], [3, 7, 21]] as const) {
      await compare(dueling as Operation, support.plainDueling as Operation, [[P, B, A], [P, B, 1]]);
    }
  });

  it("huberTdLoss agrees with stock operations in loss, errors and gradient", async () => {
    const [P, B, A] = [3, 5, 4];
    const batch = () => ({
      actions: tf.tensor2d(Array.from({ length: P * B }, (_, i) => i % A), [P, B], "int32"),
      targets: tf.tensor2d(normals(2, P * B), [P, B]),
      isWeights: tf.tensor2d(normals(3, P * B).map(Math.abs), [P, B]),
    });
    const q = () => tf.tensor3d(normals(1, P * B * A, 2), [P, B, A]);
    const actual = tf.tidy(() => {
      const { loss, tdErrors, losses } = huberTdLoss(q(), batch());
      const gradient = tf.grad((x) => huberTdLoss(x, batch()).loss.mul(2))(q());
      return valuesOf([loss, gradient, losses.sum(), tdErrors]);
    });
    const expected = await onCpu(() => {
      const plain = (x: tf.Tensor) => support.plainHuber(x, batch());
      const { actions, targets } = batch();
      const taken = q().mul(tf.oneHot(actions.cast("int32"), A).cast("float32")).sum(-1);
      return valuesOf([plain(q()), tf.grad((x) => plain(x).mul(2))(q()), plain(q()), taken.sub(targets)]);
    });
    expected.forEach((values, i) =>
      assertClose(actual[i]!, values, { tolerance: 1e-6, name: `output ${i}` })
    );
  });

  it("tdTarget selects the first maximum, prices it with the other values and stops at terminals", () => {
    tf.tidy(() => {
      const select = tf.tensor3d([[[1, 5, 5], [9, 0, 1]], [[0, 0, 0], [-3, -2, -2.5]]]);
      const evaluate = tf.tensor3d([[[10, 20, 30], [40, 50, 60]], [[1, 2, 3], [4, 5, 6]]]);
      const rewards = tf.tensor2d([[1, 2], [3, 4]]);
      const notTerminal = tf.tensor2d([[1, 0], [1, 1]]);
      const y = tdTarget(select, evaluate, { rewards, notTerminal, gamma: 0.5 });
      assertEquals([...y.dataSync()], [11, 2, 3.5, 6.5]);
    });
  });

  it("tdGradients hands out errors and gradients without leaving anything behind", () => {
    const w = tf.variable(tf.tensor3d(normals(1, 6), [1, 2, 3]));
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const { loss, tdErrors, gradients } = tdGradients(() => {
        const q = stackedDense(tf.ones([1, 1, 2]), w, tf.zeros([1, 1, 3]), "linear");
        const actions = tf.tensor2d([[2]], [1, 1], "int32");
        return huberTdLoss(q, { actions, targets: tf.zeros([1, 1]), isWeights: tf.ones([1, 1]) });
      }, [w]);
      const error = w.dataSync()[2]! + w.dataSync()[5]!;
      assertClose(tdErrors.dataSync(), [error]);
      assertClose(loss.dataSync(), [Math.abs(error) < 1 ? error * error / 2 : Math.abs(error) - 0.5]);
      const slope = Math.max(-1, Math.min(1, error));
      assertClose(gradients[0]!.dataSync(), [0, 0, slope, 0, 0, slope]);
    });
    assertEquals(tf.memory().numTensors, before);
    w.dispose();
  });

  it("copyInto copies values, not places", () => {
    tf.tidy(() => {
      const [target, source] = [tf.zeros([3]), tf.tensor1d([1, 2, 3])];
      copyInto([target], [source]);
      copyInto([source], [tf.tensor1d([7, 8, 9])]);
      assertEquals([...target.dataSync()], [1, 2, 3]);
      assertThrows(() => copyInto([target], [tf.zeros([4])]), RangeError, "[4] into float32 [3]");
    });
  });

  it("says which shapes do not fit", () => {
    const [x, w, b] = [tf.zeros([2, 3, 4]), tf.zeros([2, 5, 6]), tf.zeros([2, 1, 6])];
    assertThrows(() => stackedDense(x, w, b, "linear"), RangeError, "x is [2,3,4], w [2,5,6], b [2,1,6]");
    assertThrows(() => stackedConv2d(x, w, b, "linear"), RangeError, "Cannot apply convolutions");
    assertThrows(() => dueling(x, b), RangeError, "Cannot join dueling heads");
    tf.dispose([x, w, b]);
  });
});
