/**
 * Log-probabilities and entropies of categorical policies, row by row in one pass each: of stock operations each would take a dozen, most of
 * them broadcasting value by value.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { sizeOf } from "./heap_backend.ts";
import { simdEngine } from "./simd_backend.ts";

/**
 * log π(a | o) of π = softmax(logits), with gradient to the logits: ∂ log π(a)/∂zⱼ = 1{j = a} − πⱼ.
 *
 * @param logits `[P, B, A]`
 * @param actions int32, `[P, B]`, or `[B]` for the same to all P
 * @returns `[P, B]`
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { categoricalLogProb } from "relay/tensor/categorical.ts";
 * import { useSimd } from "relay/tensor/simd_backend.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useSimd();
 * const logits = tf.tensor3d([Math.log(3), 0], [1, 1, 2]);
 * const logProb = categoricalLogProb(logits, tf.tensor1d([1], "int32"));
 * assertAlmostEquals(logProb.dataSync()[0]!, Math.log(1 / 4), 1e-6);
 * ```
 */
export function categoricalLogProb(logits: tf.Tensor3D, actions: tf.Tensor): tf.Tensor2D {
  const actionOf = rowsOf(actions);
  return rowByRow(logits, {
    value: (logPolicy, row) => logPolicy[actionOf(row)]!,
    gradient: (logPolicy, row, to) => {
      const action = actionOf(row);
      for (let j = 0; j < to.length; j++) to[j] = (j === action ? 1 : 0) - Math.exp(logPolicy[j]!);
    },
  });
}

/**
 * H(π) = −Σ π log π of π = softmax(logits), nats, with gradient to the logits: ∂H/∂zⱼ = −πⱼ(log πⱼ + H).
 *
 * @param logits `[P, B, A]`
 * @returns `[P, B]`
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { categoricalEntropy } from "relay/tensor/categorical.ts";
 * import { useSimd } from "relay/tensor/simd_backend.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useSimd();
 * assertAlmostEquals(categoricalEntropy(tf.zeros([1, 1, 8])).dataSync()[0]!, Math.log(8), 1e-6);
 * ```
 */
export function categoricalEntropy(logits: tf.Tensor3D): tf.Tensor2D {
  return rowByRow(logits, {
    value: entropyOf,
    gradient: (logPolicy, _, to) => {
      const entropy = entropyOf(logPolicy);
      for (let j = 0; j < to.length; j++) to[j] = -Math.exp(logPolicy[j]!) * (logPolicy[j]! + entropy);
    },
  });
}

/** A function of one row's log π and its gradient to that row's logits. */
interface RowFunction {
  value(logPolicy: Float64Array, row: number): number;
  gradient(logPolicy: Float64Array, row: number, to: Float64Array): void;
}

function rowByRow(logits: tf.Tensor3D, { value, gradient }: RowFunction): tf.Tensor2D {
  const [P, B, A] = logits.shape;
  const logPolicy = new Float64Array(A);
  const operation = tf.customGrad((z) => {
    const output = newTensor([P, B]);
    const rows = simdEngine().view(z as tf.Tensor);
    for (let row = 0; row < P * B; row++) {
      logSoftmax(rows, row * A, logPolicy);
      output.values[row] = value(logPolicy, row);
    }
    return { value: output.tensor, gradFunc: (dy: tf.Tensor) => inputGradient(z as tf.Tensor, dy) };
  });
  return operation(logits) as tf.Tensor2D;

  function inputGradient(z: tf.Tensor, dy: tf.Tensor): tf.Tensor {
    const output = newTensor([P, B, A]);
    const [rows, scales] = [simdEngine().view(z), simdEngine().view(dy)];
    const slope = new Float64Array(A);
    for (let row = 0; row < P * B; row++) {
      logSoftmax(rows, row * A, logPolicy);
      gradient(logPolicy, row, slope);
      for (let j = 0; j < A; j++) output.values[row * A + j] = scales[row]! * slope[j]!;
    }
    return output.tensor;
  }
}

/** A tensor without defined values, for the surrounding tidy to dispose of. */
function newTensor(shape: number[]): { tensor: tf.Tensor; values: Float32Array | Int32Array } {
  const engine = simdEngine();
  const tensor = tf.engine().makeTensorFromTensorInfo(engine.output(shape));
  return { tensor, values: engine.view(tensor) };
}

function rowsOf(actions: tf.Tensor): (row: number) => number {
  const values = simdEngine().view(actions);
  const size = sizeOf(actions.shape);
  return (row) => values[row % size]!;
}

function logSoftmax(rows: Float32Array | Int32Array, from: number, to: Float64Array): void {
  let largest = -Infinity;
  for (let j = 0; j < to.length; j++) largest = Math.max(largest, rows[from + j]!);
  let sum = 0;
  for (let j = 0; j < to.length; j++) sum += Math.exp(rows[from + j]! - largest);
  const logNormalizer = largest + Math.log(sum);
  for (let j = 0; j < to.length; j++) to[j] = rows[from + j]! - logNormalizer;
}

function entropyOf(logPolicy: Float64Array): number {
  let entropy = 0;
  for (const logProb of logPolicy) entropy -= Math.exp(logProb) * logProb;
  return entropy;
}
