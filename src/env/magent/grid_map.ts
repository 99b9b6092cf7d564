import { EMPTY, FIRST_AGENT, type GridPlan, WALL } from "./grid_plan.ts";

/** Cells from one word of the bitmap to the next, and its logarithm. */
export const BITS_APART = 16;
export const LOG_BITS_APART = 4;

/** What lies where in E copies of a map. */
export class GridMap {
  /** `[E, cells]`: EMPTY, WALL or FIRST_AGENT + i; in two bytes where all of them fit, since caches are small. */
  readonly cells: Uint16Array | Int32Array;
  /**
   * `[E, cells / 16]`: a bit for every cell of the map that is not empty, 32 from every 16th on, so that one word has any 17 that
   * follow each other; the margin has none.
   */
  readonly bits: Int32Array;
  readonly #plan: GridPlan;

  constructor(plan: GridPlan, copies: number) {
    this.#plan = plan;
    const CellArray = FIRST_AGENT + plan.agents <= 2 ** 16 ? Uint16Array : Int32Array;
    this.cells = new CellArray(copies * plan.cells);
    this.bits = new Int32Array(copies * plan.cells / BITS_APART);
  }

  /** Leaves nothing in copy e but the ring of walls and, if wished, the inner walls. */
  clear(e: number, walls?: Int32Array): void {
    const { cells, bare, ring } = this.#plan;
    this.cells.set(bare, e * cells);
    this.bits.fill(0, e * cells / BITS_APART, (e + 1) * cells / BITS_APART);
    for (const cell of ring) this.set(e, cell, WALL);
    if (!walls) return;
    const count = this.#plan.walls;
    for (let k = e * count; k < (e + 1) * count; k++) this.set(e, walls[k]!, WALL);
  }

  /** What lies on a cell of copy e. */
  at(e: number, cell: number): number {
    return this.cells[e * this.#plan.cells + cell]!;
  }

  /** Puts something onto a cell of copy e, or EMPTY. */
  set(e: number, cell: number, content: number): void {
    const at = e * this.#plan.cells + cell;
    this.cells[at] = content;
    const word = at >> LOG_BITS_APART;
    const bit = 1 << (at & (BITS_APART - 1));
    // The margin lies before every cell that is set: there is a word before its own.
    if (content === EMPTY) {
      this.bits[word]! &= ~bit;
      this.bits[word - 1]! &= ~(bit << BITS_APART);
    } else {
      this.bits[word]! |= bit;
      this.bits[word - 1]! |= bit << BITS_APART;
    }
  }

  /** Puts something onto all cells of a body of copy e, whose upper left cell is `place`. */
  setBody(e: number, body: Int32Array, { place, content }: { place: number; content: number }): void {
    for (let k = 0; k < body.length; k++) this.set(e, place + body[k]!, content);
  }

  /** Whether a body has room at `place`; the cells of its `owner` count as free. */
  isFree(e: number, body: Int32Array, { place, owner }: { place: number; owner: number }): boolean {
    for (let k = 0; k < body.length; k++) {
      const content = this.at(e, place + body[k]!);
      if (content !== EMPTY && content !== owner) return false;
    }
    return true;
  }
}
