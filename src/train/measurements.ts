/**
 * What a run reports, wherever its networks are.
 * @module
 */
import type { Iteration } from "relay/algo/super_dqn.ts";
import type { TeamMembers } from "relay/algo/team.ts";
import type { Evaluation } from "relay/train/greedy_episodes.ts";
import type { Meters } from "relay/train/meters.ts";

/** A metric and its value at the current step. */
export type Measurement = readonly [metric: string, value: number];

/**
 * Adds an iteration to the means of the next report.
 * @param alive `[N, F]`: rows of the fragment that count, where agents can die
 */
export function meterIteration(
  meters: Meters,
  { absTdErrors, update }: Iteration,
  alive?: Uint8Array,
): void {
  meters.add("td/meanAbs", alive ? absTdErrors.filter((_, row) => alive[row] === 1) : absTdErrors);
  if (!update) return;
  meters.add("loss/mean", [update.loss]);
  meters.add("grad/norm", [update.gradientNorm]);
}

/** Training metrics since the last report. */
export function takeReport(
  meters: Meters,
  { relays, log }: Pick<TeamMembers, "relays" | "log">,
): Measurement[] {
  const measurements = meters.take();
  if (relays.length === 0) return measurements;
  const fractions = log.takeFractions().filter((fraction) => !Number.isNaN(fraction));
  return [...measurements, ["share/fraction", meanOf(fractions)], ["share/bytes", log.bytesSent]];
}

/** Means over the episodes of an evaluation. */
export function evaluationMeans({ teamReturns, lengths }: Evaluation): Measurement[] {
  return [["eval/return", meanOf(teamReturns)], ["eval/length", meanOf(lengths)]];
}

function meanOf(values: Float64Array | Int32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
