/**
 * Rows as a table of Markdown, which reads as well in a terminal.
 * @module
 */
import type { Best, Row } from "./compare.ts";

const HEAD = ["", "threads", "Relay", "peer", "peer's", "times as fast"];

/** The rows of one unit of measure, best and median of each side; the last column is best against best (median of pairs). */
export function tableOf(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    `${WORDS[row.work] ?? row.work}, ${row.case}`,
    `${row.threads}`,
    `${figures(row.ours)} ${row.unit}`,
    row.peer?.name ?? (row.failed === undefined ? "–" : `not measured: ${row.failed}`),
    row.peer ? `${figures(row.peer)} ${row.unit}` : "–",
    row.speedup ? `${short(row.speedup.best)} (${short(row.speedup.median)})` : "–",
  ]);
  const widths = HEAD.map((head, k) => Math.max(head.length, ...cells.map((row) => row[k]!.length)));
  const line = (row: readonly string[]) => `| ${row.map((cell, k) => cell.padEnd(widths[k]!)).join(" | ")} |`;
  return [line(HEAD), line(widths.map((width) => "-".repeat(width))), ...cells.map(line)].join("\n");
}

const WORDS: Readonly<Record<string, string>> = {
  step: "stepping",
  draw: "drawing",
  act: "acting",
  train: "training",
};

function figures({ best, median }: Best): string {
  return `${short(best)} / ${short(median)}`;
}

/** Three digits, in groups where there are more. */
export function short(value: number): string {
  if (value >= 100) {
    return Number(value.toPrecision(value >= 1000 ? 3 : 4)).toLocaleString("en-US", {
      maximumFractionDigits: 0,
    });
  }
  return value.toPrecision(value >= 10 ? 3 : 2 + (value >= 1 ? 1 : 0));
}
