/**
 * Everything that a notebook needs. Importing it in the first cell is all: outputs then land under their cells, the Stop button stops
 * training and not the kernel, and figures are interactive.
 * @module
 */
import "relay/notebook/live/delivery.ts";
import "relay/notebook/live/delivery.ts"; // first, so that everything below is delivered in order
import { isInKernel } from "relay/notebook/live/display.ts";
import { listenToInterrupts } from "relay/notebook/live/stop.ts";
import { setup } from "relay/notebook/loader.ts";
import { prepareStills } from "relay/notebook/still.ts";

if (isInKernel()) {
  listenToInterrupts();
  prepareStills();
  await setup();
}

export { claim, claims, type Evidence } from "relay/notebook/claims.ts";
export type { Comparison, ComparisonArm, ComparisonRun } from "relay/notebook/comparison.ts";
export { show } from "relay/notebook/figure_output.ts";
export { display } from "relay/notebook/live/display.ts";
export { onStop, stopSignal } from "relay/notebook/live/stop.ts";
export { liveCurves } from "relay/notebook/live_curves.ts";
export { partOf } from "relay/notebook/part_of_results.ts";
export { progress } from "relay/notebook/progress.ts";
export { recorded } from "relay/notebook/recorded.ts";
export { randomPolicy, replay } from "relay/notebook/replay.ts";
export { Results } from "relay/notebook/results.ts";
export { decisions, showDecisions } from "relay/notebook/selection.ts";
export { showRecorded } from "relay/notebook/show_recorded.ts";
export { sharingProfile } from "relay/notebook/sharing_profile.ts";
export { sharingTimeline } from "relay/notebook/sharing_timeline.ts";
export { showDefects } from "relay/notebook/tables/defects_table.ts";
export { showNotes, showRuns, showSettings, showStatistics } from "relay/notebook/tables/show_tables.ts";
export { tdErrorSample } from "relay/notebook/td_error_sample.ts";
export { trainAll, type Training } from "relay/notebook/training.ts";
export { watch } from "relay/notebook/watch.ts";
export { setup };

export { bandwidthOverTime } from "relay/plot/bandwidth_over_time.ts";
export { bandwidthSweep } from "relay/plot/bandwidth_sweep.ts";
export { finalReturns } from "relay/plot/final_returns.ts";
export { learningCurves } from "relay/plot/learning_curves.ts";
export { tdErrors } from "relay/plot/td_errors.ts";
