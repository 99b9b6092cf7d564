/**
 * Messages on their way through, of which only as much is read as is needed: a figure's megabytes are passed on as they came.
 * @module
 */
import type { MessageHeader } from "relay/notebook/kernel/jupyter_wire.ts";

/** Content of private messages (fences, uncaught errors) is short; longer content is not looked at. */
const MAX_READ_BYTES = 1 << 16;
/** Length of the delimiter `<IDS|MSG>`, which no identity of ours has. */
const DELIMITER_BYTES = 9;

/** A message as its frames. */
export class RawMessage {
  readonly frames: readonly Uint8Array[];
  readonly header: MessageHeader;
  readonly parentHeader: Partial<MessageHeader>;
  readonly #contentFrame: Uint8Array | undefined;

  constructor(frames: readonly Uint8Array[]) {
    const at = frames.findIndex((frame) => frame.length === DELIMITER_BYTES && text(frame) === "<IDS|MSG>");
    this.frames = frames;
    this.header = JSON.parse(text(frames[at + 2]!));
    this.parentHeader = JSON.parse(text(frames[at + 3]!));
    this.#contentFrame = frames[at + 5];
  }

  get type(): string {
    return this.header.msg_type;
  }

  /** Id of the request that this belongs to. */
  get parentId(): string {
    return this.parentHeader.msg_id ?? "";
  }

  /** The content when it is short; `{}` else. */
  shortContent(): Readonly<Record<string, unknown>> {
    const frame = this.#contentFrame;
    return frame && frame.length <= MAX_READ_BYTES ? JSON.parse(text(frame)) : {};
  }

  /** What a display has for a MIME type of ours, when it is short. */
  shortData(mime: string): unknown {
    const { data } = this.shortContent();
    return data instanceof Object ? Reflect.get(data, mime) : undefined;
  }
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
