import type { Stream } from "relay/rng/stream.ts";
import { BOOTSTRAP, bootstrapInterval, type Interval, oneTask } from "relay/stats/bootstrap.ts";
import { iqm } from "relay/stats/iqm.ts";
import { mean } from "relay/stats/mean.ts";
import { permutationPValue } from "relay/stats/permutation_p_value.ts";
import { probabilityOfImprovement } from "relay/stats/probability_of_improvement.ts";
import { BANDWIDTH_METRIC, realisedBandwidth, runScore, seriesOf } from "relay/stats/run_series.ts";
import type { PageArm, PageInput, PageRun } from "relay/notebook/tables/page_input.ts";

/** Probability of improvement, and how often relabelling by chance would do as well. */
export type Improvement = Interval & { readonly p: number };

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
  readonly improvement: Improvement | null;
  /** Against the second baseline; null for that arm itself and where there is none. */
  readonly alsoImprovement: Improvement | null;
  /** Transitions sent / collected over the whole run, mean over runs. */
  readonly bandwidth: number | null;
  /** Bytes sent in a run, mean over runs. */
  readonly bytes: number | null;
}

/** How arms are summarised. */
export interface SummaryOptions {
  readonly stream: Stream;
  /** Name of a second arm that all are compared with. */
  readonly alsoAgainst?: string | undefined;
}

/** Numbers of every arm, in the arms' order. Runs must have evaluations. */
export function summariseArms(
  { arms, runs }: Pick<PageInput, "arms" | "runs">,
  { stream, alsoAgainst }: SummaryOptions,
): readonly ArmSummary[] {
  const options = { ...BOOTSTRAP, stream };
  const finals = arms.map((arm) =>
    runs.filter((run) => run.arm === arm.name).map((run) => runScore(run, "final"))
  );
  const second = arms.findIndex(({ name }) => name === alsoAgainst);
  const improvement = (i: number, baseline: number, draws: Stream): Improvement | null => {
    const [x, y] = [finals[i]!, finals[baseline] ?? []];
    if (i === baseline || y.length === 0) return null;
    return {
      ...probabilityOfImprovement(oneTask(x), oneTask(y), { ...BOOTSTRAP, stream: draws }),
      p: permutationPValue(x, y, draws),
    };
  };
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
        alsoImprovement: null,
        bandwidth: null,
        bytes: null,
      };
    }
    const areas = own.map((run) => runScore(run, "auc"));
    const reporting = own.filter((run) => seriesOf(run.rows, BANDWIDTH_METRIC).values.length > 0);
    const sent = own.map((run) => seriesOf(run.rows, "share/bytes").values.at(-1)).filter((last) =>
      last !== undefined
    );
    return {
      arm,
      runs: own,
      finalIqm: bootstrapInterval(oneTask(scores), iqm, options),
      finalMean: bootstrapInterval(oneTask(scores), mean, options),
      auc: bootstrapInterval(oneTask(areas), iqm, options),
      improvement: improvement(i, 0, stream),
      // from a stream of its own, so that a second baseline changes no other number
      alsoImprovement: improvement(i, second, stream.fork(`also/${i}`)),
      bandwidth: reporting.length > 0 ? mean(reporting.map((run) => realisedBandwidth(run))) : null,
      bytes: sent.length > 0 ? mean(sent) : null,
    };
  });
}
