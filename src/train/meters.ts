/** Running means between two reports. */
export class Meters {
  #sums = new Map<string, { sum: number; count: number }>();

  /** Adds values to the mean of a metric. */
  add(metric: string, values: ArrayLike<number>): void {
    let entry = this.#sums.get(metric);
    if (!entry) this.#sums.set(metric, entry = { sum: 0, count: 0 });
    for (let i = 0; i < values.length; i++) entry.sum += values[i]!;
    entry.count += values.length;
  }

  /** The means since the last call. */
  take(): [metric: string, mean: number][] {
    const means = [...this.#sums].map(([metric, { sum, count }]): [string, number] => [metric, sum / count]);
    this.#sums.clear();
    return means;
  }

  save(): [string, { sum: number; count: number }][] {
    return [...this.#sums];
  }

  restore(saved: ReturnType<Meters["save"]>): void {
    this.#sums = new Map(saved);
  }
}
