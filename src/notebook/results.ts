import { openStream, type Stream } from "relay/rng/stream.ts";
import type { ComparisonInput, PlotArm } from "relay/plot/comparison_input.ts";
import { LIGHT } from "relay/plot/theme.ts";
import type { Comparison, ComparisonArm } from "relay/notebook/comparison.ts";
import { counted } from "relay/notebook/format.ts";
import type { PageInput, PageRun } from "relay/notebook/tables/page_input.ts";

/** The resamples never change, so that the same runs give the same numbers wherever they are shown. */
const BOOTSTRAP_SEED = 20_231_101;

/** The stream that one part of a report draws its resamples from, from its beginning. */
export function reportStream(path: string): Stream {
  return openStream(BOOTSTRAP_SEED).fork(path);
}

/** What results are beside their runs. */
export interface ResultsOptions {
  /** Throws when the runs must not be read any more; see notebook/training.ts. */
  readonly requireFresh?: () => void;
  /** Runs of the same arms that were recorded before; learning curves are drawn over theirs. */
  readonly recorded?: readonly PageRun[];
}

/** The finished runs of a comparison. */
export class Results {
  readonly comparison: Comparison;
  readonly recorded: readonly PageRun[];
  readonly #runs: readonly PageRun[];
  readonly #requireFresh: () => void;

  constructor(comparison: Comparison, runs: readonly PageRun[], options: ResultsOptions = {}) {
    this.comparison = comparison;
    this.recorded = options.recorded ?? [];
    this.#runs = runs;
    this.#requireFresh = options.requireFresh ?? (() => {});
  }

  /**
   * In the comparison's order.
   * @throws {StaleResultsError} after a later training of the same experiment that was stopped or failed
   */
  get runs(): readonly PageRun[] {
    this.#requireFresh();
    return this.#runs;
  }

  /** For the figures of relay/plot: light colours, which front ends exchange for dark ones. */
  get input(): ComparisonInput {
    return { ...comparisonInput(this.comparison, this.runs), recorded: this.recorded };
  }

  /** What a cell that ends with the results prints. */
  [Symbol.for("Jupyter.display")](): Record<string, string> {
    return { "text/plain": `Results of ${counted(this.#runs.length, "run")}: ${this.comparison.title}` };
  }

  /** For tables. */
  get pageInput(): PageInput {
    const { title, preset, claims, notes, settings, paperSettings, arms } = this.comparison;
    return {
      title,
      preset,
      claims,
      notes,
      runs: this.runs,
      arms: arms.map((arm) => ({ ...plotArm(arm), description: arm.description })),
      config: settings,
      paperConfig: paperSettings,
    };
  }
}

/** What figures are made from, of runs finished or not. */
export function comparisonInput(
  { arms }: Pick<Comparison, "arms">,
  runs: ComparisonInput["runs"],
): ComparisonInput {
  return { arms: arms.map(plotArm), runs, theme: LIGHT, stream: reportStream("figures") };
}

function plotArm({ name, label, share }: ComparisonArm): PlotArm {
  return {
    name,
    label,
    targetBandwidth: "bandwidth" in share ? share.bandwidth : share.kind === "all" ? 1 : null,
  };
}
