import { pngFile, type PngImage } from "relay/notebook/png.ts";

/** Opaque pixels, row by row. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** RGBA, 4 · width · height bytes; opacity is left out. */
  readonly data: Uint8Array;
}

/** Colours of the palette at most; with 256 a file of busy curves is a quarter larger and looks the same. */
const MOST_COLORS = 64;

/**
 * A PNG of at most 64 colours, for figures: a quarter of the size of one with all the shades that translucent bands make. Each
 * other colour becomes the nearest of them.
 */
export async function encodeIndexedPng({ width, height, data }: Pixels): Promise<Uint8Array> {
  const colors = new Uint32Array(width * height);
  for (let i = 0; i < colors.length; i++) {
    colors[i] = data[4 * i]! << 16 | data[4 * i + 1]! << 8 | data[4 * i + 2]!;
  }
  const counts = countsOf(colors);
  const palette = frequentColors(counts);
  const indices = new Map([...counts.keys()].map((color) => [color, nearest(color, palette)]));
  const rows = new Uint8Array(height * (1 + width));
  for (let y = 0; y < height; y++) {
    const from = y * (1 + width) + 1;
    for (let x = 0; x < width; x++) rows[from + x] = indices.get(colors[y * width + x]!)!;
  }
  const image: PngImage = {
    width,
    height,
    colorType: "indexed",
    rows,
    palette: Uint8Array.from(palette.flatMap(channels)),
  };
  return await pngFile(image);
}

function countsOf(colors: Uint32Array): Map<number, number> {
  const counts = new Map<number, number>();
  for (const color of colors) counts.set(color, (counts.get(color) ?? 0) + 1);
  return counts;
}

/** The colours that leave the least behind: each next one is that of most pixels times squared distance from the ones chosen. */
function frequentColors(counts: ReadonlyMap<number, number>): number[] {
  const candidates = [...merged(counts)].map(([color, count]) => ({ color, count, distance: Infinity }));
  const palette: number[] = [];
  while (palette.length < MOST_COLORS) {
    const next = candidates.reduce((best, other) =>
      other.count * other.distance > best.count * best.distance ? other : best
    );
    if (next.distance === 0) break;
    palette.push(next.color);
    for (const candidate of candidates) {
      candidate.distance = Math.min(candidate.distance, squaredDistance(candidate.color, next.color));
    }
  }
  return palette;
}

/** Pixels of each cube of 8 × 8 × 8 shades, by its most frequent colour, the most frequent first. */
function merged(counts: ReadonlyMap<number, number>): Map<number, number> {
  const byCount = [...counts].sort(([colorA, a], [colorB, b]) => b - a || colorA - colorB);
  if (byCount.length <= MOST_COLORS) return new Map(byCount);
  const cubes = new Map<number, number>();
  const pixels = new Map<number, number>();
  for (const [color, count] of byCount) {
    const cube = color & 0xf8f8f8;
    const known = cubes.get(cube) ?? color;
    cubes.set(cube, known);
    pixels.set(known, (pixels.get(known) ?? 0) + count);
  }
  return pixels;
}

function nearest(color: number, palette: readonly number[]): number {
  let best = 0;
  let least = Infinity;
  for (let i = 0; i < palette.length && least > 0; i++) {
    const distance = squaredDistance(color, palette[i]!);
    if (distance >= least) continue;
    least = distance;
    best = i;
  }
  return best;
}

function squaredDistance(a: number, b: number): number {
  return ((a >> 16) - (b >> 16)) ** 2 + ((a >> 8 & 255) - (b >> 8 & 255)) ** 2 + ((a & 255) - (b & 255)) ** 2;
}

function channels(color: number): [number, number, number] {
  return [color >> 16, color >> 8 & 255, color & 255];
}
