/**
 * The sliding window of an agent's latest |δ| that deterministic selectors take their threshold from (spec/super.md §4.1).
 * @module
 */

/** What a selector may read of the window; the fragment under selection is already part of it. */
export interface TdErrorWindow {
  /** Number of |δ| in the window, at most its size k. */
  readonly length: number;
  /** All |δ| in ascending order; a copy. */
  readonly sorted: Float64Array;
  /** μ of the window; NaN when it is empty. */
  mean(): number;
  /** Population variance (ddof 0) of the window; NaN when it is empty. */
  variance(): number;
  /**
   * Linearly interpolated quantile: p = q(n−1), j = ⌊p⌋, x_j + (p − j)(x_{j+1} − x_j) (numpy's default).
   * @param q fraction in [0, 1]
   * @returns NaN when the window is empty
   */
  quantile(q: number): number;
}

/**
 * First in, first out over the last `size` values, kept sorted beside it: pushing costs one binary search and one
 * move, so that a quantile an update of all agents is cheap.
 *
 * @example
 * ```ts
 * import { SlidingWindow } from "relay/share/td_error_window.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const window = new SlidingWindow(3);
 * window.push([5, 1, 2, 4]);
 * assertEquals([...window.sorted], [1, 2, 4]);
 * assertEquals(window.quantile(0.75), 3);
 * ```
 */
export class SlidingWindow implements TdErrorWindow {
  /** k, in transitions. */
  readonly size: number;
  readonly #arrivals: Float64Array;
  readonly #ascending: Float64Array;
  #length = 0;
  #next = 0;

  constructor(size: number) {
    if (!Number.isInteger(size) || size < 1) {
      throw new RangeError(`Cannot make a window of ${size} TD errors: expected an integer ≥ 1`);
    }
    this.size = size;
    this.#arrivals = new Float64Array(size);
    this.#ascending = new Float64Array(size);
  }

  get length(): number {
    return this.#length;
  }

  get sorted(): Float64Array {
    return this.#ascending.slice(0, this.#length);
  }

  /** Appends values in order of time; the oldest leave. */
  push(absTdErrors: ArrayLike<number>): void {
    for (let i = 0; i < absTdErrors.length; i++) {
      if (this.#length === this.size) this.#remove(this.#arrivals[this.#next]!);
      this.#insert(absTdErrors[i]!);
      this.#arrivals[this.#next] = absTdErrors[i]!;
      this.#next = (this.#next + 1) % this.size;
    }
  }

  mean(): number {
    let sum = 0;
    for (let i = 0; i < this.#length; i++) sum += this.#ascending[i]!;
    return sum / this.#length;
  }

  variance(): number {
    const mean = this.mean();
    let sum = 0;
    for (let i = 0; i < this.#length; i++) sum += (this.#ascending[i]! - mean) ** 2;
    return sum / this.#length;
  }

  quantile(q: number): number {
    if (this.#length === 0) return NaN;
    const p = q * (this.#length - 1);
    const j = Math.min(Math.floor(p), this.#length - 1);
    const low = this.#ascending[j]!;
    const high = this.#ascending[Math.min(j + 1, this.#length - 1)]!;
    return low + (p - j) * (high - low);
  }

  /** The values in order of arrival, oldest first. */
  save(): number[] {
    const oldest = this.#length === this.size ? this.#next : 0;
    return Array.from({ length: this.#length }, (_, i) => this.#arrivals[(oldest + i) % this.size]!);
  }

  /** Replaces the content by what `save` gave. */
  restore(values: readonly number[]): void {
    this.#length = 0;
    this.#next = 0;
    this.push(values);
  }

  #insert(value: number): void {
    const at = this.#lowerBound(value);
    this.#ascending.copyWithin(at + 1, at, this.#length);
    this.#ascending[at] = value;
    this.#length++;
  }

  #remove(value: number): void {
    const at = this.#lowerBound(value);
    this.#ascending.copyWithin(at, at + 1, this.#length);
    this.#length--;
  }

  #lowerBound(value: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ascending[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
