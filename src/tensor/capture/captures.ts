/**
 * Expressions of tfjs that are recorded at their first evaluation and replayed by bare kernel calls from then on.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { type HeapBackend, sizeOf } from "../heap_backend.ts";
import { type SimdReplay, simdReplay } from "../simd_backend.ts";
import { Plan } from "./plan.ts";
import { Recording } from "./recording.ts";

/** Values of an expression by the names of its tensors. */
export type CapturedValues<Name extends string> = Readonly<Record<Name, Float32Array>>;

/**
 * Expressions by name. What training evaluates again and again is the same list of kernel calls every time; recorded
 * once, it needs no tfjs any more, and threads wait for each other once an evaluation instead of once a kernel. The bits
 * are those of the expression evaluated by tfjs.
 *
 * An expression may depend on tensors whose values change in place, such as variables, optimisers and batches of
 * `heapTensor`s, and must compute the same from them every time; what it does besides (a counter, a log) happens at the recording only.
 * One that computes in TypeScript on the way (`dataSync`, a kernel of tfjs's cpu backend, tensors made from numbers) is
 * evaluated by tfjs every time.
 *
 * @example
 * ```ts
 * import { Captures } from "relay/tensor/capture/captures.ts";
 * import { heapTensor } from "relay/tensor/heap_tensor.ts";
 * import { useSimd } from "relay/tensor/simd_backend.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useSimd();
 * const captures = new Captures();
 * const x = heapTensor([2], "float32");
 * const squares = () => captures.run("squares", () => ({ squares: x.tensor.square() })).squares;
 * x.values.set([1, 2]);
 * assertEquals([...squares()], [1, 4]);
 * x.values.set([3, 4]);
 * assertEquals([...squares()], [9, 16]);
 * captures.dispose();
 * ```
 */
export class Captures {
  readonly #replay: SimdReplay = simdReplay();
  readonly #plans = new Map<string, Plan<string>>();
  readonly #refusals = new Map<string, string>();

  /**
   * Evaluates an expression.
   * @param name of the expression in these captures: the first one by this name is recorded, later ones are replayed
   * @param expression its tensors are float32 and no one else's
   * @returns their values, overwritten by the next call with the same name
   */
  run<Name extends string>(name: string, expression: () => Record<Name, tf.Tensor>): CapturedValues<Name> {
    const plan = this.#plans.get(name);
    if (plan?.isCurrent()) return plan.run();
    plan?.dispose();
    this.#plans.delete(name);
    return this.#refusals.has(name) ? evaluate(expression) : this.#record(name, expression);
  }

  /** Why an expression is not replayed, if it is not. */
  refusalOf(name: string): string | undefined {
    return this.#refusals.get(name);
  }

  /** Frees what recordings hold; the next call records anew. */
  dispose(): void {
    for (const plan of this.#plans.values()) plan.dispose();
    this.#plans.clear();
    this.#refusals.clear();
  }

  #record<Name extends string>(
    name: string,
    expression: () => Record<Name, tf.Tensor>,
  ): CapturedValues<Name> {
    const { backend, threaded } = this.#replay;
    if (backend.recording) {
      backend.recording.refuse("an expression is captured within an expression");
      return evaluate(expression);
    }
    const recording = new Recording(backend);
    backend.recording = recording;
    threaded.tap = (kernel, args) => recording.add(kernel, args);
    let results: Record<Name, tf.Tensor> | undefined;
    try {
      results = tf.tidy(expression);
    } finally {
      backend.recording = undefined;
      threaded.tap = undefined;
      if (!results) recording.pool.close();
    }
    const refusal = recording.refusal ?? refusalOf(results, backend);
    if (refusal === undefined) {
      const plan = new Plan(recording, results, this.#replay);
      this.#plans.set(name, plan);
      return plan.values;
    }
    this.#refusals.set(name, refusal);
    const values = valuesOf(results);
    tf.dispose(results);
    recording.pool.close();
    return values;
  }
}

function evaluate<Name extends string>(expression: () => Record<Name, tf.Tensor>): CapturedValues<Name> {
  const results = tf.tidy(expression);
  const values = valuesOf(results);
  tf.dispose(results);
  return values;
}

function valuesOf<Name extends string>(results: Record<Name, tf.Tensor>): CapturedValues<Name> {
  const entries = Object.entries<tf.Tensor>(results).map(([name, tensor]) => [name, tensor.dataSync()]);
  return Object.fromEntries(entries) as CapturedValues<Name>;
}

function refusalOf(results: Record<string, tf.Tensor>, backend: HeapBackend): string | undefined {
  const odd = Object.entries(results).find(([, tensor]) =>
    tensor.dtype !== "float32" || sizeOf(tensor.shape) > 0 && backend.placeOf(tensor.dataId) === undefined
  );
  return odd && `${odd[0]} is not computed by our kernels`;
}
