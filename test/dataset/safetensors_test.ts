import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { decodeSafetensors, encodeSafetensors } from "relay/dataset/safetensors.ts";

const tensors = {
  "online/fc1.weight": { shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 0, Infinity, 1e-30) },
  priorities: { shape: [2], data: Float64Array.of(0.1, 1 / 3) },
  actions: { shape: [3], data: Int32Array.of(-1, 0, 7) },
  env: { shape: [1], data: Uint8Array.of(255) },
};

describe("safetensors", () => {
  it("come back as they were written, of every dtype", () => {
    const back = decodeSafetensors(encodeSafetensors({ tensors, metadata: { preset: "fc" } }));
    assertEquals(back.tensors, tensors);
    assertEquals(back.metadata, { preset: "fc" });
  });

  it("are laid out as the format says", () => {
    const bytes = encodeSafetensors({ tensors: { a: { shape: [1], data: Int32Array.of(1) } }, metadata: {} });
    const headerLength = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    assertEquals(headerLength % 8, 0);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerLength)));
    assertEquals(header, { __metadata__: {}, a: { dtype: "I32", shape: [1], data_offsets: [0, 4] } });
    assertEquals([...bytes.subarray(8 + headerLength)], [1, 0, 0, 0]);
  });

  it("that are cut short say which tensor is incomplete", () => {
    const bytes = encodeSafetensors({ tensors, metadata: {} });
    assertThrows(() => decodeSafetensors(bytes.subarray(0, bytes.length - 1)), SyntaxError, "tensor env");
    assertThrows(() => decodeSafetensors(bytes.subarray(0, 5)), SyntaxError, "the header does not fit");
  });

  it("of an unknown dtype are refused", () => {
    const header = new TextEncoder().encode('{"a":{"dtype":"F16","shape":[0],"data_offsets":[0,0]}}  ');
    const bytes = new Uint8Array(8 + header.length);
    bytes[0] = header.length;
    bytes.set(header, 8);
    assertThrows(() => decodeSafetensors(bytes), SyntaxError, "dtype F16, expected F32");
  });
});
