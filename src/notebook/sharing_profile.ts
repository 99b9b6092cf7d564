/**
 * What a way of sharing picks: which fraction of the transitions it sends by agent, by reward, by time since the episode began and by
 * distance to the nearest evader (in general: to the nearest entity of another group).
 *
 * The log of a run says what was sent, but neither what was kept nor where anybody stood. So the finished run's agents play on with their
 * final networks, as tdErrorSample does, and the run's own rule is asked about every fragment as in training. That costs seconds and
 * shows the end of training; what the rule picked at its beginning, under other networks, it does not show.
 * @module
 */
import type { EnvDescription } from "relay/env/parallel_env.ts";
import { makeEnv } from "relay/env/registry.ts";
import { show } from "relay/notebook/figure_output.ts";
import { fixed, fraction, listed, whole } from "relay/notebook/format.ts";
import { html } from "relay/notebook/html.ts";
import { display } from "relay/notebook/live/display.ts";
import { distanceRanges, rewardRanges, timeRanges } from "relay/notebook/profile_ranges.ts";
import { Results } from "relay/notebook/results.ts";
import { decisions } from "relay/notebook/selection.ts";
import type { CaptionedFigure } from "relay/notebook/sharing_timeline.ts";
import { tdErrorSample } from "relay/notebook/td_error_sample.ts";
import type { Figure } from "relay/plot/figure.ts";
import { sharingProfile as profileFigure } from "relay/plot/sharing_profile.ts";
import { LIGHT } from "relay/plot/theme.ts";
import { type ShareConfig, sharingTeam } from "relay/share/share_config.ts";
import { sharingProfile as profile, type ValueRange } from "relay/stats/sharing_profile.ts";
import { ConfigError } from "relay/train/config.ts";
import { finishedRun, type RunSource } from "relay/train/finished_run.ts";
import { learnerNames } from "relay/train/learner_names.ts";

/** Which runs, and how much of each to look at. */
export interface SharingProfileOptions {
  /** Folder of the runs; `../runs` unless given, as seen from a notebook. */
  readonly runsDir?: string;
  /** Of a comparison: arms to set side by side; those that are not here are left out. All that select unless given, or when none is here. */
  readonly arms?: readonly string[];
  /** Of a comparison: runs an arm at most; 3 unless given. */
  readonly runs?: number;
  /** Joint steps played with each run; 2000 unless given. */
  readonly envSteps?: number;
}

/** Transitions of one run's sharing team, agent after agent. */
interface ProfiledRun {
  /** Joint steps. */
  readonly envSteps: number;
  /** ε that was played with. */
  readonly epsilon: number;
  readonly isSent: Uint8Array;
  readonly agents: Float32Array;
  readonly rewards: Float32Array;
  readonly episodeSteps: Float32Array;
  readonly distances: Float32Array | null;
}

/** A way of sharing and the runs to look at. */
interface SelectingArm {
  readonly name: string;
  readonly label: string;
  readonly share: ShareConfig;
  readonly runIds: readonly string[];
}

interface ProfiledArm extends SelectingArm {
  readonly runs: readonly ProfiledRun[];
}

type Property = "agents" | "rewards" | "episodeSteps" | "distances";

/** Shows what finished runs pick, a figure a property; says so where nothing selects. */
export async function sharingProfile(
  source: Results | RunSource,
  options: SharingProfileOptions = {},
): Promise<void> {
  const figures = await profileFigures(source, options);
  for (const { figure, title, caption } of figures) await show(figure, { title, caption });
  if (figures.length > 0) return;
  const text = "None of these runs selects what it sends: there is nothing to profile.";
  await display({ "text/html": html`<p class="relay-note">${text}</p>`.toString(), "text/plain": text });
}

/**
 * What `sharingProfile` shows, without showing it; none when no arm of a comparison selects.
 * @throws {ConfigError} for a run that is not finished, shares nothing, or shares by a rule whose text is on disk alone
 */
export async function profileFigures(
  source: Results | RunSource,
  { runsDir = "../runs", arms: asked = [], runs: most = 3, envSteps = 2000 }: SharingProfileOptions = {},
): Promise<CaptionedFigure[]> {
  const arms = source instanceof Results ? armsOf(source, asked, most) : [armOfRun(source, runsDir)];
  if (arms.length === 0) return [];
  const profiled: ProfiledArm[] = [];
  for (const arm of arms) {
    const runs: ProfiledRun[] = [];
    for (const runId of arm.runIds) {
      runs.push(await profiledRun({ runId }, { share: arm.share, runsDir, envSteps }));
    }
    profiled.push({ ...arm, runs });
  }
  const allArms = source instanceof Results
    ? source.comparison.arms.map(({ name }) => name)
    : ["none", arms[0]!.name];
  const { config } = finishedRun(arms[0]!.runIds[0]!, runsDir);
  const { maxEpisodeSteps } = makeEnv(config.env.id, config.env.options).describe();
  return profileTexts(profiled, { agents: learnerNames(config), maxEpisodeSteps }).map(
    ({ property, ranges, xTitle, title, caption }) => ({
      figure: figureOf(profiled, { property, ranges, xTitle, allArms }),
      title,
      caption,
    }),
  );
}

/** What each figure counts and says. */
interface ProfileText extends Omit<CaptionedFigure, "figure"> {
  readonly property: Property;
  readonly ranges: readonly ValueRange[];
  readonly xTitle: string;
}

