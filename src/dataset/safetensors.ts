/**
 * The safetensors format: an 8-byte little-endian header length, a JSON header, then the tensors' bytes one after the other.
 * @module
 */

/** A typed array that a file may hold. */
export type TensorData = Float32Array | Float64Array | Int32Array | Uint8Array;

/** One named array with its shape. */
export interface StoredTensor {
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** What a file holds. */
export interface Safetensors {
  readonly tensors: Readonly<Record<string, StoredTensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

type Dtype = "F32" | "F64" | "I32" | "U8";
interface Header {
  readonly [name: string]: { dtype: Dtype; shape: number[]; data_offsets: [number, number] };
}

const ARRAYS = { F32: Float32Array, F64: Float64Array, I32: Int32Array, U8: Uint8Array };

/**
 * Tensors as bytes; the same content gives the same bytes.
 *
 * @example
 * ```ts
 * import { decodeSafetensors, encodeSafetensors } from "relay/dataset/safetensors.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const tensors = { w: { shape: [2], data: Float32Array.of(1, 2) } };
 * assertEquals(decodeSafetensors(encodeSafetensors({ tensors, metadata: { a: "b" } })).tensors, tensors);
 * ```
 */
export function encodeSafetensors({ tensors, metadata }: Safetensors): Uint8Array {
  let offset = 0;
  const header: Record<string, unknown> = { __metadata__: metadata };
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    header[name] = { dtype: dtypeOf(data), shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + padded + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.fill(0x20, 8, 8 + padded).set(json, 8);
  let at = 8 + padded;
  for (const { data } of Object.values(tensors)) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * The tensors of a file; copies.
 * @throws {SyntaxError} when the bytes are no safetensors file or end too early
 */
export function decodeSafetensors(bytes: Uint8Array): Safetensors {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = bytes.length >= 8 ? Number(view.getBigUint64(0, true)) : Infinity;
  if (8 + headerLength > bytes.length) {
    throw new SyntaxError(`Cannot read ${bytes.length} bytes as safetensors: the header does not fit`);
  }
  const text = new TextDecoder().decode(bytes.subarray(8, 8 + headerLength));
  const { __metadata__: metadata, ...entries } = JSON.parse(text) as Header & {
    __metadata__?: Record<string, string>;
  };
  const body = 8 + headerLength;
  const tensors: Record<string, StoredTensor> = {};
  for (const [name, { dtype, shape, data_offsets: [from, to] }] of Object.entries(entries as Header)) {
    if (!(dtype in ARRAYS)) {
      throw new SyntaxError(`Cannot read tensor ${name}: dtype ${dtype}, expected F32, F64, I32 or U8`);
    }
    if (body + to > bytes.length) {
      throw new SyntaxError(
        `Cannot read tensor ${name}: it ends at byte ${body + to} of a file of ${bytes.length}`,
      );
    }
    tensors[name] = { shape, data: new ARRAYS[dtype](bytes.slice(body + from, body + to).buffer) };
  }
  return { tensors, metadata: metadata ?? {} };
}

function dtypeOf(data: TensorData): Dtype {
  if (data instanceof Float32Array) return "F32";
  if (data instanceof Float64Array) return "F64";
  return data instanceof Int32Array ? "I32" : "U8";
}
