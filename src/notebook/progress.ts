import { RETURN_METRIC } from "relay/stats/run_series.ts";
import { runIdOf } from "relay/train/config.ts";
import type { Row } from "relay/train/row.ts";
import { readManifest } from "relay/train/run_folder.ts";
import { onStop } from "relay/notebook/live/stop.ts";
import { type Display, LiveOutput } from "relay/notebook/live_output.ts";
import { progressBundle, type ProgressState, type RunProgress } from "relay/notebook/progress_view.ts";
import { plainError, StoppedError } from "relay/notebook/notebook_errors.ts";
import { Training } from "relay/notebook/training.ts";

/** How progress is shown. */
export interface ProgressOptions {
  /** Where the runs are kept, to learn how long they are; the training's own, else `../runs` or `runs`. */
  readonly runsDir?: string;
  /** Length of each run in joint environment steps, where no manifest tells it. */
  readonly totalEnvSteps?: number;
  /** For tests. */
  readonly display?: Display;
}

const UPDATE_EVERY_MS = 250;

/**
 * Hands rows through and shows how far each run is: a bar with joint steps a second, the last return and the time left, updated in
 * place, and at the end one line.
 *
 * @param rows of `train(config)`, or a training
 *
 * @example
 * ```ts ignore
 * for await (const row of progress(train(config))) if (row.metric === "eval/return") console.log(row.value);
 * ```
 */
export async function* progress(
  rows: AsyncIterable<Row>,
  options: ProgressOptions = {},
): AsyncGenerator<Row> {
  const meter = new ProgressMeter(rows, options);
  const output = new LiveOutput(UPDATE_EVERY_MS, options.display);
  const draw = () => progressBundle(meter.state("running"));
  let isStopped = false;
  const endOfStop = onStop(() => isStopped = true);
  let end: ProgressState["phase"] = "stopped"; // also when the reader leaves the loop
  output.update(draw);
  try {
    for await (const row of rows) {
      if (meter.take(row)) output.update(draw);
      yield row;
      // A training ends by itself and says how many runs are finished.
      if (isStopped && !(rows instanceof Training)) throw stoppedHere();
    }
    end = "finished";
  } catch (error) {
    end = error instanceof StoppedError ? "stopped" : "failed";
    throw error;
  } finally {
    endOfStop();
    await output.end(progressBundle(meter.state(end)));
  }
}

function stoppedHere(): StoppedError {
  return plainError(
    new StoppedError("Stopped by the Stop button; run this cell again to go on from the last checkpoint."),
  );
}

/** Where each run is, from its rows. */
class ProgressMeter {
  readonly #training: Training | undefined;
  readonly #options: ProgressOptions;
  readonly #labels: ReadonlyMap<string, string>;
  readonly #runs = new Map<string, RunProgress>();
  readonly #startedAt = performance.now();

  constructor(rows: AsyncIterable<Row>, options: ProgressOptions) {
    this.#training = rows instanceof Training ? rows : undefined;
    this.#options = options;
    const { runs, arms } = this.#training?.comparison ?? { runs: [], arms: [] };
    const labels = new Map(arms.map(({ name, label }) => [name, label]));
    this.#labels = new Map(
      runs.map(({ arm, config }) => [runIdOf(config), `${labels.get(arm) ?? arm}, seed ${config.seed}`]),
    );
  }

  /** Takes a row; true when it says something new. */
  take({ runId, envSteps, elapsedMs, metric, value }: Row): boolean {
    const run = this.#runs.get(runId) ?? this.#newRun(runId, { envSteps, elapsedMs });
    const isNew = envSteps !== run.envSteps || metric === RETURN_METRIC;
    this.#runs.set(runId, {
      ...run,
      envSteps,
      elapsedMs,
      lastReturn: metric === RETURN_METRIC ? value : run.lastReturn,
    });
    return isNew;
  }

  state(phase: ProgressState["phase"]): ProgressState {
    const runs = [...this.#runs.values()];
    const isFinished = ({ runId, envSteps, totalEnvSteps }: RunProgress) =>
      this.#training?.finishedRunIds.has(runId) ??
        (phase === "finished" || (totalEnvSteps !== undefined && envSteps >= totalEnvSteps));
    return {
      phase,
      total: this.#training?.comparison.runs.length ?? runs.length,
      finished: this.#training?.finishedRunIds.size ?? runs.filter(isFinished).length,
      reused: this.#training?.reusedRunIds.size ?? 0,
      running: runs.filter((run) => !isFinished(run)),
      elapsedMs: performance.now() - this.#startedAt,
    };
  }

  #newRun(runId: string, { envSteps, elapsedMs }: { envSteps: number; elapsedMs: number }): RunProgress {
    return {
      runId,
      label: this.#labels.get(runId) ?? runId,
      envSteps,
      elapsedMs,
      totalEnvSteps: this.#totalEnvSteps(runId),
      lastReturn: undefined,
    };
  }

  #totalEnvSteps(runId: string): number | undefined {
    const { runsDir = this.#training?.runsDir, totalEnvSteps } = this.#options;
    if (totalEnvSteps !== undefined) return totalEnvSteps;
    const folders = runsDir === undefined ? ["../runs", "runs"] : [runsDir];
    for (const folder of folders) {
      const total = readManifest(`${folder}/${runId}`)?.config.totalEnvSteps;
      if (total !== undefined) return total;
    }
    return undefined;
  }
}
