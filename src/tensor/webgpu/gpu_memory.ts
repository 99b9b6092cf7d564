/**
 * Buffers of float32 and int32 values on a GPU.
 * @module
 */

/** Creates a learner's buffers and frees them together. */
export class GpuMemory {
  readonly #device: GPUDevice;
  readonly #buffers: GPUBuffer[] = [];

  /** @param device whose limits the buffers must keep */
  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /**
   * A buffer of zeros.
   * @param label for error messages
   * @param length number of values of 4 bytes
   * @throws {RangeError} if this GPU has no buffers that large
   */
  allocate(label: string, length: number): GPUBuffer {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.#device.limits;
    const most = Math.min(maxBufferSize, maxStorageBufferBindingSize);
    if (4 * length > most) {
      throw new RangeError(
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
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    const staging = this.#device.createBuffer({ label: buffer.label, size: buffer.size, usage });
    const encoder = this.#device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
    this.#device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const values = new Float32Array(staging.getMappedRange().slice(0));
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
