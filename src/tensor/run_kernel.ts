/**
 * Registering and calling the stacked kernels, with their tfjs types in one place.
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** Tensors by the names under which a kernel knows them. */
export type KernelInputs = Readonly<Record<string, tf.Tensor>>;
type InputInfos = Readonly<Record<string, tf.TensorInfo>>;
/** Attributes of a kernel: plain data. */
export type KernelAttributes = Readonly<Record<string, number | string | readonly number[]>>;

/** Calls a kernel with one output, under the tape if one is recording. */
export function runKernel(name: string, inputs: KernelInputs, attributes: KernelAttributes = {}): tf.Tensor {
  return tf.engine().runKernel(name, inputs, attributes as unknown as tf.NamedAttrMap) as tf.Tensor;
}

/** Calls a kernel with any number of outputs. */
export function runKernels(
  name: string,
  inputs: KernelInputs,
  attributes: KernelAttributes = {},
): tf.Tensor[] {
  return tf.engine().runKernel(name, inputs, attributes as unknown as tf.NamedAttrMap) as tf.Tensor[];
}

/** Registers a kernel of the `simd` backend. */
export function registerSimdKernel<Attributes>(
  kernelName: string,
  compute: (inputs: InputInfos, attributes: Attributes) => tf.TensorInfo | tf.TensorInfo[],
): void {
  tf.registerKernel({
    kernelName,
    backendName: "simd",
    kernelFunc: ({ inputs, attrs }) => compute(inputs as InputInfos, attrs as unknown as Attributes),
  });
}
