import { brackets, bytes, fixed, fraction } from "relay/notebook/format.ts";
import type { ArmSummary } from "relay/notebook/tables/arm_summary.ts";
import type { TableCell, TableView } from "relay/notebook/tables/table_view.ts";
import type { Interval } from "relay/stats/bootstrap.ts";

/** Every number of the comparison, one row an arm. */
export function statisticsTable(arms: readonly ArmSummary[]): TableView {
  const baseline = arms[0]?.arm.label ?? "";
  return {
    isNumeric: true,
    head: [
      "Arm",
      "Seeds",
      "Final return, IQM",
      "Final, mean",
      "Mean over training",
      `P(better than ${baseline})`,
      "p",
      "Sent",
      "Target",
      "Traffic",
    ],
    rows: arms.map(row),
    caption:
      "Brackets: 95 % percentile bootstrap over seeds. IQM: interquartile mean (with fewer than four seeds, the mean). Mean " +
      "over training: area under the learning curve divided by its length. P: probability that a seed of the arm ends above a seed of " +
      `${baseline}, ties one half; p: one-sided, the share of all ways to relabel the seeds that do as well. Sent: transitions sent / ` +
      "collected over the whole run. Traffic: bytes sent in a run, over all senders and receivers.",
  };
}

function row(
  { arm, runs, finalIqm, finalMean, auc, improvement, bandwidth, bytes: sent }: ArmSummary,
): TableCell[] {
  return [
    arm.label,
    String(runs.length),
    interval(finalIqm, 1),
    interval(finalMean, 1),
    interval(auc, 1),
    interval(improvement, 2),
    improvement === null ? "–" : fixed(improvement.p, 3),
    bandwidth === null ? "–" : fraction(bandwidth),
    arm.targetBandwidth === null ? "–" : String(arm.targetBandwidth),
    sent === null ? "–" : bytes(sent),
  ];
}

function interval(value: Interval | null, digits: number): TableCell {
  return value === null ? "–" : { text: fixed(value.estimate, digits), detail: brackets(value, digits) };
}
