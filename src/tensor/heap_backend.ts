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

/** Where blocks come from and return to. */
export interface HeapBlocks {
  allocate(bytes: number): HeapBlock;
  free(block: HeapBlock): void;
}

/** Takes down what is computed, so that it can be computed again by the same kernel calls (see `capture/`). */
export interface HeapRecording {
  /** Where new tensors lie. */
  readonly blocks: HeapBlocks;
  /** A tensor whose values were there before is used. */
  usesTensor(tensor: tf.TensorInfo, address: number): void;
  /** TypeScript has made a tensor's values. */
  makes(dataId: tf.DataId): void;
  /** Whether TypeScript made a tensor's values. */
  hasMade(dataId: tf.DataId): boolean;
  /** Computing again needs this done before. */
  beforeReplay(prepare: () => void): void;
  /** Something happens that kernel calls alone do not repeat. */
  refuse(why: string): void;
}

/** Values of one data bucket in the heap, in place of tfjs's `TensorData`. */
class HeapEntry {
  refCount = 1;
  /** A copy in another type, where a cpu kernel relabelled these values (see `address`). */
  converted: HeapEntry | undefined;
  readonly block: HeapBlock;
  #values: Float32Array | Int32Array | undefined;

  constructor(
    readonly dtype: HeapDataType,
    readonly size: number,
    readonly backend: HeapBackend,
    readonly home: HeapBlocks,
  ) {
    this.block = home.allocate(4 * size);
  }

  /** Made on first use: fused kernels need addresses only. */
  get values(): Float32Array | Int32Array {
    this.backend.recording?.refuse("values are read or written in TypeScript");
    return this.#view();
  }

  /** Takes over values from outside of the heap. */
  fill(values: ArrayLike<number>): void {
    this.#view().set(values);
  }

  #view(): Float32Array | Int32Array {
    return this.#values ??= this.dtype === "int32"
      ? new Int32Array(this.backend.buffer, this.block.address, this.size)
      : new Float32Array(this.backend.buffer, this.block.address, this.size);
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
  /** At work, if any. */
  recording: HeapRecording | undefined;
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

  /** Blocks for what is no tensor. */
  get blocks(): HeapBlocks {
    return this.#allocator;
  }

  /** Does something now, and before each replay of the recording at work. */
  onEveryRun(prepare: () => void): void {
    prepare();
    this.recording?.beforeReplay(prepare);
  }

  /** What the heap holds. */
  heapUsage(): HeapUsage {
    return this.#allocator.usage();
  }

  /** A new tensor without defined values. */
  output(shape: number[], dtype: HeapDataType = "float32"): tf.TensorInfo {
    const dataId = {};
    const home = this.recording?.blocks ?? this.#allocator;
    this.#entries.set(dataId, this.#newEntry(dtype, sizeOf(shape), home));
    return { dataId, shape, dtype };
  }

  /**
   * Address of a tensor's values in the tensor's own type. The cpu backend's Cast only relabels a bucket, so the
   * bucket's type may differ; then a converted copy is made.
   * @throws {TypeError} for strings and complex numbers
   */
  address(tensor: tf.TensorInfo): number {
    const wanted: HeapDataType = tensor.dtype === "int32" ? "int32" : "float32";
    const { recording } = this;
    const entry = this.#entries.get(tensor.dataId);
    if (!(entry instanceof HeapEntry)) {
      if (recording?.hasMade(tensor.dataId)) recording.refuse("values made in TypeScript are used");
      const address = this.#adopt(tensor, wanted);
      recording?.usesTensor(tensor, address);
      return address;
    }
    if (entry.dtype === wanted) {
      if (recording && entry.home !== recording.blocks) recording.usesTensor(tensor, entry.block.address);
      return entry.block.address;
    }
    // The owner may have filled the bucket anew since the last call, hence no cache of values, only of the place.
    const copy = entry.converted ??= this.#newEntry(wanted, entry.size);
    copy.values.set(entry.values);
    return copy.block.address;
  }

  /** Where the values with this id lie in the heap, if they do. */
  placeOf(dataId: tf.DataId): number | undefined {
    if (!this.#entries.has(dataId)) return undefined;
    const entry = this.#entries.get(dataId);
    return entry instanceof HeapEntry ? entry.block.address : undefined;
  }

  /** A view of a tensor's values, moved into the heap if need be; valid until the tensor is disposed. */
  view(tensor: tf.TensorInfo): Float32Array | Int32Array {
    this.recording?.refuse("values are read or written in TypeScript");
    const address = this.address(tensor);
    const size = sizeOf(tensor.shape);
    return tensor.dtype === "int32"
      ? new Int32Array(this.#buffer, address, size)
      : new Float32Array(this.#buffer, address, size);
  }

  // Some cpu kernels (Slice) return subarrays of their input: never let a tensor alias another's place in the heap.
  override write(values: BackendValues, shape: number[], dtype: tf.DataType): tf.DataId {
    const copied = ArrayBuffer.isView(values) && values.buffer === this.#buffer ? values.slice() : values;
    const dataId = super.write(copied, shape, dtype);
    this.recording?.makes(dataId);
    return dataId;
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
    if (entry.converted) entry.converted.home.free(entry.converted.block);
    entry.home.free(entry.block);
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

  #newEntry(dtype: HeapDataType, size: number, home: HeapBlocks = this.#allocator): HeapEntry {
    return new HeapEntry(dtype, size, this, home);
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
      entry.fill(values);
      entry.refCount = data.refCount;
      this.#freeCopies(data);
      // Deleted first: `set` would count the bucket twice.
      this.#entries.delete(tensor.dataId);
      this.#entries.set(tensor.dataId, entry);
      return entry.block.address;
    }
    this.recording?.refuse(`values of type ${data.dtype} are converted to ${wanted}`);
    const copies = this.#copies.get(data) ?? new Map<HeapDataType, HeapEntry>();
    this.#copies.set(data, copies);
    let copy = copies.get(wanted);
    if (!copy) {
      copy = this.#newEntry(wanted, values.length);
      copy.fill(values);
      copies.set(wanted, copy);
    }
    return copy.block.address;
  }

  #freeCopies(data: object): void {
    for (const copy of this.#copies.get(data)?.values() ?? []) this.#allocator.free(copy.block);
    this.#copies.delete(data);
  }
}
