/**
 * What an experiment says it will show, as data, and whether the runs show it.
 *
 * A claim that one arm beats another holds only when the bootstrap interval says so *and* relabelling the runs by chance would do as
 * well in at most 5 % of the cases: with 3 runs against 3 that takes all three above all three, with 2 against 2 it
 * cannot be had, and the verdict is "undecided".
 * @module
 */
import { bootstrapInterval, type BootstrapOptions, type Interval, oneTask } from "relay/stats/bootstrap.ts";
import { iqm } from "relay/stats/iqm.ts";
import { mean } from "relay/stats/mean.ts";
import { permutationPValue } from "relay/stats/permutation_p_value.ts";
import { probabilityOfImprovement } from "relay/stats/probability_of_improvement.ts";
import {
  BANDWIDTH_METRIC,
  realisedBandwidth,
  runScore,
  type ScoredRun,
  type ScoreName,
} from "relay/stats/run_series.ts";

interface ClaimBase {
  readonly id: string;
  /** The claim in words, without a full stop: "quantile ends above no sharing". */
  readonly text: string;
  readonly arm: string;
}

/** Runs of `arm` score higher than runs of `baseline`, with probability above `minProbability` (0.5: more often than not). */
export interface GreaterClaim extends ClaimBase {
  readonly kind: "greater";
  readonly metric: ScoreName;
  readonly baseline: string;
  readonly minProbability: number;
}

/** The interquartile mean of `arm` lies above a fixed value, such as a random policy's return. */
export interface ExceedsClaim extends ClaimBase {
  readonly kind: "exceeds";
  readonly metric: ScoreName;
  readonly value: number;
}

/** The realised bandwidth of `arm` lies within `tolerance` (a fraction of the target) of `target`. */
export interface BandwidthClaim extends ClaimBase {
  readonly kind: "bandwidth";
  readonly target: number;
  readonly tolerance: number;
  /** Reports up to here do not count: a selector's window is still filling. */
  readonly fromEnvSteps?: number;
}

/** A claim of any kind. */
export type Claim = GreaterClaim | ExceedsClaim | BandwidthClaim;

/** Names of the arms that a claim is about. */
export function armsOfClaim(claim: Claim): readonly string[] {
  return "baseline" in claim ? [claim.arm, claim.baseline] : [claim.arm];
}

/** What the runs say about a claim. */
export interface Verdict extends Interval {
  readonly claim: Claim;
  /** `false`: the runs say the opposite. `"undecided"`: too few runs, or an interval that contains the border. */
  readonly holds: boolean | "undecided";
  /** Number of runs of the arm, or of the smaller of the two arms compared. */
  readonly n: number;
  /** The evidence in words, one sentence. */
  readonly text: string;
}

/** Fewer runs than this never decide a claim. */
const MIN_RUNS = 3;
/** One-sided level of the relabelling test; 3 runs against 3 just reach it. */
const LEVEL = 0.05;

/**
 * The verdict on a claim.
 *
 * @param runs of all arms, each with its rows; an arm without runs makes its claims undecided
 * @param options of the bootstrap; its stream is drawn from
 * @throws {RangeError} when a run needed has no value or one that is not finite
 *
 * @example Three runs a side, all better: as strong as three runs can be.
 * ```ts
 * import { openStream } from "relay/rng/stream.ts";
 * import { BOOTSTRAP } from "relay/stats/bootstrap.ts";
 * import { type Claim, evaluateClaim } from "relay/stats/claim.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const claim: Claim = {
 *   id: "quantile-above-none",
 *   text: "quantile ends above no sharing",
 *   kind: "greater",
 *   metric: "final",
 *   arm: "quantile",
 *   baseline: "none",
 *   minProbability: 0.5,
 * };
 * const run = (arm: string, value: number) => ({
 *   runId: `${arm}-${value}`,
 *   arm,
 *   rows: [{ envSteps: 4000, metric: "eval/return", value }],
 * });
 * const runs = [run("none", -20), run("none", -5), run("none", 3)];
 * runs.push(run("quantile", 30), run("quantile", 41), run("quantile", 44));
 * const verdict = evaluateClaim(claim, runs, { ...BOOTSTRAP, stream: openStream(1) });
 * assertEquals([verdict.holds, verdict.estimate, verdict.n], [true, 1, 3]);
 * ```
 */
export function evaluateClaim(claim: Claim, runs: readonly ScoredRun[], options: BootstrapOptions): Verdict {
  switch (claim.kind) {
    case "greater":
      return evaluateGreater(claim, runs, options);
    case "exceeds":
      return evaluateExceeds(claim, runs, options);
    case "bandwidth":
      return evaluateBandwidth(claim, runs, options);
  }
}

