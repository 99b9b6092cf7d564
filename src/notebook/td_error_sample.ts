/**
 * TD errors of a trained team, to try selectors on before training with them.
 * @module
 */
import { SHARE, type ShareConfig } from "relay/share/share_config.ts";
import { ConfigError } from "relay/train/config.ts";
import { finishedRun, type RunSource } from "relay/train/finished_run.ts";
import type { SampledTdErrors } from "relay/train/sample_td_errors.ts";

/** How much to play, and where the run is. */
export interface TdErrorSampleOptions {
  /** Folder of the runs; `../runs` unless given, as seen from a notebook. */
  readonly runsDir?: string;
  /** Joint steps; 2000 unless given, rounded down to whole fragments. */
  readonly envSteps?: number;
  /** Seed of the environment, of exploration and of what selectors draw; 1 unless given. */
  readonly seed?: number;
}

/** |δ| of every transition of every agent, and what selectors need to know of the run. */
export interface TdErrorSample extends SampledTdErrors {
  readonly runId: string;
  /** Joint steps. */
  readonly envSteps: number;
  readonly seed: number;
  /** F: transitions that a selector is asked about at once. */
  readonly fragmentLength: number;
  /** k: transitions that the run's windows hold; the paper's 1500 where the run has none. */
  readonly windowSize: number;
  readonly share: ShareConfig;
}

/**
 * Plays on with a finished run's final networks, exploring as much as at the run's end, and computes |δ| of every transition as training
 * would (its γ, double or plain target, time-limit rule); only the target networks are missing in a finished run, the online ones stand in.
 * @throws {ConfigError} when there is no such finished run, or `envSteps` is less than a fragment
 */
export async function tdErrorSample(
  source: RunSource,
  { runsDir = "../runs", envSteps = 2000, seed = 1 }: TdErrorSampleOptions = {},
): Promise<TdErrorSample> {
  const run = finishedRun(source, runsDir);
  const { rolloutEnvSteps: F, share } = run.config;
  if (!(Number.isFinite(envSteps) && envSteps >= F)) {
    throw new ConfigError(`Cannot sample TD errors: envSteps is ${envSteps}, expected at least ${F}`);
  }
  const whole = envSteps - envSteps % F;
  // tfjs takes a while to load; a notebook that samples nothing does not wait for it
  const { sampleTdErrors } = await import("relay/train/sample_td_errors.ts");
  const sampled = await sampleTdErrors(run, { envSteps: whole, seed });
  return {
    ...sampled,
    runId: run.runId,
    envSteps: whole,
    seed,
    fragmentLength: F,
    windowSize: "windowSize" in share ? share.windowSize : SHARE.quantile.windowSize,
    share,
  };
}
