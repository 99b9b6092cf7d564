import { crc32, deflateSync } from "node:zlib";
import type { Frame } from "relay/env/parallel_env.ts";

const SIGNATURE = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);

/** Codes of the PNG specification. */
const COLOR_TYPES = { rgb: 2, indexed: 3 } as const;

/** What a PNG of 8 bits a sample is made from. */
export interface PngImage {
  readonly width: number;
  readonly height: number;
  readonly colorType: keyof typeof COLOR_TYPES;
  /** Unfiltered: each row begins with a zero. */
  readonly rows: Uint8Array<ArrayBuffer>;
  /** RGB of each index, for indexed images. */
  readonly palette?: Uint8Array;
}

/** A frame as a PNG file (8-bit RGB, unfiltered rows); its opacity is left out. */
export async function encodePng({ width, height, data }: Frame): Promise<Uint8Array> {
  const rows = new Uint8Array(height * (1 + 3 * width));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * 4;
      rows.set(data.subarray(from, from + 3), y * (1 + 3 * width) + 1 + 3 * x);
    }
  }
  return await pngFile({ width, height, colorType: "rgb", rows });
}

/** The file of an image. */
export async function pngFile({ width, height, colorType, rows, palette }: PngImage): Promise<Uint8Array> {
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, 8);
  header.setUint8(9, COLOR_TYPES[colorType]);
  const chunks = [
    SIGNATURE,
    chunk("IHDR", new Uint8Array(header.buffer)),
    ...(palette ? [chunk("PLTE", palette)] : []),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
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
