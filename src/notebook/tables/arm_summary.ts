import type { Stream } from "relay/rng/stream.ts";
import { BOOTSTRAP, bootstrapInterval, type Interval, oneTask } from "relay/stats/bootstrap.ts";
import { iqm } from "relay/stats/iqm.ts";
import { mean } from "relay/stats/mean.ts";
import { permutationPValue } from "relay/stats/permutation_p_value.ts";
import { probabilityOfImprovement } from "relay/stats/probability_of_improvement.ts";
import { BANDWIDTH_METRIC, realisedBandwidth, runScore, seriesOf } from "relay/stats/run_series.ts";
import type { PageArm, PageInput, PageRun } from "relay/notebook/tables/page_input.ts";

/** What the tables say about one arm; intervals are 95 % bootstrap. */
export interface ArmSummary {
  readonly arm: PageArm;
  readonly runs: readonly PageRun[];
  /** Of the final return, over runs; null when there is no run. */
  readonly finalIqm: Interval | null;
  readonly finalMean: Interval | null;
  /** Interquartile mean of the return averaged over training. */
  readonly auc: Interval | null;
  /** Against the first arm, by final return; null for that arm itself. */
  readonly improvement: (Interval & { readonly p: number }) | null;
  /** Transitions sent / collected over the whole run, mean over runs. */
  readonly bandwidth: number | null;
  /** Bytes sent in a run, mean over runs. */
  readonly bytes: number | null;
}

/** Numbers of every arm, in the arms' order. Runs must have evaluations. */
export function summariseArms(
  { arms, runs }: Pick<PageInput, "arms" | "runs">,
  stream: Stream,
): readonly ArmSummary[] {
  const options = { ...BOOTSTRAP, stream };
  const finals = arms.map((arm) =>
    runs.filter((run) => run.arm === arm.name).map((run) => runScore(run, "final"))
  );
  return arms.map((arm, i): ArmSummary => {
    const own = runs.filter((run) => run.arm === arm.name);
    const scores = finals[i]!;
    if (own.length === 0) {
      return {
        arm,
        runs: own,
        finalIqm: null,
        finalMean: null,
        auc: null,
        improvement: null,
        bandwidth: null,
        bytes: null,
      };
    }
    const areas = own.map((run) => runScore(run, "auc"));
    const reporting = own.filter((run) => seriesOf(run.rows, BANDWIDTH_METRIC).values.length > 0);
    const sent = own.map((run) => seriesOf(run.rows, "share/bytes").values.at(-1)).filter((last) =>
      last !== undefined
    );
    const baseline = finals[0]!;
    const compared = i > 0 && baseline.length > 0;
    return {
      arm,
      runs: own,
      finalIqm: bootstrapInterval(oneTask(scores), iqm, options),
      finalMean: bootstrapInterval(oneTask(scores), mean, options),
      auc: bootstrapInterval(oneTask(areas), iqm, options),
      improvement: compared
        ? {
          ...probabilityOfImprovement(oneTask(scores), oneTask(baseline), options),
          p: permutationPValue(scores, baseline, stream),
        }
        : null,
      bandwidth: reporting.length > 0 ? mean(reporting.map((run) => realisedBandwidth(run))) : null,
      bytes: sent.length > 0 ? mean(sent) : null,
    };
  });
}
