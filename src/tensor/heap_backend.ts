/**
 * A tfjs backend whose tensors live in the kernels' memory.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import { HeapAllocator, type HeapBlock, type HeapUsage } from "./heap_allocator.ts";
import type { KernelExports } from "./kernel_exports.ts";
import { HEAP_START, threadScratch } from "./threads/thread_scratch.ts";

/** What tfjs holds of a tensor's values: numbers, strings as bytes, or complex parts. */
type BackendValues = Float32Array | Int32Array | Uint8Array | Uint8Array[];
/** Types with storage in the heap; bool is converted to float32 or int32 when a kernel asks. */
export type HeapDataType = "float32" | "int32";

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

/** Values of one data bucket in the heap, in place of tfjs's `TensorData`. */
class HeapEntry {
  refCount = 1;
  /** A copy in another type, where a cpu kernel relabelled these values (see `address`). */
  converted: HeapEntry | undefined;
  #values: Float32Array | Int32Array | undefined;

  constructor(
    readonly dtype: HeapDataType,
    readonly size: number,
    readonly block: HeapBlock,
    readonly buffer: ArrayBufferLike,
  ) {}

  /** Made on first use: fused kernels need addresses only. */
  get values(): Float32Array | Int32Array {
    return this.#values ??= this.dtype === "int32"
      ? new Int32Array(this.buffer, this.block.address, this.size)
      : new Float32Array(this.buffer, this.block.address, this.size);
  }
}

/**
 * The `simd` backend: every kernel of tfjs's cpu backend as it is, with storage in one WebAssembly memory for the
 * kernels that are overridden. Made by `useSimd`.
 */
export class HeapBackend extends MathBackendCPU {
  readonly kernels: KernelExports;
  /** Address of scratch for GEMM. */
  readonly scratch: number;
  /** Address of scratch for im2col. */
  readonly columns: number;
  readonly #buffer: ArrayBufferLike;
  readonly #allocator: HeapAllocator;
  /** Copies of plain cpu values, by their `TensorData`, freed with them. */
  readonly #copies = new WeakMap<object, Map<HeapDataType, HeapEntry>>();

  constructor(kernels: KernelExports, memory: WebAssembly.Memory) {
    super();
    this.kernels = kernels;
    const { gemm, columns } = threadScratch(0, 1, kernels.gemm_scratch_bytes());
    this.scratch = gemm;
    this.columns = columns;
    this.#buffer = memory.buffer;
    this.#allocator = new HeapAllocator(HEAP_START, memory.buffer.byteLength);
    // Silences the advice to install tfjs-node, which the first write of the cpu backend would print.
    Reflect.set(this, "firstUse", false);
  }

  /** The memory of all tensors. */
  get buffer(): ArrayBufferLike {
    return this.#buffer;
  }

  /** What the heap holds. */
  heapUsage(): HeapUsage {
    return this.#allocator.usage();
  }

  /** A new tensor without defined values. */
  output(shape: number[], dtype: HeapDataType = "float32"): tf.TensorInfo {
    const dataId = {};
    this.#entries.set(dataId, this.#newEntry(dtype, sizeOf(shape)));
    return { dataId, shape, dtype };
  }

  /**
   * Address of a tensor's values in the tensor's own type. The cpu backend's Cast only relabels a bucket, so the
   * bucket's type may differ; then a converted copy is made.
   * @throws {TypeError} for strings and complex numbers
   */
  address(tensor: tf.TensorInfo): number {
    const wanted: HeapDataType = tensor.dtype === "int32" ? "int32" : "float32";
    const entry = this.#entries.get(tensor.dataId);
    if (!(entry instanceof HeapEntry)) return this.#adopt(tensor, wanted);
    if (entry.dtype === wanted) return entry.block.address;
    // The owner may have filled the bucket anew since the last call, hence no cache of values, only of the place.
    const copy = entry.converted ??= this.#newEntry(wanted, entry.size);
    copy.values.set(entry.values);
    return copy.block.address;
  }

  /** A view of a tensor's values, moved into the heap if need be; valid until the tensor is disposed. */
  view(tensor: tf.TensorInfo): Float32Array | Int32Array {
    const address = this.address(tensor);
    const size = sizeOf(tensor.shape);
    return tensor.dtype === "int32"
      ? new Int32Array(this.#buffer, address, size)
      : new Float32Array(this.#buffer, address, size);
  }

  // Some cpu kernels (Slice) return subarrays of their input: never let a tensor alias another's place in the heap.
  override write(values: BackendValues, shape: number[], dtype: tf.DataType): tf.DataId {
    const copied = ArrayBuffer.isView(values) && values.buffer === this.#buffer ? values.slice() : values;
    return super.write(copied, shape, dtype);
  }

  // A copy: the place may be reused before the reader looks.
  override readSync(dataId: tf.DataId): BackendValues {
    const entry = this.#entries.get(dataId);
    return entry instanceof HeapEntry ? entry.values.slice() : super.readSync(dataId) as BackendValues;
  }

  override disposeData(dataId: tf.DataId, force = false): boolean {
    if (!this.#entries.has(dataId)) return true;
    const entry = this.#entries.get(dataId);
    if (!(entry instanceof HeapEntry)) {
      const gone = super.disposeData(dataId, force);
      if (gone) this.#freeCopies(entry);
      return gone;
    }
    entry.refCount--;
    if (!force && entry.refCount > 0) return false;
    if (entry.converted) this.#allocator.free(entry.converted.block);
    this.#allocator.free(entry.block);
    this.#entries.delete(dataId);
    return true;
  }

  /** tfjs types the buckets as its own `TensorData`, of which a heap entry has all that cpu kernels read. */
  get #entries(): {
    get(id: object): object;
    set(id: object, entry: object): void;
    has(id: object): boolean;
    delete(id: object): boolean;
  } {
    return this.data as unknown as Map<object, object> & { get(id: object): object };
  }

  #newEntry(dtype: HeapDataType, size: number): HeapEntry {
    return new HeapEntry(dtype, size, this.#allocator.allocate(4 * size), this.#buffer);
  }

  /** Brings plain cpu values into the heap: moved where the types agree, else a copy that lives as long. */
  #adopt(tensor: tf.TensorInfo, wanted: HeapDataType): number {
    const data = this.data.get(tensor.dataId);
    const values = data.values;
    if (!(values instanceof Float32Array || values instanceof Int32Array || values instanceof Uint8Array)) {
      throw new TypeError(
        `Cannot compute on a tensor of type ${data.dtype}: expected float32, int32 or bool`,
      );
    }
    if (data.dtype === wanted) {
      const entry = this.#newEntry(wanted, values.length);
      entry.values.set(values);
      entry.refCount = data.refCount;
      this.#freeCopies(data);
      // Deleted first: `set` would count the bucket twice.
      this.#entries.delete(tensor.dataId);
      this.#entries.set(tensor.dataId, entry);
      return entry.block.address;
    }
    const copies = this.#copies.get(data) ?? new Map<HeapDataType, HeapEntry>();
    this.#copies.set(data, copies);
    let copy = copies.get(wanted);
    if (!copy) {
      copy = this.#newEntry(wanted, values.length);
      copy.values.set(values);
      copies.set(wanted, copy);
    }
    return copy.block.address;
  }

  #freeCopies(data: object): void {
    for (const copy of this.#copies.get(data)?.values() ?? []) this.#allocator.free(copy.block);
    this.#copies.delete(data);
  }
}
