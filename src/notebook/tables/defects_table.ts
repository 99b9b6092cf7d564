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
import { BOOTSTRAP } from "relay/stats/bootstrap.ts";
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
      "Costs: mean final return of the healthy learner minus that with the fault, with its 95 % bootstrap interval; p: one-sided, the share of " +
      "all ways to relabel the seeds that do as well. “No measurable cost” is what these runs can say, not that there is none. Faults without " +
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
  const scoresOf = (wanted: string) =>
    runs.filter((run) => run.arm === wanted).map((run) => runScore(run, "final"));
  const faulty = scoresOf(name);
  const healthy = arm ? scoresOf(arm.share.kind) : [];
  if (faulty.length === 0 || healthy.length === 0) return "not run in this preset";
  const stream = reportStream(`defects/${name}`);
  const cost = differenceOfMeans(healthy, faulty, { ...BOOTSTRAP, stream });
  const isWorse = cost.estimate > 0;
  const p = isWorse ? permutationPValue(healthy, faulty, stream) : permutationPValue(faulty, healthy, stream);
  const detail = `${brackets(cost, 0)}, p = ${fixed(p, 3)}`;
  const isDecided = p <= LARGEST_P && (cost.low > 0 || cost.high < 0);
  const size = fixed(Math.abs(cost.estimate), 0);
  if (OF_MEASURING.includes(name)) {
    return { text: `reports ${size} ${isWorse ? "less" : "more"}; learning is untouched`, detail };
  }
  if (!isDecided) return { text: "no measurable cost", detail };
  return { text: isWorse ? `costs ${size}` : `gains ${size}`, detail };
}
