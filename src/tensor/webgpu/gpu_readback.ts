/**
 * Reading results back from the GPU without the wait that an awaited map costs.
 * @module
 */

/** Prompt reads after which the event loop gets a turn, so that the promises of finished maps settle. */
const READS_A_TURN = 256;
const PROBE_VALUES = 64;
const PROBE_ROUNDS = 8;

/**
 * Takes over what a finished or pending submit copies into a staging buffer, which is unmapped again afterwards.
 *
 * Deno's `mapAsync` waits for the GPU inside the call itself and sleeps 10 ms more before its promise settles. The values
 * are mapped already when the call returns; `prompt` takes them at once. Where that does not hold (browsers), callers
 * pass `prompt: false`, as {@link promptReadbackWorks} tells.
 *
 * @param staging of usage MAP_READ, mapped and unmapped once before: taking values from a buffer whose first map was not
 * awaited ends Deno's process
 */
async function readStaging(staging: GPUBuffer, prompt: boolean): Promise<ArrayBuffer> {
  const mapped = staging.mapAsync(GPUMapMode.READ);
  // The early unmap below rejects the promise, which means nothing here.
  if (prompt) mapped.catch(() => {});
  else await mapped;
  const values = mappedValues(staging);
  staging.unmap();
  return values;
}

function mappedValues(staging: GPUBuffer): ArrayBuffer {
  try {
    return staging.getMappedRange().slice(0);
  } catch (cause) {
    throw new Error(
      "Cannot read the GPU's results: they are not there, expected a GPU that is neither lost nor destroyed",
      { cause },
    );
  }
}

async function newStaging(device: GPUDevice, bytes: number): Promise<GPUBuffer> {
  const staging = device.createBuffer({
    label: "readback",
    size: bytes,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  await staging.mapAsync(GPUMapMode.READ);
  staging.unmap();
  return staging;
}

/** Whether values are there when `mapAsync` returns: known numbers are sent to the GPU and back, several times. */
export async function promptReadbackWorks(device: GPUDevice): Promise<boolean> {
  const bytes = 4 * PROBE_VALUES;
  const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const source = device.createBuffer({ label: "probe", size: bytes, usage });
  const staging = await newStaging(device, bytes);
  try {
    for (let round = 1; round <= PROBE_ROUNDS; round++) {
      const sent = Uint32Array.from({ length: PROBE_VALUES }, (_, i) => round * 1000 + i);
      device.queue.writeBuffer(source, 0, sent);
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(source, 0, staging, 0, bytes);
      device.queue.submit([encoder.finish()]);
      const received = new Uint32Array(await readStaging(staging, true));
      if (received.some((value, i) => value !== sent[i])) return false;
    }
    return true;
  } catch {
    return false; // As in browsers: not mapped yet.
  } finally {
    source.destroy();
    staging.destroy();
  }
}

/** A staging buffer of its own, through which the values of one GPU buffer are read again and again. */
export class GpuReadback {
  readonly #source: GPUBuffer;
  readonly #staging: GPUBuffer;
  readonly #prompt: boolean;
  #reads = 0;

  private constructor(source: GPUBuffer, staging: GPUBuffer, prompt: boolean) {
    this.#source = source;
    this.#staging = staging;
    this.#prompt = prompt;
  }

  /** @param source of usage COPY_SRC, read whole */
  static async open(
    gpu: { readonly device: GPUDevice; readonly promptReadback: boolean },
    source: GPUBuffer,
  ): Promise<GpuReadback> {
    return new GpuReadback(source, await newStaging(gpu.device, source.size), gpu.promptReadback);
  }

  /** Lets a submit end with the copy that the next {@link read} takes over. */
  encode(encoder: GPUCommandEncoder): void {
    encoder.copyBufferToBuffer(this.#source, 0, this.#staging, 0, this.#source.size);
  }

  /** What the last submitted {@link encode} copied; resolved without a turn of the event loop where that works. */
  async read(): Promise<ArrayBuffer> {
    const values = await readStaging(this.#staging, this.#prompt);
    if (++this.#reads % READS_A_TURN === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    return values;
  }

  /** Frees the staging buffer. */
  dispose(): void {
    this.#staging.destroy();
  }
}
