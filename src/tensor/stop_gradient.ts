import * as tf from "@tensorflow/tfjs";

/**
 * The same values, which gradients do not pass.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { useSimd } from "relay/tensor/simd_backend.ts";
 * import { stopGradient } from "relay/tensor/stop_gradient.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useSimd();
 * const gradient = tf.grad((x) => stopGradient(x).mul(x)); // d(c·x)/dx = c
 * assertEquals([...gradient(tf.tensor1d([3])).dataSync()], [3]);
 * ```
 */
export function stopGradient<T extends tf.Tensor>(x: T): T {
  const constant = tf.customGrad((input) => ({
    value: (input as tf.Tensor).clone(),
    gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
  }));
  return constant(x) as T;
}
