import { beforeAll, describe, it } from "@std/testing/bdd";
import * as tf from "@tensorflow/tfjs";
import { categoricalEntropy, categoricalLogProb } from "relay/tensor/categorical.ts";
import { assertClose, normals, startSimd } from "./support.ts";

const [P, B, A] = [3, 4, 5];

describe("categorical policies", () => {
  beforeAll(async () => void await startSimd());

  function compare(ours: (z: tf.Tensor3D) => tf.Tensor, plain: (logPolicy: tf.Tensor3D) => tf.Tensor): void {
    tf.tidy(() => {
      const logits = tf.tensor3d(normals(1, P * B * A, 3), [P, B, A]);
      const dy = tf.tensor2d(normals(2, P * B), [P, B]);
      const expected = (z: tf.Tensor) => plain(tf.logSoftmax(z) as tf.Tensor3D);
      assertClose(ours(logits).dataSync(), expected(logits).dataSync(), { name: "value" });
      const gradient = tf.grad((z) => ours(z as tf.Tensor3D))(logits, dy);
      assertClose(gradient.dataSync(), tf.grad(expected)(logits, dy).dataSync(), { name: "gradient" });
    });
  }

  const oneHot = (actions: tf.Tensor) => tf.oneHot(actions as tf.Tensor1D, A, 1, 0, "float32");
  const taken = (actions: tf.Tensor) => (logPolicy: tf.Tensor3D) => logPolicy.mul(oneHot(actions)).sum(-1);

  it("log π(a | o) and its gradient are those of logSoftmax, for actions of each network or of all", () => {
    const drawn = Array.from(normals(3, P * B), (value) => Math.floor(Math.abs(7 * value)) % A);
    const each = tf.tensor2d(drawn, [P, B], "int32");
    compare((z) => categoricalLogProb(z, each), taken(each));
    const all = tf.tensor1d(drawn.slice(0, B), "int32");
    compare((z) => categoricalLogProb(z, all), taken(all));
  });

  it("the entropy and its gradient are those of −Σ π log π", () => {
    compare(categoricalEntropy, (logPolicy) => logPolicy.exp().mul(logPolicy).sum(-1).neg());
  });
});
