import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { beforeAll, describe, it } from "@std/testing/bdd";
import * as tf from "@tensorflow/tfjs";
import { openStream } from "relay/rng/stream.ts";
import { heapTensor } from "relay/tensor/heap_tensor.ts";
import { QNetworks } from "relay/tensor/q_network.ts";
import type { QNetworkSpec } from "relay/tensor/q_network_plan.ts";
import { assertClose, normals, plainConv, plainDense, plainDueling, startSimd } from "./support.ts";

const FC: QNetworkSpec = {
  kind: "fc",
  hidden: [20, 11],
  headHidden: 30,
  dueling: true,
  obsShape: [3, 3, 2],
  actions: 5,
};
const CONV: QNetworkSpec = { kind: "conv", dueling: true, obsShape: [7, 7, 3], actions: 5 };
const SPECS: Record<string, QNetworkSpec> = {
  "fc, dueling": FC,
  "fc, not dueling": { ...FC, dueling: false },
  "fc, linear output": { ...FC, headHidden: null, dueling: false },
  "fc, linear dueling heads": { ...FC, headHidden: null },
  "conv, dueling": CONV,
  "conv, not dueling": { ...CONV, dueling: false },
};

const streamsOf = (agents: number[]) => agents.map((agent) => openStream(3).fork(`agent/${agent}/network`));
const newNetworks = (spec: QNetworkSpec, P = 2) => new QNetworks(spec, streamsOf([...Array(P).keys()]));
const batchOf = (spec: QNetworkSpec, P: number, B: number) => {
  const shape = [P, B, ...spec.obsShape];
  return tf.tensor(normals(P + B, tf.util.sizeFromShape(shape)), shape);
};

/** Q-values out of stock operations, from the parameters' names alone. */
function plainForward(networks: QNetworks, obs: tf.Tensor): tf.Tensor {
  const of = (name: string) => networks.parameters.find((parameter) => parameter.name === name)?.variable;
  const layer = (name: string, x: tf.Tensor, activation: string) => {
    const [w, b] = [of(`${name}.weight`)!, of(`${name}.bias`)!];
    if (w.rank === 5) return plainConv(x, w, b, activation);
    return plainDense(x.reshape([x.shape[0]!, x.shape[1]!, -1]), w, b, activation);
  };
  const torso = networks.spec.kind === "conv"
    ? [["conv1", "relu"], ["conv2", "relu"], ["conv3", "relu"], ["fc", "relu"], ["policy", "linear"]]
    : [["fc1", "tanh"], ["fc2", "tanh"]];
  const features = torso.reduce((x, [name, activation]) => layer(name!, x, activation!), obs);
  const head = (name: string) =>
    of(`${name}.weight`)
      ? layer(name, features, "linear")
      : layer(`${name}.output`, layer(`${name}.hidden`, features, "relu"), "linear");
  return networks.spec.dueling ? plainDueling(head("advantage"), head("value")) : head("advantage");
}

