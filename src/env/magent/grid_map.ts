import { EMPTY, type GridPlan, WALL } from "./grid_plan.ts";

/** What lies where in E copies of a map. */
export class GridMap {
  /** `[E, cells]`: EMPTY, WALL or FIRST_AGENT + i. */
  readonly cells: Int32Array;
  /** `[E, cells / 32]` and one word: a bit for every cell of the map that is not empty; the margin has none. */
  readonly bits: Int32Array;
  readonly #plan: GridPlan;

  constructor(plan: GridPlan, copies: number) {
    this.#plan = plan;
    this.cells = new Int32Array(copies * plan.cells);
    this.bits = new Int32Array(copies * plan.cells / 32 + 1);
  }

  /** Leaves nothing in copy e but the ring of walls and, if wished, the inner walls. */
  clear(e: number, walls?: Int32Array): void {
    const { cells, bare, ring } = this.#plan;
    this.cells.set(bare, e * cells);
    this.bits.fill(0, e * cells / 32, (e + 1) * cells / 32);
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
    if (content === EMPTY) this.bits[at >> 5]! &= ~(1 << (at & 31));
    else this.bits[at >> 5]! |= 1 << (at & 31);
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
