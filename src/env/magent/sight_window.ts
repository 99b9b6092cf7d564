import type { GridPlan, TeamPlan } from "./grid_plan.ts";

const BITS = 32;

/** Where the fields of a packed row begin. */
export const LEFT_SHIFT = 5;
export const RIGHT_SHIFT = 10;
export const DOWN_SHIFT = 15;

/**
 * The circle that an agent of a team sees, its rows packed into words of 32 cells. Few words, because a processor mispredicts about
 * once a word where its bits end.
 */
export interface SightWindow {
  /** `[words]`: where the rows of each word end in `rows`. */
  readonly ends: Int32Array;
  /**
   * `[side]`, word by word: a row's first bit in its word; from LEFT_SHIFT on 32 − width − first column, from RIGHT_SHIFT on
   * 32 − width (5 bits each); from DOWN_SHIFT on the words of the map's bitmap from the window's top row to this one.
   */
  readonly rows: Int32Array;
  /**
   * `[words, 32]`, by the leading zeros of a cell's bit: low 16 bits from the window's upper left cell of the map to this one, high 16 bits
   * where the cell begins in an observation.
   */
  readonly cells: Int32Array;
}

/** A row of the circle. */
interface Span {
  readonly row: number;
  readonly column: number;
  readonly width: number;
}

/**
 * The window of a team of a plan.
 * @param bitsApart cells from one word of the map's bitmap to the next
 */
export function sightWindow(plan: GridPlan, team: TeamPlan, bitsApart: number): SightWindow {
  const { stride, obsSide, obsChannels } = plan;
  const words = packSpans(Array.from(team.sightBits, spanOf));
  const rows: number[] = [];
  const ends: number[] = [];
  const cells = new Int32Array(words.length * BITS);
  words.forEach((spans, word) => {
    let first = 0;
    for (const { row, column, width } of spans) {
      const down = row * stride / bitsApart;
      const [left, right] = [BITS - width - column, BITS - width];
      rows.push(down << DOWN_SHIFT | right << RIGHT_SHIFT | left << LEFT_SHIFT | first);
      for (let k = column; k < column + width; k++) {
        const zeros = BITS - 1 - (first + k - column);
        cells[word * BITS + zeros] = row * stride + k | (row * obsSide + k) * obsChannels << 16;
      }
      first += width;
    }
    ends.push(rows.length);
  });
  return { ends: Int32Array.from(ends), rows: Int32Array.from(rows), cells };
}

/** @param bits of a row's columns in the circle, which follow each other */
function spanOf(bits: number, row: number): Span {
  const column = BITS - 1 - Math.clz32(bits & -bits);
  return { row, column, width: BITS - Math.clz32(bits) - column };
}

/** Rows in as few words as first-fit decreasing gives. */
function packSpans(spans: readonly Span[]): Span[][] {
  const words: Span[][] = [];
  const widthOf = (word: readonly Span[]) => word.reduce((sum, { width }) => sum + width, 0);
  for (const span of spans.toSorted((one, other) => other.width - one.width)) {
    const word = words.find((word) => widthOf(word) + span.width <= BITS);
    if (word) word.push(span);
    else words.push([span]);
  }
  return words;
}
