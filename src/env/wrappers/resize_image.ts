/**
 * The three ways in which SuperSuit's libraries resize images, to the last bit (spec/wrappers.md §2).
 * @module
 */

/** How pixels between pixels are made. */
export type ResizeMethod = "bilinear" | "nearest" | "area";

/** What is resized to what. */
export interface ResizeOptions {
  /** [height, width, channels]. */
  readonly shape: readonly [number, number, number];
  /** Columns of the result. */
  readonly width: number;
  /** Rows of the result. */
  readonly height: number;
  readonly method: ResizeMethod;
  /** Whether values are bytes, which the original takes through float32 and cuts or rounds back. */
  readonly bytes: boolean;
}

/** Resizes one image: `from` and `to` are row-major, from their offsets on. */
export type Resizer = (from: Float32Array, fromOffset: number, to: Float32Array, toOffset: number) => void;

/** A pixel of the result along one axis: the sources and their weights. */
interface Tap {
  readonly sources: readonly number[];
  readonly weights: readonly number[];
}

const f = Math.fround;
const [FROM_BYTE, TO_BYTE] = [f(1 / 255), f(255)];

/**
 * A function that resizes images of one shape. Bilinear is tinyscaler's (SuperSuit since 3.4), whose grid is not the usual half-pixel one;
 * area is OpenCV's INTER_AREA (SuperSuit before), for shrinking.
 * @throws {RangeError} for area where the image grows
 *
 * @example
 * ```ts
 * import { resizer } from "relay/env/wrappers/resize_image.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const halve = resizer({ shape: [1, 4, 1], width: 2, height: 1, method: "nearest", bytes: false });
 * const half = new Float32Array(2);
 * halve(Float32Array.of(1, 2, 3, 4), 0, half, 0);
 * assertEquals([...half], [2, 4]);
 * ```
 */
export function resizer(options: ResizeOptions): Resizer {
  const { shape: [sourceHeight, sourceWidth], width, height, method } = options;
  if (method === "nearest") {
    return nearest(options, nearestTaps(sourceWidth, width), nearestTaps(sourceHeight, height));
  }
  if (method === "bilinear") {
    return bilinear(options, bilinearTaps(sourceWidth, width), bilinearTaps(sourceHeight, height));
  }
  if (width > sourceWidth || height > sourceHeight) {
    throw new RangeError(
      `Cannot resize ${sourceWidth}×${sourceHeight} to ${width}×${height} by area: expected a smaller result, or bilinear`,
    );
  }
  if (sourceWidth % width === 0 && sourceHeight % height === 0) return blockMean(options);
  return area(options, areaTaps(sourceWidth, width), areaTaps(sourceHeight, height));
}

function nearestTaps(source: number, target: number): Tap[] {
  const ratio = f(source / target);
  return Array.from(
    { length: target },
    (_, i) => ({ sources: [Math.trunc(f(f(i + 0.5) * ratio))], weights: [1] }),
  );
}

function bilinearTaps(source: number, target: number): Tap[] {
  const ratio = f((source - 1) / target);
  return Array.from({ length: target }, (_, i) => {
    const at = f(f(i + 0.5) * ratio);
    const first = Math.trunc(at);
    const second = f(at - first);
    return { sources: [first, Math.min(first + 1, source - 1)], weights: [f(1 - second), second] };
  });
}

/** OpenCV's table of overlaps; thinner slivers than a thousandth of a pixel are left out. */
function areaTaps(source: number, target: number): Tap[] {
  const scale = source / target;
  return Array.from({ length: target }, (_, i) => {
    const begin = i * scale;
    const end = begin + scale;
    const cell = Math.min(scale, source - begin);
    const last = Math.min(Math.floor(end), source - 1);
    const first = Math.min(Math.ceil(begin), last);
    const entries: [number, number][] = [];
    if (first - begin > 1e-3) entries.push([first - 1, f((first - begin) / cell)]);
    for (let k = first; k < last; k++) entries.push([k, f(1 / cell)]);
    if (end - last > 1e-3) entries.push([last, f(Math.min(Math.min(end - last, 1), cell) / cell)]);
    return { sources: entries.map(([k]) => k), weights: entries.map(([, weight]) => weight) };
  });
}

