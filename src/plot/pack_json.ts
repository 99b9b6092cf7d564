import type { Figure } from "relay/plot/figure.ts";

/** Plotly's names of array types. */
const DTYPES = new Map<unknown, string>([[Float64Array, "f8"], [Float32Array, "f4"], [Int32Array, "i4"]]);

/**
 * A figure as JSON text, each typed array as Plotly's `{dtype, bdata}` (base64 of its little-endian bytes): exact,
 * NaN gaps included, and shorter than decimals.
 *
 * @example
 * ```ts
 * import { packJson } from "relay/plot/pack_json.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(packJson({ x: new Int32Array([1, 2]) }), '{"x":{"dtype":"i4","bdata":"AQAAAAIAAAA="}}');
 * ```
 */
export function packJson(value: Figure | Readonly<Record<string, unknown>>): string {
  return JSON.stringify(value, (_key, part) => {
    const dtype = ArrayBuffer.isView(part) ? DTYPES.get(part.constructor) : undefined;
    if (dtype === undefined) return part;
    const { buffer, byteOffset, byteLength } = part as ArrayBufferView<ArrayBuffer>;
    return { dtype, bdata: new Uint8Array(buffer, byteOffset, byteLength).toBase64() };
  });
}
