/**
 * Overrides of stock tfjs kernels on the `simd` backend; whatever they do not cover falls back to the cpu kernel.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { GEMM_RELU } from "./kernel_exports.ts";
import { type HeapBackend, sizeOf } from "./heap_backend.ts";

type KernelArguments = Parameters<tf.KernelFunc>[0];
type Inputs = Readonly<Record<string, tf.TensorInfo | undefined>>;
/** Computes a kernel, or answers `undefined` where the stock kernel should. */
type Override = (inputs: Inputs, attrs: tf.NamedAttrMap) => tf.TensorInfo | undefined;

const BINARY_OPERATIONS = ["Add", "Sub", "Multiply", "RealDiv"];
const UNARY_OPERATIONS = ["Relu", "Sqrt", "Square", "Neg", "Abs", "Tanh"];

function override(kernelName: string, compute: Override): void {
  const stock = tf.getKernel(kernelName, "cpu");
  tf.unregisterKernel(kernelName, "simd");
  const kernelFunc = (parameters: KernelArguments) => {
    const result = compute(parameters.inputs as Inputs, parameters.attrs ?? {});
    return result ?? stock.kernelFunc(parameters);
  };
  tf.registerKernel({ kernelName, backendName: "simd", kernelFunc });
}

function sameShape(a: tf.TensorInfo, b: tf.TensorInfo): boolean {
  return a.shape.length === b.shape.length && a.shape.every((length, axis) => length === b.shape[axis]);
}

function isFloat(tensor: tf.TensorInfo): boolean {
  return tensor.dtype === "float32";
}

function overrideBinary(backend: HeapBackend, kernelName: string, operation: number): void {
  override(kernelName, (inputs) => {
    const a = inputs.a!;
    const b = inputs.b!;
    if (!isFloat(a) || !isFloat(b)) return undefined;
    const same = sameShape(a, b);
    const aIsScalar = !same && sizeOf(a.shape) === 1 && a.shape.length <= b.shape.length;
    const bIsScalar = !same && sizeOf(b.shape) === 1 && b.shape.length <= a.shape.length;
    if (!same && !aIsScalar && !bIsScalar) return undefined;
    const out = backend.output(aIsScalar ? b.shape : a.shape);
    const [from, other, to] = [backend.address(a), backend.address(b), backend.address(out)];
    backend.kernels.binary(operation, sizeOf(out.shape), from, aIsScalar, other, bIsScalar, to);
    return out;
  });
}

function overrideUnary(backend: HeapBackend, kernelName: string, operation: number): void {
  override(kernelName, (inputs) => {
    const x = inputs.x!;
    if (!isFloat(x)) return undefined;
    const out = backend.output(x.shape);
    backend.kernels.unary(operation, sizeOf(x.shape), backend.address(x), backend.address(out));
    return out;
  });
}

/** Batched products of matrices with equal leading sizes, or with one matrix for all on either side. */
function overrideMatMul(backend: HeapBackend, kernelName: string): void {
  override(kernelName, (inputs, attrs) => {
    const a = inputs.a!;
    const b = inputs.b!;
    const bias = inputs.bias;
    const activation = attrs.activation;
    if (!isFloat(a) || !isFloat(b) || a.shape.length !== b.shape.length || inputs.preluActivationWeights) {
      return undefined;
    }
    if (activation && activation !== "linear" && activation !== "relu") return undefined;
    const rank = a.shape.length;
    const transposeA = attrs.transposeA === true;
    const transposeB = attrs.transposeB === true;
    const M = a.shape[rank - (transposeA ? 1 : 2)]!;
    const K = a.shape[rank - (transposeA ? 2 : 1)]!;
    const N = b.shape[rank - (transposeB ? 2 : 1)]!;
    if (bias && sizeOf(bias.shape) !== N) return undefined;
    const batchA = sizeOf(a.shape.slice(0, -2));
    const batchB = sizeOf(b.shape.slice(0, -2));
    if (batchA !== batchB && batchA !== 1 && batchB !== 1 || K === 0) return undefined;
    const batch = Math.max(batchA, batchB);
    const out = backend.output([...(batchA >= batchB ? a : b).shape.slice(0, -2), M, N]);
    // deno-fmt-ignore
    backend.kernels.batched_gemm(0, batch, transposeA, transposeB, M, N, K, backend.address(a),
      batchA === 1 ? 0 : 4 * M * K, backend.address(b), batchB === 1 ? 0 : 4 * K * N, backend.address(out),
      bias ? backend.address(bias) : 0, activation === "relu" ? GEMM_RELU : 0, backend.scratch);
    return out;
  });
}

/** Sums over everything, or over adjacent axes with at least one axis kept behind them. */
function overrideSum(backend: HeapBackend): void {
  override("Sum", (inputs, attrs) => {
    const x = inputs.x!;
    const rank = x.shape.length;
    const axes = tf.util.parseAxisParam(attrs.axis as number | number[], x.shape).toSorted((p, q) => p - q);
    if (!isFloat(x) || axes.length === 0 || rank === 0) return undefined;
    const outShape = x.shape.flatMap((length, axis) =>
      axes.includes(axis) ? attrs.keepDims ? [1] : [] : [length]
    );
    if (axes.length === rank) {
      const out = backend.output(outShape);
      backend.kernels.total(sizeOf(x.shape), backend.address(x), backend.address(out));
      return out;
    }
    const first = axes[0]!;
    const last = axes.at(-1)!;
    if (last - first + 1 !== axes.length || last === rank - 1) return undefined;
    const out = backend.output(outShape);
    const outer = sizeOf(x.shape.slice(0, first));
    const rows = sizeOf(x.shape.slice(first, last + 1));
    const columns = sizeOf(x.shape.slice(last + 1));
    const [from, to] = [backend.address(x), backend.address(out)];
    for (let i = 0; i < outer; i++) {
      backend.kernels.column_sums(
        rows,
        columns,
        from + 4 * i * rows * columns,
        4 * columns,
        to + 4 * i * columns,
      );
    }
    return out;
  });
}

/** A cast to float32 converts, where the stock kernel would relabel the bucket. */
function overrideCast(backend: HeapBackend): void {
  override("Cast", (inputs, attrs) => {
    const x = inputs.x!;
    if (x.dtype !== "int32" || attrs.dtype !== "float32") return undefined;
    const out = backend.output(x.shape);
    backend.kernels.int_to_float(sizeOf(x.shape), backend.address(x), backend.address(out));
    return out;
  });
}

/** Registers the overrides; the cpu kernels must have been copied to `simd` before. */
export function overrideStockKernels(backend: HeapBackend): void {
  BINARY_OPERATIONS.forEach((name, operation) => overrideBinary(backend, name, operation));
  UNARY_OPERATIONS.forEach((name, operation) => overrideUnary(backend, name, operation));
  overrideMatMul(backend, "BatchMatMul");
  overrideMatMul(backend, "_FusedMatMul");
  overrideSum(backend);
  overrideCast(backend);
}
