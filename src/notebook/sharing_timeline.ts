/**
 * Who sent what to whom when in a run, and which TD errors its rule picks out.
 * @module
 */
import { show } from "relay/notebook/figure_output.ts";
import { fixed, fraction, whole } from "relay/notebook/format.ts";
import { tdErrorSample } from "relay/notebook/td_error_sample.ts";
import type { Figure } from "relay/plot/figure.ts";
import { sharingTimeline as timelineFigure } from "relay/plot/sharing_timeline.ts";
import { tdErrorDistribution } from "relay/plot/td_error_distribution.ts";
import { LIGHT } from "relay/plot/theme.ts";
import { decide } from "relay/share/decide.ts";
import { sharingTeam } from "relay/share/share_config.ts";
import { type SharingBin, sharingBins } from "relay/share/sharing_bins.ts";
import { decodeSharedTransitions, SHARED_TRANSITION_BYTES } from "relay/share/sharing_log.ts";
import { ConfigError } from "relay/train/config.ts";
import { DamagedFileError, readIfThere } from "relay/train/files.ts";
import { type FinishedRun, finishedRun, type RunSource } from "relay/train/finished_run.ts";
import { learnerNames } from "relay/train/learner_names.ts";

/** Where the run is and how much of its TD errors to look at. */
export interface SharingTimelineOptions {
  /** Folder of the runs; `../runs` unless given, as seen from a notebook. */
  readonly runsDir?: string;
  /** Joint steps that the distribution of TD errors is taken from; 2000 unless given. */
  readonly envSteps?: number;
}

/** A figure with its words. */
export interface CaptionedFigure {
  readonly figure: Figure;
  readonly title: string;
  readonly caption: string;
}

/** Shows what a finished run shared: the timeline of its sharing log and the distribution of its TD errors. */
export async function sharingTimeline(
  source: RunSource,
  options: SharingTimelineOptions = {},
): Promise<void> {
  const { timeline, distribution } = await sharingFigures(source, options);
  for (const { figure, title, caption } of [timeline, distribution]) await show(figure, { title, caption });
}

/**
 * What `sharingTimeline` shows, without showing it.
 * @throws {ConfigError} when there is no such finished run, or one that shares nothing
 */
export async function sharingFigures(
  source: RunSource,
  { runsDir = "../runs", envSteps = 2000 }: SharingTimelineOptions = {},
): Promise<{ readonly timeline: CaptionedFigure; readonly distribution: CaptionedFigure }> {
  const run = finishedRun(source, runsDir);
  const { share } = run.config;
  const agents = learnerNames(run.config);
  const team = sharingTeam(share, agents);
  if (team.length === 0) {
    throw new ConfigError(
      `Cannot show what ${run.runId} shared: share.kind is ${share.kind}, expected a way of sharing transitions`,
    );
  }
  const log = readLog(run);
  return {
    timeline: timelineOf(run, { log, agents, team }),
    distribution: await distributionOf(run, { log, runsDir, envSteps }),
  };
}

function timelineOf(run: FinishedRun, { log, agents, team }: {
  readonly log: Uint8Array;
  readonly agents: readonly string[];
  readonly team: readonly number[];
}): CaptionedFigure {
  const bins = sharingBins(log, { agents: agents.length, envSteps: run.config.totalEnvSteps });
  const sent = log.length / SHARED_TRANSITION_BYTES;
  const collected = run.config.totalEnvSteps * team.length;
  return {
    figure: timelineFigure({ agents, bins, team, theme: LIGHT }),
    title: `Who sent what when: ${run.runId}`,
    caption: `${whole(sent)} of ${run.config.opponents ? "at most " : ""}${
      whole(collected)
    } transitions were sent (${fixed(100 * sent / collected, 1)} %), each to the ${
      team.length - 1
    } other agents of the team. A bar is ${
      whole(stepsOf(bins))
    } joint steps of one agent: its height says how many transitions it sent, its colour their mean |δ|.`,
  };
}

function stepsOf([first]: readonly SharingBin[]): number {
  return first?.collected ?? 0;
}

async function distributionOf(run: FinishedRun, { log, runsDir, envSteps }: {
  readonly log: Uint8Array;
  readonly runsDir: string;
  readonly envSteps: number;
}): Promise<CaptionedFigure> {
  const { share, totalEnvSteps } = run.config;
  const sample = await tdErrorSample(run, { runsDir, envSteps });
  const collected = flat(sample.absTdErrors).filter((error) => !Number.isNaN(error)); // the dead collect nothing
  const about = `${whole(sample.envSteps)} joint steps played with the run's final networks (ε = ${
    fraction(sample.epsilon)
  }; online networks as targets)`;
  const title = `TD errors, collected and sent: ${run.runId}`;
  if (share.kind === "custom") {
    // A selector's text comes from disk here, and nothing from disk is run.
    const figure = tdErrorDistribution({
      collected,
      sent: sentAfter(log, totalEnvSteps - sample.envSteps),
      thresholds: [],
      theme: LIGHT,
    });
    return {
      figure,
      title,
      caption: `Collected: ${about}. Sent: what the run sent in its last ${
        whole(sample.envSteps)
      } joint steps.`,
    };
  }
  const { agents, bandwidth, quantileBandwidth } = await decide(share, sample, { seed: sample.seed });
  const isOwn = share.kind === "quantile";
  const figure = tdErrorDistribution({
    collected,
    sent: flat(agents.map(({ absTdErrors, sent }) => Float32Array.from(sent, (t) => absTdErrors[t]!))),
    thresholds: share.kind === "all" ? [] : agents.map(({ quantiles }) => quantiles.at(-1)!),
    thresholdLabel: isOwn ? "threshold" : `quantile rule's threshold at β = ${quantileBandwidth}`,
    theme: LIGHT,
  });
  const lines = share.kind === "all"
    ? ""
    : ` Dotted: ${
      isOwn ? "each agent's threshold" : "what the paper's quantile rule would compare with, for each agent"
    } at the end.`;
  return {
    figure,
    title,
    caption: `${about}; ${share.kind} sends ${fixed(100 * bandwidth, 1)} % of these transitions.${lines}`,
  };
}

function readLog({ path }: FinishedRun): Uint8Array {
  const log = readIfThere(`${path}/sharing.bin`);
  if (log) return log;
  throw new DamagedFileError(`Cannot read ${path}/sharing.bin: it is missing`);
}

/** |δ| of the records after a joint step; records stand in order of time, fragment by fragment. */
function sentAfter(log: Uint8Array, envStep: number): Float32Array {
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength);
  let from = log.length;
  while (from > 0 && view.getUint32(from - SHARED_TRANSITION_BYTES, true) > envStep) {
    from -= SHARED_TRANSITION_BYTES;
  }
  return Float32Array.from(decodeSharedTransitions(log.subarray(from)), ({ absTdError }) => absTdError);
}

function flat(arrays: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}
