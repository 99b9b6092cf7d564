/**
 * A run's rows as columns, so that they take little room and come back as they were.
 * @module
 */
import * as v from "valibot";
import type { Row } from "relay/train/row.ts";

const whole = v.pipe(v.number(), v.integer());

/** Rows of one run as plain JSON; rows that share their steps, updates and time are one report. */
export const PackedRows = v.strictObject({
  /** Which metrics come together in a report, in their order; each such list once. */
  kinds: v.array(v.array(v.string())),
  /** One number a report: its place in `kinds`, and what has passed since the report before. */
  reports: v.strictObject({
    kind: v.array(whole),
    envSteps: v.array(whole),
    updates: v.array(whole),
    elapsedMs: v.array(whole),
  }),
  /** The values of each metric in order: the shortest decimals that name the doubles; null where one is not finite. */
  values: v.record(v.string(), v.array(v.nullable(v.number()))),
});
/** See {@link PackedRows}. */
export type PackedRows = v.InferOutput<typeof PackedRows>;

type Report = Pick<Row, "envSteps" | "updates" | "elapsedMs"> & { readonly rows: Row[] };

/**
 * @param rows of one run, in the order in which it reported them
 *
 * @example
 * ```ts
 * import { packRows, unpackRows } from "relay/train/packed_rows.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const at = (envSteps: number) => ({ runId: "quick-1a2b3c4d-s1", envSteps, updates: envSteps / 4, elapsedMs: 2 * envSteps });
 * const rows = [0.1 + 0.2, -1 / 3].map((value, k) => ({ ...at(1000 * k), metric: "eval/return", value }));
 * const packed = packRows(rows);
 * assertEquals(packed.reports.envSteps, [0, 1000]);
 * assertEquals(packed.values, { "eval/return": [0.30000000000000004, -0.3333333333333333] });
 * assertEquals(unpackRows(packed, "quick-1a2b3c4d-s1"), rows);
 * ```
 */
export function packRows(rows: readonly Row[]): PackedRows {
  const reports = reportsOf(rows);
  const kinds = new Map<string, number>();
  const kind = reports.map((report) => {
    const names = JSON.stringify(report.rows.map(({ metric }) => metric));
    if (!kinds.has(names)) kinds.set(names, kinds.size);
    return kinds.get(names)!;
  });
  const values: Record<string, (number | null)[]> = {};
  for (const { metric, value } of rows) (values[metric] ??= []).push(Number.isFinite(value) ? value : null);
  return {
    kinds: [...kinds.keys()].map((names) => JSON.parse(names) as string[]),
    reports: {
      kind,
      envSteps: differences(reports.map(({ envSteps }) => envSteps)),
      updates: differences(reports.map(({ updates }) => updates)),
      elapsedMs: differences(reports.map(({ elapsedMs }) => elapsedMs)),
    },
    values,
  };
}

/**
 * The rows that were packed, in their order.
 * @throws {RangeError} when a report names a metric whose values have run out
 */
export function unpackRows({ kinds, reports, values }: PackedRows, runId: string): Row[] {
  const [envSteps, updates, elapsedMs] = [reports.envSteps, reports.updates, reports.elapsedMs].map(sums);
  const taken: Record<string, number> = {};
  return reports.kind.flatMap((kind, report) =>
    (kinds[kind] ?? []).map((metric): Row => {
      const k = taken[metric] ?? 0;
      taken[metric] = k + 1;
      const value = values[metric]?.[k];
      if (value === undefined) {
        throw new RangeError(
          `Cannot unpack the rows of ${runId}: "${metric}" has ${k} values, expected one more`,
        );
      }
      return {
        runId,
        envSteps: envSteps![report]!,
        updates: updates![report]!,
        elapsedMs: elapsedMs![report]!,
        metric,
        value: value ?? NaN,
      };
    })
  );
}

function reportsOf(rows: readonly Row[]): Report[] {
  const reports: Report[] = [];
  for (const row of rows) {
    const elapsedMs = Math.round(row.elapsedMs);
    const last = reports.at(-1);
    const isSame = last?.envSteps === row.envSteps && last.updates === row.updates &&
      last.elapsedMs === elapsedMs;
    if (isSame) last.rows.push(row);
    else reports.push({ envSteps: row.envSteps, updates: row.updates, elapsedMs, rows: [row] });
  }
  return reports;
}

function differences(values: readonly number[]): number[] {
  return values.map((value, i) => value - (values[i - 1] ?? 0));
}

function sums(steps: readonly number[]): number[] {
  let sum = 0;
  return steps.map((step) => sum += step);
}
