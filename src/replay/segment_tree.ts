/**
 * The sum and minimum trees of prioritized replay: leaves are stored priorities, inner nodes always the sum (minimum) of
 * their two children, so that a tree rebuilt from its leaves is the same to the last bit.
 * @module
 */

/** Complete binary trees over `capacity` leaves: node 1 is the root, leaf i is node `leafOffset + i`. */
export class PriorityTrees {
  readonly capacity: number;
  readonly #leafOffset: number;
  readonly #sums: Float64Array;
  readonly #minima: Float64Array;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#leafOffset = 2 ** Math.ceil(Math.log2(Math.max(2, capacity)));
    this.#sums = new Float64Array(2 * this.#leafOffset);
    this.#minima = new Float64Array(2 * this.#leafOffset).fill(Infinity);
  }

  /** Σ of all stored values. */
  get total(): number {
    return this.#sums[1]!;
  }

  /** Smallest stored value; Infinity when there is none. */
  get minimum(): number {
    return this.#minima[1]!;
  }

  /** Stored value of leaf `index`. */
  get(index: number): number {
    return this.#sums[this.#leafOffset + index]!;
  }

  set(index: number, value: number): void {
    const sums = this.#sums;
    const minima = this.#minima;
    let node = this.#leafOffset + index;
    sums[node] = value;
    minima[node] = value;
    while (node > 1) {
      node >>>= 1;
      const left = 2 * node;
      sums[node] = sums[left]! + sums[left + 1]!;
      const a = minima[left]!;
      const b = minima[left + 1]!;
      minima[node] = a < b ? a : b;
    }
  }

  /**
   * The leaf i with Σ_{k<i} value_k ≤ mass < Σ_{k≤i} value_k: left where the left sum exceeds the mass, else right with
   * the left sum taken off.
   * @param mass in [0, total)
   */
  find(mass: number): number {
    const sums = this.#sums;
    let node = 1;
    let rest = mass;
    while (node < this.#leafOffset) {
      node *= 2;
      if (sums[node]! <= rest) rest -= sums[node++]!;
    }
    return node - this.#leafOffset;
  }

  /**
   * {@link find} for many masses at once, level by level: the draws then wait for memory together instead of in turn.
   * @param masses used up
   * @param leaves the leaf of each mass, overwritten
   */
  findAll(masses: Float64Array, leaves: Int32Array): void {
    const sums = this.#sums;
    const offset = this.#leafOffset;
    leaves.fill(1);
    for (let level = 1; level < offset; level *= 2) {
      for (let k = 0; k < leaves.length; k++) {
        let node = 2 * leaves[k]!;
        const left = sums[node]!;
        if (left <= masses[k]!) {
          masses[k]! -= left;
          node++;
        }
        leaves[k] = node;
      }
    }
    for (let k = 0; k < leaves.length; k++) leaves[k]! -= offset;
  }

  /**
   * {@link set} for many leaves at once, level by level (see {@link findAll}); of two values for one leaf the last stays.
   */
  setAll(indices: Int32Array, values: Float64Array): void {
    const sums = this.#sums;
    const minima = this.#minima;
    const offset = this.#leafOffset;
    for (let k = 0; k < indices.length; k++) {
      const node = offset + indices[k]!;
      sums[node] = values[k]!;
      minima[node] = values[k]!;
    }
    for (let level = 1; offset >>> level > 0; level++) {
      for (let k = 0; k < indices.length; k++) {
        const node = (offset + indices[k]!) >>> level;
        const left = 2 * node;
        sums[node] = sums[left]! + sums[left + 1]!;
        const a = minima[left]!;
        const b = minima[left + 1]!;
        minima[node] = a < b ? a : b;
      }
    }
  }

  /** The stored values of the first `count` leaves; a view. */
  leaves(count: number): Float64Array {
    return this.#sums.subarray(this.#leafOffset, this.#leafOffset + count);
  }

  /** Replaces the leaves from the first on and rebuilds every inner node. */
  restore(leaves: Float64Array): void {
    const offset = this.#leafOffset;
    this.#sums.fill(0);
    this.#minima.fill(Infinity);
    this.#sums.set(leaves, offset);
    this.#minima.set(leaves, offset);
    for (let node = offset - 1; node >= 1; node--) {
      this.#sums[node] = this.#sums[2 * node]! + this.#sums[2 * node + 1]!;
      this.#minima[node] = Math.min(this.#minima[2 * node]!, this.#minima[2 * node + 1]!);
    }
  }
}
