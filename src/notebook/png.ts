import { crc32 } from "node:zlib";
import type { Frame } from "relay/env/parallel_env.ts";

const SIGNATURE = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);

/** A frame as a PNG file (8-bit RGB, unfiltered rows); its opacity is left out. */
export async function encodePng({ width, height, data }: Frame): Promise<Uint8Array> {
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint16(8, 0x0802); // 8 bits a sample, RGB
  const rows = new Uint8Array(height * (1 + 3 * width));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * 4;
      rows.set(data.subarray(from, from + 3), y * (1 + 3 * width) + 1 + 3 * x);
    }
  }
  const stream = new Blob([rows]).stream().pipeThrough(new CompressionStream("deflate"));
  const chunks = [
    SIGNATURE,
    chunk("IHDR", new Uint8Array(header.buffer)),
    chunk("IDAT", await new Response(stream).bytes()),
    chunk("IEND", new Uint8Array()),
  ];
  return await new Blob(chunks as Uint8Array<ArrayBuffer>[]).bytes();
}

/** Length, type, data and their checksum. */
function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}
