import { brackets, bytes, fixed, fraction } from "relay/notebook/format.ts";
import type { ArmSummary, Improvement } from "relay/notebook/tables/arm_summary.ts";
import type { TableCell, TableView } from "relay/notebook/tables/table_view.ts";
import type { Interval } from "relay/stats/bootstrap.ts";

/** A column: its head, and what it says of an arm. */
type Column = readonly [head: string, cell: (summary: ArmSummary) => TableCell];

const BRACKETS = "Brackets: 95 % percentile bootstrap over seeds.";

/**
 * Every number of the comparison, one row an arm. Where there is a second baseline, a table of their own compares all arms with the two.
 * @param alsoAgainst name of the second baseline; where it was not run, nothing is said of it
 */
export function statisticsTables(arms: readonly ArmSummary[], alsoAgainst?: string): TableView[] {
  const first = arms[0]?.arm.label ?? "";
  const second = arms.find(({ arm, runs }, i) => i > 0 && arm.name === alsoAgainst && runs.length > 0);
  const scores = scoreColumns(arms);
  const better = improvementColumns(first, ({ improvement }) => improvement);
  const scoreWords =
    "IQM: interquartile mean (with fewer than four seeds, the mean). Mean over training: area " +
    "under the learning curve divided by its length.";
  const trafficWords =
    "Sent: transitions sent / collected over the whole run. Traffic: bytes sent in a run, over all senders " +
    "and receivers.";
  const betterWords = (baselines: string) =>
    `P: probability that a seed of the arm ends above a seed of ${baselines}, ties one half; p: one-sided, the share ` +
    "of all ways to relabel the seeds that do as well.";
  if (!second) {
    const caption = [BRACKETS, scoreWords, betterWords(first), trafficWords].join(" ");
    return [table(arms, [...scores, ...better, ...TRAFFIC], caption)];
  }
  const { label } = second.arm;
  const alsoBetter = improvementColumns(label, ({ alsoImprovement }) => alsoImprovement);
  return [
    table(arms, [...scores, ...TRAFFIC], [BRACKETS, scoreWords, trafficWords].join(" ")),
    table(arms, [ARM, ...better, ...alsoBetter], `${BRACKETS} ${betterWords(`${first}, or of ${label}`)}`),
  ];
}

const ARM: Column = ["Arm", ({ arm }) => arm.label];

/** Below four seeds the interquartile mean is the mean, and stands once. */
const SEEDS_OF_AN_IQM = 4;

function scoreColumns(arms: readonly ArmSummary[]): Column[] {
  const mean: Column = ["Final, mean", ({ finalMean }) => interval(finalMean, 1)];
  return [
    ARM,
    ["Seeds", ({ runs }) => String(runs.length)],
    ["Final return, IQM", ({ finalIqm }) => interval(finalIqm, 1)],
    ...(arms.some(({ runs }) => runs.length >= SEEDS_OF_AN_IQM) ? [mean] : []),
    ["Mean over training", ({ auc }) => interval(auc, 1)],
  ];
}

const TRAFFIC: readonly Column[] = [
  ["Sent", ({ bandwidth }) => bandwidth === null ? "–" : fraction(bandwidth)],
  ["Target", ({ arm }) => arm.targetBandwidth === null ? "–" : String(arm.targetBandwidth)],
  ["Traffic", ({ bytes: sent }) => sent === null ? "–" : bytes(sent)],
];

function improvementColumns(baseline: string, of: (summary: ArmSummary) => Improvement | null): Column[] {
  return [
    [`P(better than ${baseline})`, (summary) => interval(of(summary), 2)],
    ["p", (summary) => {
      const improvement = of(summary);
      return improvement === null ? "–" : fixed(improvement.p, 3);
    }],
  ];
}

function table(arms: readonly ArmSummary[], columns: readonly Column[], caption: string): TableView {
  return {
    isNumeric: true,
    head: columns.map(([head]) => head),
    rows: arms.map((summary) => columns.map(([, cell]) => cell(summary))),
    caption,
  };
}

function interval(value: Interval | null, digits: number): TableCell {
  return value === null ? "–" : { text: fixed(value.estimate, digits), detail: brackets(value, digits) };
}