function evaluateGreater(
  claim: GreaterClaim,
  runs: readonly ScoredRun[],
  options: BootstrapOptions,
): Verdict {
  const x = scoresOf(claim.arm, runs, (run) => runScore(run, claim.metric));
  const y = scoresOf(claim.baseline, runs, (run) => runScore(run, claim.metric));
  const n = Math.min(x.length, y.length);
  if (n === 0) return missing(claim, x.length === 0 ? claim.arm : claim.baseline);
  const interval = probabilityOfImprovement(oneTask(x), oneTask(y), options);
  const pAbove = permutationPValue(x, y, options.stream);
  const pBelow = permutationPValue(y, x, options.stream);
  const evidence =
    `Probability of improvement ${decimals(interval.estimate)} ${range(interval, decimals)}, ` +
    `chance alone p = ${decimals(Math.min(pAbove, pBelow))}`;
  return decide(claim, { interval, n, evidence }, {
    above: interval.low > claim.minProbability && pAbove <= LEVEL,
    below: interval.high < claim.minProbability && pBelow <= LEVEL,
  });
}

function evaluateExceeds(
  claim: ExceedsClaim,
  runs: readonly ScoredRun[],
  options: BootstrapOptions,
): Verdict {
  const scores = scoresOf(claim.arm, runs, (run) => runScore(run, claim.metric));
  if (scores.length === 0) return missing(claim, claim.arm);
  const interval = bootstrapInterval(oneTask(scores), iqm, options);
  const evidence = `Interquartile mean ${short(interval.estimate)} ${range(interval, short)} against ${
    short(claim.value)
  }`;
  return decide(claim, { interval, n: scores.length, evidence }, {
    above: interval.low > claim.value,
    below: interval.high < claim.value,
  });
}

function evaluateBandwidth(
  claim: BandwidthClaim,
  runs: readonly ScoredRun[],
  options: BootstrapOptions,
): Verdict {
  const from = claim.fromEnvSteps ?? 0;
  const reporting = runs.filter(({ rows }) =>
    rows.some(({ metric, envSteps }) => metric === BANDWIDTH_METRIC && envSteps > from)
  );
  const fractions = scoresOf(claim.arm, reporting, (run) => realisedBandwidth(run, from));
  if (fractions.length === 0) {
    return missing(claim, claim.arm, ` that reports bandwidth after ${from} env steps`);
  }
  const interval = bootstrapInterval(oneTask(fractions), mean, options);
  const lowest = claim.target * (1 - claim.tolerance);
  const highest = claim.target * (1 + claim.tolerance);
  const evidence = `Mean fraction sent ${short(interval.estimate)} ${range(interval, short)}, allowed ${
    short(lowest)
  } to ${short(highest)}`;
  return decide(claim, { interval, n: fractions.length, evidence }, {
    above: interval.low >= lowest && interval.high <= highest,
    below: interval.high < lowest || interval.low > highest,
  });
}

function scoresOf(arm: string, runs: readonly ScoredRun[], score: (run: ScoredRun) => number): number[] {
  return runs.filter((run) => run.arm === arm).map(score);
}

function decide(
  claim: Claim,
  { interval, n, evidence }: { interval: Interval; n: number; evidence: string },
  { above, below }: { above: boolean; below: boolean },
): Verdict {
  if (n < MIN_RUNS) {
    const text = `${evidence}; ${
      n === 1 ? "1 run" : `${n} runs`
    } an arm cannot decide it, ${MIN_RUNS} are needed.`;
    return { claim, ...interval, holds: "undecided", n, text };
  }
  const holds = above ? true : below ? false : "undecided";
  return { claim, ...interval, holds, n, text: `${evidence}; ${n} runs an arm.` };
}

function missing(claim: Claim, arm: string, lacking = ""): Verdict {
  const text = `There is no run of "${arm}"${lacking}.`;
  return { claim, holds: "undecided", estimate: NaN, low: NaN, high: NaN, n: 0, text };
}

function range({ low, high }: Interval, format: (value: number) => string): string {
  return `[${format(low)}, ${format(high)}]`;
}

function decimals(value: number): string {
  return value.toFixed(value > 0 && value < 0.01 ? 4 : 2);
}

/** Three significant digits without an exponent, with a true minus sign. */
function short(value: number): string {
  const digits = Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
  return String(digits).replace("-", "−");
}
