/**
 * Buffers of float32 and int32 values on a GPU.
 * @module
 */

/** What was asked for does not fit on this GPU. */
export class GpuRoomError extends RangeError {
  override name = "GpuRoomError";
}

/** Values that are read together with others. */
export interface GpuPart {
  readonly buffer: GPUBuffer;
  /** In values of 4 bytes. */
  readonly offset: number;
  readonly length: number;
}

/** Most bytes of one staging buffer, unless one part alone is larger. */
const STAGING_BYTES = 2 ** 28;

/** Creates a learner's buffers and frees them together. */
export class GpuMemory {
  readonly #device: GPUDevice;
  readonly #buffers: GPUBuffer[] = [];

  /** @param device whose limits the buffers must keep */
  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Bytes of the largest buffer that this GPU's dispatches can use. */
  get largestBuffer(): number {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.#device.limits;
    return Math.min(maxBufferSize, maxStorageBufferBindingSize);
  }

  /**
   * A buffer of zeros.
   * @param label for error messages
   * @param length number of values of 4 bytes
   * @throws {GpuRoomError} if this GPU has no buffers that large
   */
  allocate(label: string, length: number): GPUBuffer {
    const most = this.largestBuffer;
    if (4 * length > most) {
      throw new GpuRoomError(
        `Cannot hold ${label} on the GPU: they take ${4 * length} bytes, ` +
          `expected at most ${most}, this GPU's largest buffer; stack fewer networks`,
      );
    }
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const buffer = this.#device.createBuffer({ label, size: 4 * length, usage });
    this.#buffers.push(buffer);
    return buffer;
  }

  /**
   * Overwrites values.
   * @param offset of the first one, in values
   * @throws {RangeError} unless they fit
   */
  write(buffer: GPUBuffer, values: GpuValues, offset = 0): void {
    if (4 * (offset + values.length) > buffer.size) {
      throw new RangeError(
        `Cannot write ${buffer.label}: ${values.length} values at ${offset}, expected at most ${
          buffer.size / 4
        }`,
      );
    }
    this.#device.queue.writeBuffer(buffer, 4 * offset, unshared(values));
  }

  /** Values of a buffer after all work submitted so far; slow, for checkpoints and tests. */
  async read(buffer: GPUBuffer): Promise<Float32Array<ArrayBuffer>> {
    return (await this.#readTogether([{ buffer, offset: 0, length: buffer.size / 4 }]))[0]!;
  }

  /** Likewise of several buffers' parts, with few waits for all. */
  async readParts(parts: readonly GpuPart[]): Promise<Float32Array<ArrayBuffer>[]> {
    const values: Float32Array<ArrayBuffer>[] = [];
    for (let from = 0; from < parts.length;) {
      let to = from;
      let bytes = 0;
      do bytes += 4 * parts[to++]!.length; while (
        to < parts.length && bytes + 4 * parts[to]!.length <= STAGING_BYTES
      );
      values.push(...await this.#readTogether(parts.slice(from, to)));
      from = to;
    }
    return values;
  }

  async #readTogether(parts: readonly GpuPart[]): Promise<Float32Array<ArrayBuffer>[]> {
    const size = parts.reduce((bytes, { length }) => bytes + 4 * length, 0);
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    const staging = this.#device.createBuffer({ label: "readback of parts", size, usage });
    const encoder = this.#device.createCommandEncoder();
    let at = 0;
    const ends = parts.map(({ buffer, offset, length }) => {
      encoder.copyBufferToBuffer(buffer, 4 * offset, staging, at, 4 * length);
      return at += 4 * length;
    });
    this.#device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const mapped = staging.getMappedRange();
    const values = parts.map(({ length }, k) =>
      new Float32Array(mapped.slice(ends[k]! - 4 * length, ends[k]))
    );
    staging.destroy();
    return values;
  }

  /** Frees every buffer. */
  dispose(): void {
    for (const buffer of this.#buffers) buffer.destroy();
    this.#buffers.length = 0;
  }
}

/** Values of 4 bytes. */
type GpuValues = Float32Array | Int32Array | Uint32Array;

/** WebGPU takes no views of shared memory, which the CPU kernels' tensors are. */
function unshared(values: GpuValues): BufferSource {
  return (values.buffer instanceof ArrayBuffer ? values : values.slice()) as BufferSource;
}