function nearest({ shape, width, height }: ResizeOptions, columns: Tap[], rows: Tap[]): Resizer {
  const [, W, C] = shape;
  return (from, fromOffset, to, toOffset) => {
    let out = toOffset;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const pixel = fromOffset + (rows[y]!.sources[0]! * W + columns[x]!.sources[0]!) * C;
        for (let c = 0; c < C; c++) to[out++] = from[pixel + c]!;
      }
    }
  };
}

function bilinear({ shape, width, height, bytes }: ResizeOptions, columns: Tap[], rows: Tap[]): Resizer {
  const [, W, C] = shape;
  const read = bytes ? (value: number) => f(value * FROM_BYTE) : (value: number) => value;
  const finish = bytes ? (value: number) => Math.trunc(f(value * TO_BYTE)) : (value: number) => value;
  return (from, fromOffset, to, toOffset) => {
    let out = toOffset;
    for (let y = 0; y < height; y++) {
      const [upper, lower] = rows[y]!.sources as [number, number];
      const [upperWeight, lowerWeight] = rows[y]!.weights as [number, number];
      const vertical = (index: number) =>
        f(
          f(read(from[fromOffset + upper * W * C + index]!) * upperWeight) +
            f(read(from[fromOffset + lower * W * C + index]!) * lowerWeight),
        );
      for (let x = 0; x < width; x++) {
        const [left, right] = columns[x]!.sources as [number, number];
        const [leftWeight, rightWeight] = columns[x]!.weights as [number, number];
        for (let c = 0; c < C; c++) {
          const [a, b] = [vertical(left * C + c), vertical(right * C + c)];
          to[out++] = finish(f(f(a * leftWeight) + f(b * rightWeight)));
        }
      }
    }
  };
}

function area({ shape, width, height, bytes }: ResizeOptions, columns: Tap[], rows: Tap[]): Resizer {
  const [, W, C] = shape;
  const finish = bytes ? (value: number) => clampByte(roundHalfToEven(value)) : (value: number) => value;
  return (from, fromOffset, to, toOffset) => {
    let out = toOffset;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let c = 0; c < C; c++) {
          const horizontal = (row: number) =>
            weigh(columns[x]!, (k) => from[fromOffset + (row * W + k) * C + c]!);
          to[out++] = finish(weigh(rows[y]!, horizontal));
        }
      }
    }
  };
}

/** Σ weight · value, rounded to float32 after every operation. */
function weigh({ sources, weights }: Tap, valueOf: (source: number) => number): number {
  let sum = 0;
  for (let k = 0; k < sources.length; k++) sum = f(sum + f(valueOf(sources[k]!) * weights[k]!));
  return sum;
}

/** Whole factors: the mean of each block; OpenCV rounds 2 × 2 blocks of bytes in integers. */
function blockMean({ shape, width, height, bytes }: ResizeOptions): Resizer {
  const [H, W, C] = shape;
  const [dy, dx] = [H / height, W / width];
  const share = f(1 / (dx * dy));
  const finish = !bytes
    ? (sum: number) => f(sum * share)
    : dx === 2 && dy === 2
    ? (sum: number) => (sum + 2) >> 2
    : (sum: number) => clampByte(roundHalfToEven(f(sum * share)));
  return (from, fromOffset, to, toOffset) => {
    let out = toOffset;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let c = 0; c < C; c++) {
          let sum = 0;
          for (let k = 0; k < dx * dy; k++) {
            const row = y * dy + Math.floor(k / dx);
            sum += from[fromOffset + (row * W + x * dx + k % dx) * C + c]!;
          }
          to[out++] = finish(sum);
        }
      }
    }
  };
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

function clampByte(value: number): number {
  return Math.min(255, Math.max(0, value));
}
