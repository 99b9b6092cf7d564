/** The cells of a circular range, in the order of actions: row by row, and in a row from left to right. */
export interface CircleRange {
  /** Side of the square around the circle. */
  readonly side: number;
  /** Row and column of the middle in that square; the lower right one of the middle four where the side is even. */
  readonly centre: number;
  /** `[dx, dy]` from the middle. */
  readonly offsets: readonly (readonly [number, number])[];
}

/** What the original adds to a radius before it compares distances. */
const TOLERANCE = 1e-8;

/**
 * Cells with inner ≤ distance ≤ radius (spec/env_magent.md §2).
 * @param parity 1 for an odd side; 0 for an even one, where distances count from the corner that the middle cells share
 *
 * @example
 * ```ts
 * import { circleRange } from "relay/env/magent/circle_range.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(circleRange(1, 0, 1).offsets, [[0, -1], [-1, 0], [0, 0], [1, 0], [0, 1]]);
 * ```
 */
export function circleRange(radius: number, inner: number, parity: 0 | 1): CircleRange {
  const centre = Math.trunc(radius);
  const side = 2 * Math.trunc(radius + TOLERANCE) + parity;
  const shift = parity === 0 ? 0.5 : 0;
  const offsets: [number, number][] = [];
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const distance = Math.sqrt((column - centre + shift) ** 2 + (row - centre + shift) ** 2);
      if (distance < radius + TOLERANCE && distance > inner - TOLERANCE) {
        offsets.push([column - centre, row - centre]);
      }
    }
  }
  return { side, centre, offsets };
}