function profileTexts(
  arms: readonly ProfiledArm[],
  { agents, maxEpisodeSteps }: Pick<EnvDescription, "agents" | "maxEpisodeSteps">,
): ProfileText[] {
  const runs = arms.flatMap((arm) => arm.runs);
  const { epsilon, envSteps } = runs[0]!;
  const sent = listed(arms.map((arm) => `${arm.label} ${percentSent(arm.runs)} %`));
  const texts: ProfileText[] = [{
    property: "rewards",
    ranges: rewardRanges(Float32Array.from(runs.flatMap(({ rewards }) => [...rewards])).filter(isLived)),
    xTitle: "reward of the transition",
    title: "What is sent, by reward",
    caption: `${whole(envSteps)} joint steps of each run, played on with its final networks (ε = ${
      fraction(epsilon)
    }); its rule is asked as in training and sends in all: ${sent}. Line: all runs together; points: one run each.`,
  }, {
    property: "distances",
    ranges: distanceRanges(),
    xTitle: "moves to the nearest that is no teammate, before the step",
    title: "What is sent, by distance",
    caption:
      "The same transitions; on Pursuit the distance to the nearest evader, |Δx| + |Δy|, walls not counted.",
  }, {
    property: "episodeSteps",
    ranges: timeRanges(maxEpisodeSteps),
    xTitle: "joint steps since the episode began",
    title: "What is sent, by time",
    caption: "The same transitions.",
  }, {
    property: "agents",
    ranges: agents.map((label, i) => ({ label, from: i, below: i + 1 })),
    xTitle: "sender",
    title: "What is sent, by agent",
    caption: "The same transitions.",
  }];
  return texts.filter(({ property }) => runs.every((run) => run[property] !== null));
}

/** Ranges that no run has met are left out. */
function figureOf(arms: readonly ProfiledArm[], { property, ranges, xTitle, allArms }: {
  readonly property: Property;
  readonly ranges: readonly ValueRange[];
  readonly xTitle: string;
  readonly allArms: readonly string[];
}): Figure {
  const counted = arms.map(({ runs }) =>
    runs.map((run) => profile({ values: run[property]!, isSent: run.isSent }, ranges))
  );
  const isMet = ranges.map((_, k) => counted.flat().some((bins) => bins[k]!.collected > 0));
  return profileFigure({
    arms: arms.map(({ name, label }, i) => ({
      name,
      label,
      runs: counted[i]!.map((bins) => bins.filter((_, k) => isMet[k])),
    })),
    allArms,
    xTitle,
    theme: LIGHT,
  });
}

function armsOf({ comparison, runs }: Results, asked: readonly string[], most: number): SelectingArm[] {
  const arms = comparison.arms.filter(({ share }) => selects(share)).map(({ name, label, share }) => ({
    name,
    label,
    share,
    runIds: runs.filter(({ arm }) => arm === name).slice(0, most).map(({ runId }) => runId),
  }));
  const here = arms.filter(({ name }) => asked.includes(name));
  return here.length > 0 ? here : arms;
}

function armOfRun(source: RunSource, runsDir: string): SelectingArm {
  const { runId, config: { share } } = finishedRun(source, runsDir);
  if (!selects(share) || share.kind === "custom") {
    throw new ConfigError(
      `Cannot profile what ${runId} sent: share.kind is ${share.kind}, expected ${
        share.kind === "custom"
          ? "the results of its comparison, for nothing that lies on disk is run"
          : "a way of sharing that selects"
      }`,
    );
  }
  return { name: share.kind, label: share.kind, share, runIds: [runId] };
}

function selects({ kind }: ShareConfig): boolean {
  return kind !== "none" && kind !== "parameters" && kind !== "all";
}

async function profiledRun(source: { readonly runId: string }, { share, runsDir, envSteps }: {
  readonly share: ShareConfig;
  readonly runsDir: string;
  readonly envSteps: number;
}): Promise<ProfiledRun> {
  const sample = await tdErrorSample(source, { runsDir, envSteps });
  const decided = await decisions(share, sample);
  const team = sharingTeam(share, sample.agents);
  const T = sample.envSteps;
  const ofTeam = (columnOf: (agent: number) => ArrayLike<number>) => {
    const column = new Float32Array(team.length * T);
    team.forEach((agent, k) => column.set(columnOf(agent), k * T));
    // what an agent does not live through is no transition, and in no range
    team.forEach((agent, k) =>
      sample.absTdErrors[agent]!.forEach((error, t) => {
        if (Number.isNaN(error)) column[k * T + t] = NaN;
      })
    );
    return column;
  };
  const isSent = new Uint8Array(team.length * T);
  team.forEach((agent, k) => decided.agents[agent]!.sent.forEach((t) => isSent[k * T + t] = 1));
  const { rewards, episodeSteps, distances, epsilon } = sample;
  return {
    envSteps: T,
    epsilon,
    isSent,
    agents: ofTeam((agent) => new Float32Array(T).fill(agent)),
    rewards: ofTeam((agent) => rewards[agent]!),
    episodeSteps: ofTeam(() => episodeSteps),
    distances: distances && ofTeam((agent) => distances[agent]!),
  };
}

function percentSent(runs: readonly ProfiledRun[]): string {
  const sent = runs.reduce((sum, { isSent }) => sum + isSent.reduce((a, b) => a + b, 0), 0);
  return fixed(100 * sent / runs.reduce((sum, { rewards }) => sum + rewards.filter(isLived).length, 0), 1);
}

function isLived(value: number): boolean {
  return !Number.isNaN(value);
}
