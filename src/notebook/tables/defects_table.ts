/**
 * The faults of the student reproduction with what each one cost, or what came of the line that cannot run.
 * @module
 */
import { type Defect, DEFECTS } from "relay/algo/defects/catalogue.ts";
import { EXAMPLES } from "relay/algo/defects/examples.ts";
import { brackets, fixed } from "relay/notebook/format.ts";
import { display, type MimeBundle } from "relay/notebook/live/display.ts";
import { reportStream, type Results } from "relay/notebook/results.ts";
import {
  staticBundle,
  type TableCell,
  tableHtml,
  tableText,
  type TableView,
} from "relay/notebook/tables/table_view.ts";
import type { Stream } from "relay/rng/stream.ts";
import { BOOTSTRAP, type Interval } from "relay/stats/bootstrap.ts";
import { differenceOfMeans } from "relay/stats/difference_of_means.ts";
import { permutationPValue } from "relay/stats/permutation_p_value.ts";
import { runScore } from "relay/stats/run_series.ts";

/** A fault counts as decided where relabelling the runs by chance would do as well at most so often. */
const LARGEST_P = 0.05;
/** Faults of measuring: learning is untouched, only what is reported differs. */
const OF_MEASURING: readonly Defect["name"][] = ["returnCountedTwice", "exploringTests"];

/** Shows all 32 faults: what is wrong, what is right, and what the runs say of it. */
export async function showDefects(results: Results): Promise<void> {
  await display(defectsBundle(results));
}

/** See {@link showDefects}. */
export function defectsBundle(results: Results): MimeBundle {
  const table: TableView = {
    head: ["Fault", "What it does here", "What is wrong, what is right"],
    rows: DEFECTS.map((defect): TableCell[] => [
      `${defect.number} ${defect.name}`,
      defect.kind === "example" ? exampleCell(defect.number) : measuredCell(defect.name, results),
      { text: defect.what, detail: `Right: ${defect.right}` },
    ]),
    isNumeric: false,
    caption:
      "Costs: mean return of the healthy learner minus that with the fault, in the last tenth of the runs and over all of training, with 95 % " +
      "bootstrap intervals; p: one-sided, the share of all ways to relabel the seeds that do as well. Items 19 and 29 leave learning alone and " +
      "change what is reported. “No measurable cost” is what these runs can say, not that there is none. Faults without " +
      "a measurement cannot run; what comes of the line is shown instead.",
  };
  return staticBundle([tableHtml(table)], tableText(table));
}

function exampleCell(number: number): TableCell {
  const { wrong, right } = EXAMPLES.find((example) => example.number === number)!;
  return { text: wrong(), detail: `right: ${right()}` };
}

function measuredCell(name: string, { comparison, runs }: Results): TableCell {
  const arm = comparison.arms.find((candidate) => candidate.name === name);
  const ownRuns = runs.filter((run) => run.arm === name);
  const healthyRuns = runs.filter((run) => run.arm === arm?.share.kind);
  if (ownRuns.length === 0 || healthyRuns.length === 0) return "not run in this preset";
  const [end, average] = (["final", "auc"] as const).map((score) => {
    const scores = (of: typeof runs) => of.map((run) => runScore(run, score));
    return costOf(scores(healthyRuns), scores(ownRuns), reportStream(`defects/${name}/${score}`));
  }) as [Cost, Cost];
  const word = OF_MEASURING.includes(name) ? reported : judged;
  const numbers = ({ interval, p }: Cost) => `${brackets(interval, 0)}, p = ${fixed(p, 3)}`;
  return {
    text: `${word(end)} at the end`,
    detail: `${numbers(end)}; over training: ${word(average)} ${numbers(average)}`,
  };
}

interface Cost {
  readonly interval: Interval;
  readonly p: number;
}

function costOf(healthy: readonly number[], faulty: readonly number[], stream: Stream): Cost {
  const interval = differenceOfMeans(healthy, faulty, { ...BOOTSTRAP, stream });
  const [better, worse] = interval.estimate > 0 ? [healthy, faulty] : [faulty, healthy];
  return { interval, p: permutationPValue(better, worse, stream) };
}

function judged({ interval, p }: Cost): string {
  const isDecided = p <= LARGEST_P && (interval.low > 0 || interval.high < 0);
  if (!isDecided) return "no measurable cost";
  return `${interval.estimate > 0 ? "costs" : "gains"} ${fixed(Math.abs(interval.estimate), 0)}`;
}

function reported({ interval: { estimate } }: Cost): string {
  return `reports ${fixed(Math.abs(estimate), 0)} ${estimate > 0 ? "less" : "more"}`;
}
