import { learningCurves } from "relay/plot/learning_curves.ts";
import type { SeededRun } from "relay/plot/comparison_input.ts";
import type { Figure } from "relay/plot/figure.ts";
import { RETURN_METRIC } from "relay/stats/run_series.ts";
import { runIdOf } from "relay/train/config.ts";
import type { Row } from "relay/train/row.ts";
import type { Comparison, ComparisonArm } from "relay/notebook/comparison.ts";
import { evaluationWords } from "relay/notebook/evaluation_words.ts";
import { bundleWithStill, figureBundle, type FigureText } from "relay/notebook/figure_output.ts";
import { isInKernel } from "relay/notebook/live/display.ts";
import { type Display, LiveOutput } from "relay/notebook/live_output.ts";
import { comparisonInput } from "relay/notebook/results.ts";
import { Training } from "relay/notebook/training.ts";

/** How growing curves are shown. */
export interface LiveCurvesOptions {
  /** The arms; the training's own, else each run is a curve of its own. */
  readonly comparison?: Comparison;
  /** Runs to draw over; the training's recorded ones unless given. */
  readonly recorded?: readonly SeededRun[];
  /** For tests. */
  readonly display?: Display;
}

const UPDATE_EVERY_MS = 1000;
const LINE_WORDS =
  " Line: interquartile mean over seeds; band: 95 % bootstrap interval at each step; thin lines: the seeds.";
const RECORDED_WORDS = " Dotted lines: the recorded runs of the same preset, their interquartile means.";

/**
 * Hands rows through and shows learning curves that grow with them, one figure updated in place.
 *
 * @param rows of `train(config)`, or a training
 *
 * @example
 * ```ts ignore
 * for await (const _ of liveCurves(progress(train(config))));
 * ```
 */
export async function* liveCurves(
  rows: AsyncIterable<Row>,
  options: LiveCurvesOptions = {},
): AsyncGenerator<Row> {
  const comparison = options.comparison ?? (rows instanceof Training ? rows.comparison : undefined);
  const output = new LiveOutput(UPDATE_EVERY_MS, options.display);
  const evaluations = new Map<string, Row[]>();
  const recorded = options.recorded ??
    (rows instanceof Training ? await rows.recorded.catch(() => []) : []);
  const text = figureText(comparison, recorded);
  const figure = () => curves(evaluations, { recorded, ...(comparison ? { comparison } : {}) });
  const draw = () => figureBundle(figure(), { ...text, key: output.displayId });
  try {
    for await (const row of rows) {
      if (row.metric === RETURN_METRIC) {
        evaluations.set(row.runId, [...evaluations.get(row.runId) ?? [], row]);
        output.update(draw);
      }
      yield row;
    }
  } finally {
    if (evaluations.size > 0) {
      const last = { ...text, key: output.displayId };
      await output.end(isInKernel() ? await bundleWithStill(figure(), last) : figureBundle(figure(), last));
    }
  }
}

function figureText(comparison: Comparison | undefined, recorded: readonly SeededRun[]): FigureText {
  const what = `Undiscounted return of the team in ${evaluationWords(comparison)}.`;
  if (!comparison) return { title: "Learning curve", caption: what };
  return {
    title: "Learning curves",
    caption: what + LINE_WORDS + (recorded.length === 0 ? "" : RECORDED_WORDS),
  };
}

function curves(
  evaluations: ReadonlyMap<string, readonly Row[]>,
  { comparison, recorded }: LiveCurvesOptions,
): Figure {
  const runs = [...evaluations].map(([runId, rows]) => {
    const known = comparison?.runs.find(({ config }) => runIdOf(config) === runId);
    return { runId, rows, arm: known?.arm ?? runId, seed: known?.config.seed ?? 0 };
  });
  const arms = comparison?.arms ?? runs.map(({ runId }): ComparisonArm => ({
    name: runId,
    label: runId,
    description: "",
    share: { kind: "none" },
  }));
  return learningCurves({ ...comparisonInput({ arms }, runs), recorded: recorded ?? [] });
}
