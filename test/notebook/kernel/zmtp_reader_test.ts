import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ZmtpReader } from "relay/notebook/kernel/zmtp_reader.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

/** A message as Deno's kernel sends it on iopub, with content of that many bytes. */
function message(name: string, contentBytes: number): Uint8Array[] {
  const content = JSON.stringify({
    text: name.padEnd(contentBytes - JSON.stringify({ text: "" }).length, "x"),
  });
  const parts = ["<IDS|MSG>", "f".repeat(64), JSON.stringify({ name }), "{}", "{}", content];
  return parts.map(utf8);
}

function bytesOf(frames: readonly Uint8Array[]): number[] {
  return frames.flatMap((body, i) => {
    const more = i < frames.length - 1 ? 1 : 0;
    if (body.length < 256) return [more, body.length, ...body];
    const length = new Uint8Array(8);
    new DataView(length.buffer).setBigUint64(0, BigInt(body.length));
    return [more | 2, ...length, ...body];
  });
}

/** Reads all messages of a stream that arrives in pieces. */
async function readAll(bytes: readonly number[], pieceBytes: number): Promise<Uint8Array[][]> {
  let at = 0;
  const reader = new ZmtpReader({
    read(into) {
      if (at === bytes.length) return Promise.resolve(null);
      const piece = bytes.slice(at, at + Math.min(pieceBytes, into.length));
      into.set(piece);
      at += piece.length;
      return Promise.resolve(piece.length);
    },
  });
  const messages: Uint8Array[][] = [];
  for (let next = await reader.readMessage(); next; next = await reader.readMessage()) messages.push(next);
  return messages;
}

describe("ZmtpReader", () => {
  const torn = message("torn", 600);
  const [first, second, last] = [message("first", 30), message("second", 300), message("last", 40)];
  const wholeBytes = bytesOf(torn);
  const contentAt = wholeBytes.length - 600;

  it("reads messages whatever the pieces in which they arrive", async () => {
    const bytes = [...wholeBytes, ...bytesOf(first), ...bytesOf(second)];
    for (const pieceBytes of [1, 7, 100, 1e6]) {
      assertEquals(await readAll(bytes, pieceBytes), [torn, first, second], `${pieceBytes}`);
    }
  });

  it("puts a message together again that others stand in, wherever they do", async () => {
    for (let at = contentAt + 1; at <= wholeBytes.length - 1; at++) {
      const bytes = [
        ...wholeBytes.slice(0, at),
        ...bytesOf(first),
        ...bytesOf(second),
        ...wholeBytes.slice(at),
        ...bytesOf(last),
      ];
      assertEquals(
        await readAll(bytes, 5000),
        [torn, first, second, last],
        `torn at ${at - contentAt} of 600`,
      );
    }
  });

  it("does so for messages that stand at different places of one, between its frames too", async () => {
    const betweenFrames = contentAt - 9; // before the header of the content's frame
    const bytes = [
      ...wholeBytes.slice(0, betweenFrames),
      ...bytesOf(first),
      ...wholeBytes.slice(betweenFrames, contentAt + 100),
      ...bytesOf(second),
      ...wholeBytes.slice(contentAt + 100, contentAt + 400),
      ...bytesOf(first),
      ...wholeBytes.slice(contentAt + 400),
      ...bytesOf(last),
    ];
    assertEquals(await readAll(bytes, 64), [torn, first, second, first, last]);
  });

  it("does so for a message that is itself torn inside another", async () => {
    const inner = bytesOf(second);
    const nested = [...inner.slice(0, -100), ...bytesOf(first), ...inner.slice(-100)];
    const bytes = [...wholeBytes.slice(0, -50), ...nested, ...wholeBytes.slice(-50)];
    const names = (await readAll(bytes, 1e6)).map((frames) => new TextDecoder().decode(frames[2]));
    assertEquals(names.toSorted(), ['{"name":"first"}', '{"name":"second"}', '{"name":"torn"}']);
  });

  it("leaves frames of binary data alone", async () => {
    const binary = [...message("binary", 30), utf8("\x01\x09<IDS|MSG>\x01")];
    assertEquals(await readAll([...bytesOf(binary), ...bytesOf(last)], 1e6), [binary, last]);
  });
});
