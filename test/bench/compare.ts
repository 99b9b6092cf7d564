/**
 * Runs a comparison and makes its rows.
 * @module
 */
import type { Comparison, Peer } from "./cases.ts";
import { alternate, medianOf, type Side, type Slices } from "./pairing.ts";
import type { ProgramSource } from "./programs.ts";

/** Ours against one peer on as many threads, or ours alone. */
export interface Row {
  readonly bench: string;
  readonly case: string;
  readonly work: string;
  readonly unit: string;
  readonly threads: number;
  /** Best and middle of the slices, in the unit. */
  readonly ours: Best;
  readonly peer?: Best & { readonly name: string };
  /** How many times as fast we are: best against best, and the median over pairs of slices. */
  readonly speedup?: { readonly best: number; readonly median: number };
  /** In place of a peer's figures. */
  readonly failed?: string;
}

/** Of a duration the smallest, of a speed the largest; and the median. */
export interface Best {
  readonly best: number;
  readonly median: number;
}

type Measured = Exclude<Slices, { failed: string }>;

interface Contender extends Side {
  readonly threads: number;
  readonly peer?: Peer;
}

interface Peers {
  readonly side: Contender;
  readonly slices: Slices;
}

/**
 * Measures ours and every peer in turn.
 * @throws {Error} if ours fails; a peer that fails is a row that says so
 */
export async function compare(comparison: Comparison, programs: ProgramSource): Promise<Row[]> {
  const { sides, absent } = await contenders(comparison, programs);
  const slices = await alternate(sides, comparison.pace);
  return comparison.threads.flatMap((threads) => {
    const of = (isOurs: boolean) =>
      sides.flatMap((side, k) =>
        side.threads === threads && (side.peer === undefined) === isOurs ? [{ side, slices: slices[k]! }] : []
      );
    const ours = of(true)[0]!.slices;
    if ("failed" in ours) throw new Error(ours.failed);
    const common = {
      bench: comparison.bench,
      case: comparison.label ?? comparison.case,
      work: comparison.work,
      unit: comparison.unit,
      threads,
      ours: figuresOf(comparison, ours.ms, comparison.perWork.ours),
    };
    const rows = of(false).map(({ side, slices }) => ({
      ...common,
      ...against(comparison, ours, { side, slices }),
    }));
    const missing = absent.map((failed) => ({ ...common, failed }));
    return rows.length + missing.length > 0 ? [...rows, ...missing] : [common];
  });
}

async function contenders(comparison: Comparison, programs: ProgramSource) {
  const { case: name, work, details, threads } = comparison;
  const request = { case: name, work, ...details };
  const sides: Contender[] = [];
  const absent: string[] = [];
  for (const count of threads) {
    sides.push({
      program: await programs.ours(count),
      threads: count,
      request: { ...request, threads: count },
    });
  }
  for (const peer of programs.hasPeers ? comparison.peers : []) {
    for (const count of threads) {
      const program = await programs.peer(peer.script, count).catch((error: Error) =>
        void absent.push(error.message)
      );
      if (!program) break;
      sides.push({
        program,
        threads: count,
        peer,
        request: { ...request, variant: peer.variant, threads: count },
      });
    }
  }
  return { sides, absent };
}

function against(comparison: Comparison, ours: Measured, { side, slices }: Peers): Partial<Row> {
  if ("failed" in slices) return { failed: slices.failed };
  if (slices.parameters > 0 && slices.parameters !== ours.parameters) {
    const sizes = `${slices.parameters} parameters, ours ${ours.parameters}`;
    return { failed: `${side.program.name} has another network: ${sizes}` };
  }
  const { name, version } = side.program;
  const figures = figuresOf(comparison, slices.ms, comparison.perWork.peers);
  const perSlice = slices.ms.map((ms, round) => ms / ours.ms[round]!);
  const sameWork = comparison.perWork.ours / comparison.perWork.peers;
  return {
    peer: { name: `${name} ${version}, ${side.peer?.variant}`, ...figures },
    speedup: {
      best: sameWork * Math.min(...slices.ms) / Math.min(...ours.ms),
      median: sameWork * medianOf(perSlice),
    },
  };
}

/** Slices' durations in the comparison's unit. */
function figuresOf({ unit }: Comparison, ms: readonly number[], perWork: number): Best {
  const inUnit = (one: number) => unit === "ms" ? one : unit === "µs" ? 1000 * one : 1000 * perWork / one;
  return { best: inUnit(Math.min(...ms)), median: inUnit(medianOf(ms)) };
}
