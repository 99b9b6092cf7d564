/**
 * A few drawing operations on an RGBA frame, shared by the environments' pictures.
 * @module
 */

import type { Frame } from "./parallel_env.ts";

/** Red, green, blue in 0 … 255 and opacity in [0, 1]. */
export type Colour = readonly [number, number, number, number];

/** Left, top, width and height in pixels. */
export type Rectangle = readonly [number, number, number, number];

/** A frame filled with one opaque colour. */
export function newFrame(width: number, height: number, colour: Colour): Frame {
  const frame = { width, height, data: new Uint8ClampedArray(width * height * 4).fill(255) };
  fillRectangle(frame, [0, 0, width, height], colour);
  return frame;
}

function blend({ width, height, data }: Frame, x: number, y: number, [r, g, b, opacity]: Colour): void {
  if (x < 0 || y < 0 || x >= width || y >= height) return;
  const at = (y * width + x) * 4;
  data[at] = data[at]! + (r - data[at]!) * opacity;
  data[at + 1] = data[at + 1]! + (g - data[at + 1]!) * opacity;
  data[at + 2] = data[at + 2]! + (b - data[at + 2]!) * opacity;
}

/** Blends a rectangle over the frame; what lies outside is cut off. */
export function fillRectangle(frame: Frame, [left, top, width, height]: Rectangle, colour: Colour): void {
  for (let y = top; y < top + height; y++) {
    for (let x = left; x < left + width; x++) blend(frame, x, y, colour);
  }
}

/** Blends a disc over the frame, its rim smoothed over one pixel; centre and radius in pixels. */
export function fillDisc(frame: Frame, disc: { x: number; y: number; radius: number }, colour: Colour): void {
  const [r, g, b, opacity] = colour;
  const reach = Math.ceil(disc.radius + 1);
  const x0 = Math.floor(disc.x);
  const y0 = Math.floor(disc.y);
  for (let y = y0 - reach; y <= y0 + reach; y++) {
    for (let x = x0 - reach; x <= x0 + reach; x++) {
      const distance = Math.hypot(x + 0.5 - disc.x, y + 0.5 - disc.y);
      const coverage = Math.min(1, Math.max(0, disc.radius + 0.5 - distance));
      if (coverage > 0) blend(frame, x, y, [r, g, b, opacity * coverage]);
    }
  }
}

const DIGIT_WIDTH = 3;
const DIGIT_HEIGHT = 5;
/** Five rows of three bits a digit, the highest bit leftmost. */
const DIGIT_ROWS = [
  [0b111, 0b101, 0b101, 0b101, 0b111],
  [0b010, 0b110, 0b010, 0b010, 0b111],
  [0b111, 0b001, 0b111, 0b100, 0b111],
  [0b111, 0b001, 0b011, 0b001, 0b111],
  [0b101, 0b101, 0b111, 0b001, 0b001],
  [0b111, 0b100, 0b111, 0b001, 0b111],
  [0b111, 0b100, 0b111, 0b101, 0b111],
  [0b111, 0b001, 0b010, 0b010, 0b010],
  [0b111, 0b101, 0b111, 0b101, 0b111],
  [0b111, 0b101, 0b111, 0b001, 0b111],
] as const;

/** Draws a nonnegative integer centred on (x, y), each pixel of its 3 by 5 digits `scale` pixels wide. */
export function drawNumber(
  frame: Frame,
  value: number,
  { x, y, scale, colour }: { x: number; y: number; scale: number; colour: Colour },
): void {
  const digits = Array.from(String(value), Number);
  const pitch = (DIGIT_WIDTH + 1) * scale;
  const left = Math.round(x - (digits.length * pitch - scale) / 2);
  const top = Math.round(y - DIGIT_HEIGHT * scale / 2);
  digits.forEach((digit, i) => {
    DIGIT_ROWS[digit]!.forEach((bits, row) => {
      for (let column = 0; column < DIGIT_WIDTH; column++) {
        if ((bits & (0b100 >> column)) === 0) continue;
        fillRectangle(frame, [left + i * pitch + column * scale, top + row * scale, scale, scale], colour);
      }
    });
  });
}
