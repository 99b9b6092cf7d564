import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { afterEach, beforeAll, beforeEach, describe, it } from "@std/testing/bdd";
import * as tf from "@tensorflow/tfjs";
import { openStream } from "relay/rng/stream.ts";
import { ActorCritics } from "relay/tensor/actor_critic.ts";
import { assertClose, normals, plainDense, startSimd } from "./support.ts";

const SPEC = { obsLength: 6, hidden: [4, 5], actions: 3 };

describe("ActorCritics", () => {
  let networks: ActorCritics;
  beforeAll(async () => void await startSimd());
  beforeEach(() => {
    networks = new ActorCritics(SPEC, [1, 2].map((seed) => openStream(seed)));
  });
  afterEach(() => networks.dispose());

  it("begins with orthogonal weights: gain √2, the policy's output 0.01; zero biases", () => {
    for (const { name, variable } of networks.parameters) {
      const values = variable.dataSync() as Float32Array;
      if (name.endsWith("bias")) {
        assertEquals([...values], Array(values.length).fill(0));
        continue;
      }
      const [, I, O] = variable.shape as [number, number, number];
      const gain = name === "actor.output.weight" ? 0.01 : Math.SQRT2;
      for (const p of [0, 1]) {
        const w = values.slice(p * I * O, (p + 1) * I * O);
        const squares = w.reduce((sum, value) => sum + value * value, 0);
        assertAlmostEquals(squares, Math.min(I, O) * gain ** 2, 1e-5);
      }
    }
  });

  it("computes what plain dense layers compute, on one batch for all networks, too", () => {
    const variable = (name: string) =>
      networks.parameters.find((parameter) => parameter.name === name)!.variable;
    const plain = (x: tf.Tensor, part: string) =>
      ["fc1", "fc2", "output"].reduce((input, layer) => {
        const activation = layer === "output" ? "linear" : "relu";
        return plainDense(
          input,
          variable(`${part}.${layer}.weight`),
          variable(`${part}.${layer}.bias`),
          activation,
        );
      }, x);
    for (const copies of [1, 2]) {
      const x = tf.tensor3d(normals(3, copies * 7 * 6), [copies, 7, 6]);
      assertEquals(networks.logits(x).shape, [2, 7, 3]);
      assertClose(networks.logits(x).dataSync(), plain(x, "actor").dataSync());
      assertEquals(networks.values(x).shape, [2, 7]);
      assertClose(networks.values(x).dataSync(), plain(x, "critic").dataSync());
    }
  });

  it("restores parameters, and refuses those of another network", () => {
    const other = new ActorCritics(SPEC, [3, 4].map((seed) => openStream(seed)));
    const values = other.variables.map((variable) => variable.dataSync() as Float32Array);
    networks.restore(values);
    assertEquals(networks.variables.map((variable) => variable.dataSync()), values);
    assertThrows(() => networks.restore(values.slice(1)), RangeError, "Cannot restore actor.fc1.weight");
    other.dispose();
  });
});
