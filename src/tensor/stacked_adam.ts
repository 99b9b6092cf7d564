/**
 * Adam for stacked networks.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { type HeapTensor, heapTensor } from "./heap_tensor.ts";
import { sizeOf } from "./heap_backend.ts";
import { type SimdEngine, simdEngine } from "./simd_backend.ts";

/** Settings of {@link StackedAdam}. */
export interface StackedAdamOptions {
  readonly learningRate: number;
  /** Decay of the mean gradient. */
  readonly beta1?: number;
  /** Decay of the mean squared gradient. */
  readonly beta2?: number;
  /** Added to the root, not under it. */
  readonly epsilon?: number;
  /** Largest global gradient norm of one network; infinite for no clipping. */
  readonly clipNorm?: number;
}

/** All that an optimiser remembers, for checkpoints. */
export interface StackedAdamState {
  /** Steps done. */
  readonly step: number;
  /** First moments, in the order of the variables. */
  readonly m: readonly Float32Array[];
  /** Second moments, in the order of the variables. */
  readonly v: readonly Float32Array[];
}

/** A parameter's row of the kernels' table: values a network, addresses of value, gradient, m and v. */
const TABLE_COLUMNS = 5;

/**
 * Adam (Kingma & Ba 2015) for all parameters of P stacked networks in one call, preceded by clipping of each network's
 * own global gradient norm; the numbers are PyTorch's: g ← g·min(1, clipNorm/(‖g‖ + 1e-6)),
 * p ← p − lr/(1 − β₁ᵗ) · m/(√(v/(1 − β₂ᵗ)) + ε). Coefficients are in double precision.
 *
 * Variables are changed in place; a tensor that shares their values (`clone`, `reshape`) changes with them.
 */
export class StackedAdam {
  readonly #engine: SimdEngine;
  readonly #variables: readonly tf.Variable[];
  readonly #options: Required<StackedAdamOptions>;
  readonly #m: HeapTensor<Float32Array>[];
  readonly #v: HeapTensor<Float32Array>[];
  readonly #table: HeapTensor<Int32Array>;
  /** Norms and scales as doubles, two vectors of P, then two coefficients. */
  readonly #doubles: HeapTensor<Float32Array>;
  readonly #norms: Float64Array;
  /** Address of what the kernels multiply gradients by. */
  readonly #scales: number;
  /** Rate and scale of v of the step in hand. */
  readonly #rates: Float64Array;
  readonly #networks: number;
  #step = 0;

  /**
   * @param variables every one [P, …]
   * @throws {RangeError} if they differ in P
   */
  constructor(variables: readonly tf.Variable[], options: StackedAdamOptions) {
    const P = variables[0]?.shape[0] ?? 0;
    const odd = variables.find((variable) => variable.shape[0] !== P);
    if (P === 0 || odd) {
      throw new RangeError(
        `Cannot optimise ${variables.length} variables: ${odd?.name ?? "none"} is [${odd?.shape ?? ""}], ` +
          `expected at least one, and the same number of networks P = ${P} first in each`,
      );
    }
    this.#engine = simdEngine();
    this.#variables = variables;
    this.#options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipNorm: Infinity, ...options };
    this.#m = variables.map((variable) => heapTensor(variable.shape, "float32"));
    this.#v = variables.map((variable) => heapTensor(variable.shape, "float32"));
    this.#table = heapTensor([variables.length, TABLE_COLUMNS], "int32");
    this.#doubles = heapTensor([2 * P + 2, 2], "float32");
    const { buffer, byteOffset } = this.#doubles.values;
    this.#norms = new Float64Array(buffer, byteOffset, P);
    this.#scales = byteOffset + 8 * P;
    this.#rates = new Float64Array(buffer, byteOffset + 16 * P, 2);
    this.#networks = P;
    variables.forEach((variable, row) => {
      const cells = this.#table.values.subarray(TABLE_COLUMNS * row);
      cells[0] = sizeOf(variable.shape) / P;
      cells[3] = this.#m[row]!.values.byteOffset;
      cells[4] = this.#v[row]!.values.byteOffset;
    });
  }

  /**
   * Steps every network.
   * @param gradients in the order of the variables, as `tdGradients` gives them
   * @returns each network's gradient norm before clipping [P]; overwritten by the next step
   * @throws {RangeError} if a variable has no gradient of its size
   */
  step(gradients: readonly tf.Tensor[]): Float64Array {
    const engine = this.#engine;
    const { epsilon, beta1, beta2, clipNorm } = this.#options;
    const addresses = this.#addresses(gradients);
    engine.onEveryRun(() => this.#begin(addresses));
    const P = this.#networks;
    const [parameters, table, norms] = [
      this.#variables.length,
      this.#table.values.byteOffset,
      this.#norms.byteOffset,
    ];
    engine.kernels.gradient_norms(0, P, parameters, table, norms);
    engine.kernels.clip_scales(0, P, norms, clipNorm, this.#scales);
    // deno-fmt-ignore
    engine.kernels.adam(0, P, parameters, table, this.#scales, this.#rates.byteOffset, epsilon, beta1, beta2,
      engine.scratch);
    return this.#norms;
  }

  /** Gradient norm of each network before clipping, of the last step [P]; overwritten by the next. */
  get gradientNorms(): Float64Array {
    return this.#norms;
  }

  /** A copy of all that later steps depend on, besides the variables. */
  state(): StackedAdamState {
    return {
      step: this.#step,
      m: this.#m.map((moment) => moment.values.slice()),
      v: this.#v.map((moment) => moment.values.slice()),
    };
  }

  /**
   * Continues where `state` was called.
   * @throws {RangeError} if the sizes are not those of the variables
   */
  restore(state: StackedAdamState): void {
    for (const [row, variable] of this.#variables.entries()) {
      const size = sizeOf(variable.shape);
      if (state.m[row]?.length !== size || state.v[row]?.length !== size) {
        throw new RangeError(
          `Cannot restore Adam: moments of ${variable.name} have ${state.m[row]?.length} and ${
            state.v[row]?.length
          } values, expected ${size}`,
        );
      }
    }
    this.#variables.forEach((_, row) => {
      this.#m[row]!.values.set(state.m[row]!);
      this.#v[row]!.values.set(state.v[row]!);
    });
    this.#step = state.step;
  }

  /** Frees the moments; the variables are the caller's. */
  dispose(): void {
    for (const tensor of [...this.#m, ...this.#v, this.#table, this.#doubles]) tensor.dispose();
  }

  /** Addresses of variables and gradients in turn. */
  #addresses(gradients: readonly tf.Tensor[]): number[] {
    return this.#variables.flatMap((variable, row) => {
      const gradient = gradients[row];
      if (gradient?.size !== variable.size) {
        throw new RangeError(
          `Cannot apply gradients: that of ${variable.name} is [${gradient?.shape}], expected [${variable.shape}]`,
        );
      }
      return [this.#engine.address(variable), this.#engine.address(gradient)];
    });
  }

  /** Counts a step and writes what its kernels read. */
  #begin(addresses: readonly number[]): void {
    const table = this.#table.values;
    const { learningRate, beta1, beta2 } = this.#options;
    for (let row = 0; row < this.#variables.length; row++) {
      table[TABLE_COLUMNS * row + 1] = addresses[2 * row]!;
      table[TABLE_COLUMNS * row + 2] = addresses[2 * row + 1]!;
    }
    this.#step++;
    this.#rates[0] = learningRate / (1 - beta1 ** this.#step);
    this.#rates[1] = 1 / (1 - beta2 ** this.#step);
  }
}
