/**
 * Measures several sides in turn, A B C A B C …, so that a machine whose speed drifts is as unkind to one as to all.
 * @module
 */
import type { Program, WorkRequest } from "./program.ts";

/** One side of a comparison. */
export interface Side {
  readonly program: Program;
  readonly request: WorkRequest;
}

/** How long to measure. */
export interface Pace {
  /** Slices a side. */
  readonly rounds: number;
  /** Wished milliseconds of a slice, which has at least one unit of work. */
  readonly sliceMs: number;
}

/** Milliseconds of one unit of work, slice by slice in the order of the rounds; or why there are none. */
export type Slices = { readonly ms: readonly number[]; readonly parameters: number } | {
  readonly failed: string;
};

/** Measures all sides in turn; a side that fails is left out and says why. */
export async function alternate(sides: readonly Side[], pace: Pace): Promise<Slices[]> {
  const counted = [];
  for (const side of sides) counted.push(await prepare(side, pace.sliceMs));
  for (let round = 0; round < pace.rounds; round++) {
    for (const side of counted) await side.measure();
  }
  return counted.map(({ slices }) => slices());
}

async function prepare({ program, request }: Side, sliceMs: number) {
  const ms: number[] = [];
  let parameters = 0;
  let count = 1;
  let failed: string | undefined;
  const ask = async () => {
    try {
      const answer = await program.ask(request, count);
      parameters = answer.parameters;
      return answer.ms / count;
    } catch (error) {
      failed ??= (error as Error).message;
      return NaN;
    }
  };
  // Twice, since the first time includes compilers at work.
  for (let k = 0; k < 2 && failed === undefined; k++) {
    count = Math.max(1, Math.round(sliceMs / Math.max(await ask(), 1e-4))) || 1;
  }
  return {
    measure: async () => {
      if (failed !== undefined) return;
      const one = await ask();
      if (failed === undefined) ms.push(one);
    },
    slices: (): Slices => failed === undefined ? { ms, parameters } : { failed },
  };
}

/** The middle of figures, the mean of the middle two of an even number. */
export function medianOf(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