describe("QNetworks", () => {
  beforeAll(async () => void await startSimd());

  for (const [name, spec] of Object.entries(SPECS)) {
    it(`computes the Q-values that stock operations do, and acts on them (${name})`, () => {
      const networks = newNetworks(spec);
      tf.tidy(() => {
        const obs = batchOf(spec, 2, 9);
        const q = networks.forward(obs);
        assertEquals(q.shape, [2, 9, 5]);
        assertClose(q.dataSync(), plainForward(networks, obs).dataSync());
        assertClose(networks.forward(obs.reshape([2, 9, -1])).dataSync(), q.dataSync(), { tolerance: 0 });
        const best = q.argMax(-1).dataSync();
        assertEquals(networks.advantage(obs).argMax(-1).dataSync(), best);
        assertEquals([...networks.greedy(obs)], [...best]);
        assertEquals([...networks.greedy(obs.slice([0, 4], [2, 1]))], [best[4], best[13]]);
      });
      networks.dispose();
    });
  }

  it("has the paper's parameter counts", () => {
    const counts = [[[7, 7, 3], 5, 240_486], [[13, 13, 5], 21, 588_918], [[10, 10, 5], 13, 377_966]] as const;
    for (const [obsShape, actions, count] of counts) {
      const networks = new QNetworks({ kind: "conv", dueling: true, obsShape, actions }, streamsOf([0]));
      assertEquals(networks.parametersPerNetwork, count);
      networks.dispose();
    }
  });

  it("begins as PyTorch's layers and Xavier-uniform heads with zero biases", () => {
    const networks = newNetworks(CONV);
    const bounds: Record<string, number> = {
      "conv1.weight": 1 / Math.sqrt(12),
      "conv1.bias": 1 / Math.sqrt(12),
      "conv3.weight": 1 / 16,
      "fc.weight": 1 / 32,
      "policy.bias": 1 / 8,
      "advantage.hidden.weight": Math.sqrt(6 / 512),
      "advantage.output.weight": Math.sqrt(6 / 261),
      "value.output.weight": Math.sqrt(6 / 257),
      "value.hidden.bias": 0,
    };
    for (const { name, variable } of networks.parameters) {
      const bound = bounds[name];
      if (bound === undefined) continue;
      const values = variable.dataSync() as Float32Array;
      const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
      assert(largest <= bound * (1 + 1e-6) && largest >= 0.9 * bound, `${name}: ${largest}, bound ${bound}`);
      const mean = values.reduce((sum, value) => sum + value, 0) / variable.size;
      assert(Math.abs(mean) <= 4 * bound / Math.sqrt(3 * variable.size), `${name}: mean ${mean}`);
    }
    networks.dispose();
  });

  it("is bit for bit what each network is alone", () => {
    for (const spec of [FC, CONV]) {
      const [all, alone] = [new QNetworks(spec, streamsOf([0, 1, 2])), new QNetworks(spec, streamsOf([1]))];
      tf.tidy(() => {
        const obs = batchOf(spec, 3, 7);
        const own = obs.slice([1], [1]);
        assertEquals(alone.forward(own).dataSync(), all.forward(obs).slice([1], [1]).dataSync());
        assertEquals(
          alone.forward(own.slice([0, 2], [1, 1])).dataSync(),
          alone.forward(own).slice([0, 2], [1, 1]).dataSync(),
        );
      });
      all.dispose();
      alone.dispose();
    }
  });

  it("gives a clone parameters of its own", () => {
    const networks = newNetworks(FC);
    const target = networks.clone();
    const before = networks.variables[0]!.dataSync();
    assertEquals(target.variables[0]!.dataSync(), before);
    networks.restore(networks.variables.map((variable) => new Float32Array(variable.size).fill(0.25)));
    assertEquals(target.variables[0]!.dataSync(), before);
    assertNotEquals(networks.variables[0]!.dataSync(), before);
    target.copyFrom(networks);
    assertEquals(target.variables[3]!.dataSync(), networks.variables[3]!.dataSync());
    target.dispose();
    networks.dispose();
  });

  it("takes the first of equal actions", () => {
    const networks = newNetworks(FC);
    networks.restore(networks.variables.map((variable) => new Float32Array(variable.size)));
    const obs = heapTensor([2, 3, 18], "float32");
    assertEquals([...networks.greedy(obs.tensor)], [0, 0, 0, 0, 0, 0]);
    obs.dispose();
    networks.dispose();
  });

  it("acts on what stands in the heap tensor now", () => {
    const networks = newNetworks(FC, 1);
    const obs = heapTensor([1, 1, 18], "float32");
    const seen = new Set<number>();
    for (let i = 0; i < 60; i++) {
      obs.values.set(normals(i, 18, 5));
      const action = networks.greedy(obs.tensor)[0]!;
      tf.tidy(() => assertEquals(action, networks.forward(obs.tensor).argMax(-1).dataSync()[0]));
      seen.add(action);
    }
    assert(seen.size > 1);
    obs.dispose();
    networks.dispose();
  });

  it("says what does not fit", () => {
    const networks = newNetworks(FC);
    const wrong = tf.zeros([2, 4, 17]);
    assertThrows(() => networks.forward(wrong), RangeError, "x is [2,4,17], expected [2, B, 3,3,2]");
    assertThrows(() => networks.greedy(wrong), RangeError, "Cannot act");
    assertThrows(() => networks.restore([]), RangeError, "Cannot restore fc1.weight");
    assertThrows(() => newNetworks({ ...CONV, obsShape: [3, 7, 3] }), RangeError, "H and W > 3");
    wrong.dispose();
    networks.dispose();
  });

  it("returns all memory when disposed of", () => {
    const before = tf.memory().numBytes;
    const networks = newNetworks(FC);
    networks.greedy(tf.tidy(() => tf.keep(batchOf(FC, 2, 3))));
    assertAlmostEquals(networks.parametersPerNetwork, 18 * 20 + 20 + 20 * 11 + 11 + 2 * 12 * 30 + 31 * 6);
    networks.dispose();
    assertEquals(tf.memory().numBytes - before, 4 * 2 * 3 * 18);
  });
});
