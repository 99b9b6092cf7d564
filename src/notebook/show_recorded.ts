import { learningCurves } from "relay/plot/learning_curves.ts";
import { claims } from "relay/notebook/claims.ts";
import type { Comparison } from "relay/notebook/comparison.ts";
import { evaluationWords } from "relay/notebook/evaluation_words.ts";
import { show } from "relay/notebook/figure_output.ts";
import { counted, listed } from "relay/notebook/format.ts";
import { recorded, type RecordedOptions } from "relay/notebook/recorded.ts";
import type { Results } from "relay/notebook/results.ts";
import type { PageRun } from "relay/notebook/tables/page_input.ts";
import {
  showNotes,
  showRuns,
  showStatistics,
  type StatisticsOptions,
} from "relay/notebook/tables/show_tables.ts";

/**
 * Shows the recorded runs of a comparison, without training any: learning curves, final returns, claims, what they cannot show, and the runs with their
 * manifests. Where none is recorded it shows nothing.
 *
 * @throws what `recorded` throws
 *
 * @example
 * ```ts ignore
 * await relay.showRecorded(compare(SUPER_PURSUIT, { preset: "fc" }), { alsoAgainst: "random" });
 * ```
 */
export async function showRecorded(
  comparison: Comparison,
  { alsoAgainst, ...options }: RecordedOptions & StatisticsOptions = {},
): Promise<void> {
  const results = await recorded(comparison, options);
  if (!results) return;
  await show(learningCurves(results.input), {
    title: `Recorded runs of preset ${comparison.preset}`,
    caption:
      `Undiscounted return of the team in ${
        evaluationWords(results.comparison)
      }. Line: interquartile mean over seeds; ` +
      `band: 95 % bootstrap interval at each step; thin lines: the seeds. ${origin(results)}`,
  });
  await showStatistics(results, { alsoAgainst });
  await claims(results, { about: `Recorded runs of preset ${comparison.preset}` });
  await showNotes(results);
  await showRuns(results);
}

/** Which runs these are, and where and when they were trained: "21 runs: no sharing fc-1f846454-s1 … s3; …". */
export function origin({ comparison, runs }: Results): string {
  const ofArms = comparison.arms.map(({ name, label }) =>
    `${label} ${runIds(runs.filter(({ arm }) => arm === name))}`
  );
  const days = [...new Set(runs.map(({ manifest }) => String(manifest.endedAt).slice(0, 10)))].sort();
  const machines = [...new Set(runs.map(({ manifest }) => machineOf(manifest)))];
  const commits = [...new Set(runs.flatMap(({ manifest }) => commitsOf(manifest)))];
  const when = days.length === 1 ? `on ${days[0]}` : `from ${days[0]} to ${days.at(-1)}`;
  return `${counted(runs.length, "run")}: ${ofArms.join("; ")}. Trained ${when} on ${listed(machines)}, ` +
    `${commits.length === 1 ? "commit" : "commits"} ${listed(commits)}.`;
}

/** "fc-1f846454-s1 to s3" where the seeds follow each other. */
function runIds(runs: readonly PageRun[]): string {
  const seeds = runs.map(({ seed }) => seed);
  const stem = (run: PageRun) => run.runId.slice(0, run.runId.lastIndexOf("-s"));
  const isRow = runs.length > 1 && seeds.every((seed, i) => seed === seeds[0]! + i) &&
    runs.every((run) => stem(run) === stem(runs[0]!));
  return isRow ? `${runs[0]!.runId} to s${seeds.at(-1)}` : listed(runs.map(({ runId }) => runId));
}

/** The commit that a run began with, and those that it went on with. */
function commitsOf({ commit, sittings }: PageRun["manifest"]): string[] {
  const later = Array.isArray(sittings)
    ? sittings.map((sitting: { commit?: unknown }) => sitting.commit)
    : [];
  return [commit, ...later].filter((one) => typeof one === "string").map((one) => one.slice(0, 8));
}

function machineOf({ hardware }: PageRun["manifest"]): string {
  if (typeof hardware !== "object" || hardware === null) return "an unknown machine";
  const { cpu, cores, os } = hardware as { cpu?: unknown; cores?: unknown; os?: unknown };
  return `${cpu} (${cores} cores, ${os})`;
}
