/**
 * The receiving half of a ZMTP connection: bytes to frames, frames to messages.
 *
 * Deno's kernel (2.9) sends from several threads and can tear a message: when the connection is full, a whole other message may stand in
 * the middle of a frame, or between two frames of a message. Measured: in 7 of 20 runs of two messages of 6 MB each. Nothing is missing,
 * so that such messages are put together again here. The mark is Jupyter's delimiter with its frame's header, which holds a control
 * character that no JSON has.
 * @module
 */

/** Bits of a frame's first byte. */
export const HAS_MORE = 1;
export const IS_LONG = 2;
export const IS_COMMAND = 4;

/** More than any notebook's message; a longer frame is a damaged stream. */
const MAX_FRAME_BYTES = 1 << 30;
const READ_BYTES = 1 << 18;
const DELIMITER = new TextEncoder().encode("<IDS|MSG>");
/** How a message of Jupyter's begins on iopub. */
const BEGINNING = Uint8Array.of(HAS_MORE, DELIMITER.length, ...DELIMITER);
const OPENING_BRACE = 0x7b;

/** The other end does not speak ZMTP as expected. */
export class ZmtpError extends Error {
  override name = "ZmtpError";
}

/** One frame. */
export interface Frame {
  readonly flags: number;
  readonly body: Uint8Array;
}

/** Where bytes come from; undefined: the connection has ended. */
export interface ByteSource {
  read(into: Uint8Array): Promise<number | null>;
}

/** Reads frames and messages. */
export class ZmtpReader {
  readonly #bytes: ByteReader;
  /** Messages that stood in the middle of others. */
  readonly #intruders: Uint8Array[][] = [];

  constructor(source: ByteSource) {
    this.#bytes = new ByteReader(source);
  }

  /** @returns undefined when the connection ends before `count` bytes */
  async readBytes(count: number): Promise<Uint8Array | undefined> {
    return await this.#bytes.read(count);
  }

  /** @returns undefined when the connection has ended */
  async readMessage(): Promise<Uint8Array[] | undefined> {
    return this.#intruders.shift() ?? await this.#readWhole();
  }

  /** @returns undefined when the connection has ended */
  async readFrame(): Promise<Frame | undefined> {
    const first = await this.#bytes.read(1);
    if (!first) return undefined;
    const flags = first[0]!;
    const header = await this.#bytes.read(flags & IS_LONG ? 8 : 1);
    if (!header) return undefined;
    const length = flags & IS_LONG ? Number(new DataView(header.buffer).getBigUint64(0)) : header[0]!;
    if (flags > 7 || length > MAX_FRAME_BYTES) {
      throw new ZmtpError(
        `Cannot read a ZMTP frame: flags ${flags} and ${length} bytes, expected flags below 8 and at most ${MAX_FRAME_BYTES} bytes`,
      );
    }
    const body = await this.#bytes.read(length);
    return body && { flags, body };
  }

  async #readWhole(): Promise<Uint8Array[] | undefined> {
    const message: Uint8Array[] = [];
    for (;;) {
      const frame = await this.readFrame();
      if (!frame) return undefined;
      if (frame.flags & IS_COMMAND) continue;
      if (isDelimiter(frame.body) && message.some(isDelimiter)) {
        if (!await this.#readIntruder([frame.body])) return undefined;
        continue;
      }
      const body = await this.#withoutIntruders(frame.body);
      if (!body) return undefined;
      message.push(body);
      if (!(frame.flags & HAS_MORE)) return message;
    }
  }

  /** Reads the rest of a message that stands in another one. */
  async #readIntruder(frames: readonly Uint8Array[] = []): Promise<boolean> {
    const rest = await this.#readWhole();
    if (rest) this.#intruders.push([...frames, ...rest]);
    return rest !== undefined;
  }

  /** The frame's own bytes, as many as there were. */
  async #withoutIntruders(body: Uint8Array): Promise<Uint8Array | undefined> {
    const at = beginningIn(body);
    if (at < 0) return body;
    this.#bytes.putBack(body.subarray(at));
    if (!await this.#readIntruder()) return undefined;
    const rest = await this.#bytes.read(body.length - at);
    if (!rest) return undefined;
    const whole = new Uint8Array(body.length);
    whole.set(body.subarray(0, at));
    whole.set(rest, at);
    return await this.#withoutIntruders(whole);
  }
}

/** Where in a JSON frame another message begins, -1 if nowhere; only its first bytes may be within the frame. */
function beginningIn(body: Uint8Array): number {
  if (body[0] !== OPENING_BRACE) return -1;
  const at = body.indexOf(BEGINNING[0]!);
  const isBeginning = at >= 0 &&
    body.subarray(at, at + BEGINNING.length).every((byte, i) => byte === BEGINNING[i]);
  return isBeginning ? at : -1;
}

function isDelimiter(body: Uint8Array): boolean {
  return body.length === DELIMITER.length && body.every((byte, i) => byte === DELIMITER[i]);
}

/** Reads exact numbers of bytes from a source that delivers any number. */
class ByteReader {
  readonly #source: ByteSource;
  #held: Uint8Array = new Uint8Array(0);

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** @returns undefined when the source ends before `count` bytes */
  async read(count: number): Promise<Uint8Array | undefined> {
    const bytes = new Uint8Array(count);
    let have = this.#take(bytes, 0);
    while (have < count) {
      // What is large goes where it belongs: the sooner the connection is empty, the better for the sender.
      if (count - have >= READ_BYTES) {
        const read = await this.#source.read(bytes.subarray(have));
        if (read === null) return undefined;
        have += read;
      } else {
        const buffer = new Uint8Array(READ_BYTES);
        const read = await this.#source.read(buffer);
        if (read === null) return undefined;
        this.#held = buffer.subarray(0, read);
        have = this.#take(bytes, have);
      }
    }
    return bytes;
  }

  /** The bytes are the next to be read. */
  putBack(bytes: Uint8Array): void {
    const held = new Uint8Array(bytes.length + this.#held.length);
    held.set(bytes);
    held.set(this.#held, bytes.length);
    this.#held = held;
  }

  #take(into: Uint8Array, at: number): number {
    const taken = this.#held.subarray(0, into.length - at);
    into.set(taken, at);
    this.#held = this.#held.subarray(taken.length);
    return at + taken.length;
  }
}
