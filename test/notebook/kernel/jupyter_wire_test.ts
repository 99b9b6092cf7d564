import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { JupyterWire, WireError } from "relay/notebook/kernel/jupyter_wire.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

describe("JupyterWire", () => {
  const wire = new JupyterWire("a key");
  const message = wire.compose("execute_request", { code: 'print("δ < ε")' }, {
    identities: [bytes("route")],
    buffers: [Uint8Array.of(0, 255)],
  });

  it("unpacks what it packed", () => {
    assertEquals(new JupyterWire("a key").unpack(wire.pack(message)), message);
  });

  it("signs as Jupyter does", () => {
    const fixed = { ...message, identities: [], buffers: [], content: {} };
    const header = { msg_id: "1", msg_type: "t", session: "s", username: "u", date: "d", version: "5.3" };
    const [delimiter, signature] = wire.pack({ ...fixed, header }).map((frame) =>
      new TextDecoder().decode(frame)
    );
    assertEquals(delimiter, "<IDS|MSG>");
    // python3: hmac.new(b"a key", b'{"msg_id":"1",…}' + b"{}" + b"{}" + b"{}", "sha256").hexdigest()
    assertEquals(signature, "4da04623338480532d1f5701cb71dc7ea23fd22256714f8f2b12d744b5dd2277");
  });

  it("rejects another key's signature and a changed part", () => {
    const frames = wire.pack(message);
    assertThrows(() => new JupyterWire("another").unpack(frames), WireError, "signature");
    const changed = frames.with(6, bytes('{"code":"Deno.exit()"}'));
    assertThrows(() => wire.unpack(changed), WireError, "signature");
    assertThrows(() => wire.unpack(frames.with(2, new Uint8Array(0))), WireError, "signature");
  });

  it("rejects frames that are no message", () => {
    assertThrows(() => wire.unpack([]), WireError, "0 frames");
    assertThrows(() => wire.unpack(wire.pack(message).slice(0, 4)), WireError, "frames");
  });

  it("gives every message an id of its own", () => {
    assertNotEquals(wire.compose("t", {}).header.msg_id, wire.compose("t", {}).header.msg_id);
  });
});
