/**
 * Runs that were recorded before (`deno task record`), found by a comparison's experiment and preset.
 * @module
 */
import { armsOfClaim } from "relay/stats/claim.ts";
import { configHash, runIdOf } from "relay/train/config.ts";
import { readIfThere } from "relay/train/files.ts";
import { decodeRecording, type RecordedRun, requireIdentity } from "relay/train/recording.ts";
import type { Comparison, ComparisonRun } from "relay/notebook/comparison.ts";
import { Results } from "relay/notebook/results.ts";
import type { PageRun } from "relay/notebook/tables/page_input.ts";

/** A recorded run as tables and figures take it. */
export interface RecordedPageRun extends PageRun {
  /** Of the run's whole rows.jsonl, see train/recording.ts. */
  readonly rowsSha256: string;
}

/** Where recordings lie. */
export interface RecordedOptions {
  /** Folder of the experiments' folders; that of this checkout unless given. */
  readonly recordedDir?: string;
}

/** The folder of this checkout. */
export const RECORDED_DIR = new URL("../../experiments/recorded", import.meta.url).pathname;

/** Path of a recording in its folder. */
export function recordingPath(experiment: string, preset: string): string {
  return `${experiment}/${preset}.json.gz`;
}

/**
 * The recorded runs of a comparison as results, whatever seeds it names itself: what has been trained need not be trained again to be
 * shown.
 *
 * @returns undefined where none of the comparison's arms is recorded
 * @throws {ConfigError} when a recorded config no longer makes the run whose id it bears
 * @throws {DamagedFileError} when the file is not whole
 *
 * @example
 * ```ts ignore
 * const results = await relay.recorded(compare(SUPER_PURSUIT, { preset: "fc" }));
 * ```
 */
export async function recorded(
  comparison: Comparison,
  options: RecordedOptions = {},
): Promise<Results | undefined> {
  const runs = await recordedRuns(comparison, options);
  if (runs.length === 0) return undefined;
  const isHere = (name: string) => runs.some(({ arm }) => arm === name);
  return new Results({
    ...comparison,
    arms: comparison.arms.filter(({ name }) => isHere(name)),
    runs: runs.map(({ arm, config }) => ({ arm, config })),
    claims: comparison.claims.filter((claim) => armsOfClaim(claim).every(isHere)),
  }, runs);
}

/** The recorded runs that have the settings of one of the comparison's arms, under that arm's name; see {@link recorded}. */
export async function recordedRuns(
  { experiment, preset, arms, runs }: Comparison,
  { recordedDir = RECORDED_DIR }: RecordedOptions = {},
): Promise<(RecordedPageRun & ComparisonRun)[]> {
  if (experiment === undefined) return [];
  const path = `${recordedDir}/${recordingPath(experiment, preset)}`;
  const bytes = readIfThere(path);
  if (!bytes) return [];
  const hashOf = new Map(runs.map(({ arm, config }) => [arm, configHash(config)]));
  const recording = await decodeRecording(bytes, path);
  const known = recording.runs.map((run) => ({ hash: requireIdentity(run), run }));
  // by arm, not by run: two arms of a preset may have the same settings
  return arms.flatMap(({ name }) =>
    known.filter(({ hash }) => hash === hashOf.get(name)).map(({ run }) => pageRun(name, run))
  );
}

function pageRun(
  arm: string,
  { manifest, rows, rowsSha256 }: RecordedRun,
): RecordedPageRun & ComparisonRun {
  const { config } = manifest;
  return {
    runId: runIdOf(config),
    arm,
    seed: config.seed,
    config,
    rows,
    manifest: { ...manifest },
    rowsSha256,
  };
}
