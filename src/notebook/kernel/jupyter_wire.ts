/**
 * Jupyter's messages as frames, signed with HMAC-SHA256. Source:
 * https://jupyter-client.readthedocs.io/en/stable/messaging.html#the-wire-protocol.
 * @module
 */
import { createHmac, timingSafeEqual } from "node:crypto";

/** What every message says of itself. */
export interface MessageHeader {
  readonly msg_id: string;
  readonly msg_type: string;
  readonly session: string;
  readonly username: string;
  readonly date: string;
  readonly version: string;
  readonly [key: string]: unknown;
}

/** A message of Jupyter's protocol. */
export interface JupyterMessage {
  /** Frames before the signature: the route over ROUTER sockets, the topic on iopub. */
  readonly identities: readonly Uint8Array[];
  readonly header: MessageHeader;
  /** Header of the request that this belongs to; `{}` where there is none. */
  readonly parentHeader: Partial<MessageHeader>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly content: Readonly<Record<string, unknown>>;
  readonly buffers: readonly Uint8Array[];
}

/** Frames that are no message of our kernel's: wrong signature or form. */
export class WireError extends Error {
  override name = "WireError";
}

/** A parsed connection file: how a kernel and its clients find each other. */
export interface ConnectionFile {
  readonly transport: "tcp";
  readonly ip: string;
  readonly shell_port: number;
  readonly iopub_port: number;
  readonly stdin_port: number;
  readonly control_port: number;
  readonly hb_port: number;
  readonly key: string;
  readonly signature_scheme: "hmac-sha256";
  readonly kernel_name?: string;
}

const DELIMITER = "<IDS|MSG>";
const PROTOCOL_VERSION = "5.3";

/** Packs and unpacks the messages of one session. */
export class JupyterWire {
  readonly #key: string;
  readonly #session: string;

  /** @param key of the connection file */
  constructor(key: string, session: string = crypto.randomUUID()) {
    if (key === "") {
      throw new WireError("Cannot talk to a kernel without a key: the connection file's is empty");
    }
    this.#key = key;
    this.#session = session;
  }

  /** A message of this session with a new id. */
  compose(
    type: string,
    content: Readonly<Record<string, unknown>>,
    options: Partial<Omit<JupyterMessage, "header" | "content">> = {},
  ): JupyterMessage {
    const header = {
      msg_id: crypto.randomUUID(),
      msg_type: type,
      session: this.#session,
      username: "relay",
      date: new Date().toISOString(),
      version: PROTOCOL_VERSION,
    };
    return { identities: [], parentHeader: {}, metadata: {}, buffers: [], ...options, header, content };
  }

  /** The message as frames. */
  pack({ identities, header, parentHeader, metadata, content, buffers }: JupyterMessage): Uint8Array[] {
    const parts = [header, parentHeader, metadata, content].map((part) => encode(JSON.stringify(part)));
    return [...identities, encode(DELIMITER), encode(this.#sign(parts)), ...parts, ...buffers];
  }

  /** @throws {WireError} when the frames are no message, or signed with another key */
  unpack(frames: readonly Uint8Array[]): JupyterMessage {
    const at = frames.findIndex((frame) => frame.length === DELIMITER.length && decode(frame) === DELIMITER);
    const parts = frames.slice(at + 2, at + 6);
    if (at < 0 || parts.length < 4) {
      throw new WireError(
        `Cannot read a message: ${frames.length} frames, expected ${DELIMITER} and five more`,
      );
    }
    this.#verify(frames[at + 1]!, parts);
    const [header, parentHeader, metadata, content] = parts.map(parse);
    return {
      identities: frames.slice(0, at),
      header: header as MessageHeader,
      parentHeader: parentHeader ?? {},
      metadata: metadata ?? {},
      content: content ?? {},
      buffers: frames.slice(at + 6),
    };
  }

  #sign(parts: readonly Uint8Array[]): string {
    const hmac = createHmac("sha256", this.#key);
    for (const part of parts) hmac.update(part);
    return hmac.digest("hex");
  }

  #verify(signature: Uint8Array, parts: readonly Uint8Array[]): void {
    const expected = encode(this.#sign(parts));
    if (signature.length === expected.length && timingSafeEqual(signature, expected)) return;
    throw new WireError("Cannot accept a message: its signature does not fit the connection file's key");
  }
}

function parse(part: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(decode(part));
  } catch (error) {
    throw new WireError(`Cannot read a message: ${(error as Error).message}`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new WireError(
    `Cannot read a message: a part is ${JSON.stringify(value)?.slice(0, 40)}, expected an object`,
  );
}

function encode(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
