import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { beforeAll, describe, it } from "@std/testing/bdd";
import * as tf from "@tensorflow/tfjs";
import { StackedAdam } from "relay/tensor/stacked_adam.ts";
import { assertClose, normals, startSimd } from "./support.ts";

const SHAPES = [[2, 3, 5], [2, 1, 5], [2, 1, 1], [2, 17, 64]];
const OPTIONS = { learningRate: 0.01, beta1: 0.8, beta2: 0.95, epsilon: 1e-6, clipNorm: 3 };

function newVariables(): tf.Variable[] {
  return SHAPES.map((shape, i) => tf.variable(tf.tensor(normals(i, tf.util.sizeFromShape(shape)), shape)));
}

function gradientsOf(step: number): Float32Array[] {
  return SHAPES.map((shape, i) => normals(100 * step + i, tf.util.sizeFromShape(shape), 0.1 * step));
}

function run(adam: StackedAdam, step: number): number[] {
  return tf.tidy(() => [...adam.step(gradientsOf(step).map((values, i) => tf.tensor(values, SHAPES[i])))]);
}

describe("StackedAdam", () => {
  beforeAll(async () => void await startSimd());

  it("does PyTorch's clipping and Adam for each network alone", () => {
    const variables = newVariables();
    const adam = new StackedAdam(variables, OPTIONS);
    const expected = SHAPES.map((shape, i) => Float64Array.from(normals(i, tf.util.sizeFromShape(shape))));
    const [m, v] = [0, 1].map(() => expected.map((values) => new Float64Array(values.length)));
    for (let step = 1; step <= 5; step++) {
      const gradients = gradientsOf(step);
      const norms = run(adam, step);
      for (const p of [0, 1]) {
        const own = (values: ArrayLike<number>, j: number) => Math.floor(j / (values.length / 2)) === p;
        let squares = 0;
        for (const g of gradients) g.forEach((value, j) => squares += own(g, j) ? value * value : 0);
        assertAlmostEquals(norms[p]!, Math.sqrt(squares), 1e-6 * Math.sqrt(squares));
        const scale = Math.min(1, OPTIONS.clipNorm / (Math.sqrt(squares) + 1e-6));
        gradients.forEach((g, i) =>
          g.forEach((value, j) => {
            if (!own(g, j)) return;
            m![i]![j] = OPTIONS.beta1 * m![i]![j]! + (1 - OPTIONS.beta1) * value * scale;
            v![i]![j] = OPTIONS.beta2 * v![i]![j]! + (1 - OPTIONS.beta2) * (value * scale) ** 2;
            const mean = m![i]![j]! / (1 - OPTIONS.beta1 ** step);
            const root = Math.sqrt(v![i]![j]! / (1 - OPTIONS.beta2 ** step));
            expected[i]![j]! -= OPTIONS.learningRate * mean / (root + OPTIONS.epsilon);
          })
        );
      }
    }
    variables.forEach((variable, i) => assertClose(variable.dataSync(), expected[i]!, { tolerance: 1e-6 }));
    tf.dispose(variables);
    adam.dispose();
  });

  it("clips one network without touching the other", () => {
    const variable = tf.variable(tf.zeros([2, 1, 3]));
    const adam = new StackedAdam([variable], { learningRate: 1, clipNorm: 1, epsilon: 1 });
    tf.tidy(() => {
      const norms = adam.step([tf.tensor3d([3, 0, 4, 0.3, 0, 0.4], [2, 1, 3])]);
      assertClose(norms, [5, 0.5]);
    });
    // First step: m/(1 − β₁) is the clipped gradient g, √(v/(1 − β₂)) is |g|.
    const moved = (g: number) => -g / (Math.abs(g) + 1);
    assertClose(variable.dataSync(), [moved(0.6), 0, moved(0.8), moved(0.3), 0, moved(0.4)], {
      tolerance: 1e-6,
    });
    tf.dispose(variable);
    adam.dispose();
  });

  it("continues bit for bit from its saved state", () => {
    const variables = newVariables();
    const adam = new StackedAdam(variables, OPTIONS);
    for (const step of [1, 2]) run(adam, step);
    const state = adam.state();
    const copies = variables.map((variable) => tf.variable(tf.tensor(variable.dataSync(), variable.shape)));
    const other = new StackedAdam(copies, OPTIONS);
    other.restore(state);
    for (const step of [3, 4]) assertEquals(run(other, step), run(adam, step));
    variables.forEach((variable, i) => assertEquals(copies[i]!.dataSync(), variable.dataSync()));
    assertEquals(other.state(), adam.state());
    assertEquals(state.step, 2);
    tf.dispose([...variables, ...copies]);
    adam.dispose();
    other.dispose();
  });

  it("refuses variables of different networks and moments of other sizes", () => {
    const [a, b] = [tf.variable(tf.zeros([2, 3])), tf.variable(tf.zeros([3, 3]))];
    assertThrows(() => new StackedAdam([a, b], OPTIONS), RangeError, "number of networks P = 2");
    assertThrows(() => new StackedAdam([], OPTIONS), RangeError, "Cannot optimise 0 variables");
    const adam = new StackedAdam([a], OPTIONS);
    const wrong = { step: 1, m: [new Float32Array(5)], v: [new Float32Array(6)] };
    assertThrows(() => adam.restore(wrong), RangeError, "have 5 and 6 values, expected 6");
    assertThrows(() => adam.step([]), RangeError, "expected [2,3]");
    tf.dispose([a, b]);
    adam.dispose();
  });
});
