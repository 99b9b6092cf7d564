/**
 * As much of ZeroMQ's wire protocol as Jupyter kernels need: ZMTP 3.0 with the NULL mechanism over TCP on this machine, one connection a
 * socket, both sides of it. Source: https://rfc.zeromq.org/spec/23/.
 * @module
 */

import {
  type Frame,
  HAS_MORE,
  IS_COMMAND,
  IS_LONG,
  ZmtpError,
  ZmtpReader,
} from "relay/notebook/kernel/zmtp_reader.ts";

/** Socket types on the side that connects, and on the side that accepts. */
export type ClientType = "DEALER" | "SUB" | "REQ";
/** See {@link ClientType}. */
export type ServerType = "ROUTER" | "PUB" | "REP";

const GREETING_BYTES = 64;
const PEERS: Readonly<Record<ClientType | ServerType, readonly string[]>> = {
  DEALER: ["ROUTER", "DEALER", "REP"],
  SUB: ["PUB", "XPUB"],
  REQ: ["REP", "ROUTER"],
  ROUTER: ["DEALER", "REQ", "ROUTER"],
  PUB: ["SUB", "XSUB"],
  REP: ["REQ", "DEALER"],
};

/** One ZMTP connection; messages are lists of frames. */
export class ZmtpSocket implements AsyncIterable<Uint8Array[]> {
  readonly #connection: Deno.TcpConn;
  readonly #reader: ZmtpReader;
  #sending: Promise<void> = Promise.resolve();
  #isClosed = false;

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
    this.#reader = new ZmtpReader({ read: (into) => readFrom(connection, into) });
  }

  /** Connects to 127.0.0.1; a SUB socket subscribes to everything. */
  static async connect(
    port: number,
    type: ClientType,
    { identity = "" }: { readonly identity?: string } = {},
  ): Promise<ZmtpSocket> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const socket = await ZmtpSocket.#open(connection, type, identity);
    if (type === "SUB") await socket.send([Uint8Array.of(1)]);
    return socket;
  }

  /**
   * The server's side of a connection that a listener has accepted. One socket serves one peer: what ROUTER does with several is the
   * caller's. A PUB socket receives its peer's subscriptions as messages of one frame, `1, …topic`.
   */
  static async accept(connection: Deno.TcpConn, type: ServerType): Promise<ZmtpSocket> {
    return await ZmtpSocket.#open(connection, type, "");
  }

  static async #open(
    connection: Deno.TcpConn,
    type: ClientType | ServerType,
    identity: string,
  ): Promise<ZmtpSocket> {
    try {
      connection.setNoDelay(true);
      const socket = new ZmtpSocket(connection);
      await socket.#shakeHands(type, identity);
      return socket;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /**
   * The next message.
   * @returns undefined when the connection has ended
   * @throws {ZmtpError} when what arrives is no message
   */
  async receive(): Promise<Uint8Array[] | undefined> {
    return await this.#reader.readMessage();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array[]> {
    for (let message = await this.receive(); message; message = await this.receive()) yield message;
  }

  /** Sends a message of one frame or more; messages leave in the order of the calls. */
  async send(frames: readonly Uint8Array[]): Promise<void> {
    const last = frames.length - 1;
    await this.#write(concat(frames.flatMap((body, i) => framed(body, i < last ? HAS_MORE : 0))));
  }

  /** Ends the connection; a pending `receive` gives undefined. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#connection.close();
  }

  async #shakeHands(type: ClientType | ServerType, identity: string): Promise<void> {
    await this.#write(greeting());
    checkGreeting(await this.#reader.readBytes(GREETING_BYTES));
    const properties = type === "DEALER" || type === "REQ" || type === "ROUTER"
      ? [property("Socket-Type", type), property("Identity", identity)]
      : [property("Socket-Type", type)];
    const ready = concat([Uint8Array.of(5), utf8("READY"), ...properties]);
    await this.#write(concat(framed(ready, IS_COMMAND)));
    checkReady(await this.#reader.readFrame(), type);
  }

  #write(bytes: Uint8Array): Promise<void> {
    const sent = this.#sending.then(async () => {
      let written = 0;
      while (written < bytes.length) written += await this.#connection.write(bytes.subarray(written));
    });
    this.#sending = sent.catch(() => {});
    return sent;
  }
}

async function readFrom(connection: Deno.TcpConn, into: Uint8Array): Promise<number | null> {
  try {
    return await connection.read(into);
  } catch (error) {
    if (isEnd(error)) return null;
    throw error;
  }
}

/** Closed by us or by the other end. */
function isEnd(error: unknown): boolean {
  const { BadResource, Interrupted, ConnectionReset, ConnectionAborted, BrokenPipe } = Deno.errors;
  return [BadResource, Interrupted, ConnectionReset, ConnectionAborted, BrokenPipe].some((End) =>
    error instanceof End
  );
}

function greeting(): Uint8Array {
  const bytes = new Uint8Array(GREETING_BYTES);
  bytes[0] = 0xff; // signature: ff, eight bytes of padding, 7f
  bytes[9] = 0x7f;
  bytes[10] = 3; // version 3.0
  bytes.set(utf8("NULL"), 12);
  return bytes;
}

function checkGreeting(bytes: Uint8Array | undefined): void {
  if (!bytes) throw new ZmtpError("Cannot open a ZMTP connection: the other end hung up");
  const mechanism = text(bytes.subarray(12, 32)).replace(/\0+$/, "");
  const major = bytes[10]!;
  if (bytes[0] === 0xff && bytes[9] === 0x7f && major >= 3 && mechanism === "NULL") return;
  throw new ZmtpError(
    `Cannot open a ZMTP connection: version ${major}, mechanism ${
      JSON.stringify(mechanism)
    }, expected version 3 and NULL`,
  );
}

function checkReady(frame: Frame | undefined, type: ClientType | ServerType): void {
  if (!frame) throw new ZmtpError("Cannot open a ZMTP connection: the other end hung up");
  const { body } = frame;
  const name = text(body.subarray(1, 1 + (body[0] ?? 0)));
  if (name !== "READY") {
    throw new ZmtpError(`Cannot open a ZMTP connection: received ${name}, expected READY (${text(body)})`);
  }
  const peer = properties(body.subarray(6)).get("socket-type") ?? "nothing";
  if (!PEERS[type].includes(peer)) {
    throw new ZmtpError(
      `Cannot connect a ${type} socket to ${peer}: expected one of ${PEERS[type].join(", ")}`,
    );
  }
}

function property(name: string, value: string): Uint8Array {
  const length = new Uint8Array(4);
  const bytes = utf8(value);
  view(length).setUint32(0, bytes.length);
  return concat([Uint8Array.of(name.length), utf8(name), length, bytes]);
}

function properties(bytes: Uint8Array): Map<string, string> {
  const found = new Map<string, string>();
  let at = 0;
  while (at + 5 <= bytes.length) {
    const nameEnd = at + 1 + bytes[at]!;
    if (nameEnd + 4 > bytes.length) break;
    const valueEnd = nameEnd + 4 + view(bytes).getUint32(nameEnd);
    found.set(
      text(bytes.subarray(at + 1, nameEnd)).toLowerCase(),
      text(bytes.subarray(nameEnd + 4, valueEnd)),
    );
    at = valueEnd;
  }
  return found;
}

function framed(body: Uint8Array, flags: number): Uint8Array[] {
  if (body.length < 256) return [Uint8Array.of(flags, body.length), body];
  const header = new Uint8Array(9);
  header[0] = flags | IS_LONG;
  view(header).setBigUint64(1, BigInt(body.length));
  return [header, body];
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function utf8(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

export { ZmtpError };
