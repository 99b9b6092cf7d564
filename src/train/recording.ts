/**
 * Recorded results: the manifests and rows of finished runs in one small file, `experiments/recorded/<experiment>/<preset>.json.gz`.
 * The file is gzipped JSON, see {@link Recording}; the same runs give the same bytes.
 * @module
 */
import { createHash } from "node:crypto";
import * as v from "valibot";
import { ConfigError, configHash, parseRunConfig, type RunConfig, runIdOf } from "relay/train/config.ts";
import { DamagedFileError } from "relay/train/files.ts";
import type { Manifest } from "relay/train/manifest.ts";
import { PackedRows, packRows, unpackRows } from "relay/train/packed_rows.ts";
import type { Row } from "relay/train/row.ts";
import { encodeRows } from "relay/train/run_folder.ts";

/** Metrics that no figure, table or claim reads; training returns come at every episode's end and would treble the file. */
export const LEFT_OUT: readonly string[] = Object.freeze(["train/return"]);

const FORMAT = "relay-recorded-runs 1";

/** A run as it is recorded. */
export interface RecordedRun {
  /** Name of its arm in the experiment. */
  readonly arm: string;
  /** manifest.json of the run folder. */
  readonly manifest: Manifest;
  /** SHA-256 of the run's whole rows.jsonl, with what is left out here. */
  readonly rowsSha256: string;
  /** All rows but those of the metrics left out. */
  readonly rows: readonly Row[];
}

/** The runs of one experiment and preset. */
export interface Recording {
  readonly experiment: string;
  readonly preset: string;
  /** By arm as the experiment orders them, then by seed. */
  readonly runs: readonly RecordedRun[];
}

const RecordingFile = v.strictObject({
  format: v.literal(FORMAT),
  experiment: v.string(),
  preset: v.string(),
  /** Metrics of which no rows are kept. */
  leftOut: v.array(v.string()),
  runs: v.array(v.strictObject({
    arm: v.string(),
    manifest: v.custom<Manifest>(isManifest),
    rowsSha256: v.string(),
    rows: PackedRows,
  })),
});

/** A finished run as it will be recorded. */
export function recordedRun(arm: string, manifest: Manifest, rows: readonly Row[]): RecordedRun {
  const kept = rows.filter(({ metric }) => !LEFT_OUT.includes(metric));
  return { arm, manifest, rowsSha256: rowsSha256(rows), rows: kept };
}

/** What two runs have in common when they reported the same to the last bit: SHA-256 of rows.jsonl. */
export function rowsSha256(rows: readonly Row[]): string {
  return createHash("sha256").update(encodeRows(rows)).digest("hex");
}

/** The file's bytes. */
export async function encodeRecording({ experiment, preset, runs }: Recording): Promise<Uint8Array> {
  const file: v.InferInput<typeof RecordingFile> = {
    format: FORMAT,
    experiment,
    preset,
    leftOut: [...LEFT_OUT],
    runs: runs.map((run) => ({ ...run, rows: packRows(run.rows) })),
  };
  // gzip of a stream carries no time
  return await through(
    new TextEncoder().encode(JSON.stringify(file) + "\n"),
    new CompressionStream("gzip"),
  );
}

/**
 * What {@link encodeRecording} was given.
 * @throws {DamagedFileError} for bytes that are no recording
 */
export async function decodeRecording(bytes: Uint8Array, path = "the recording"): Promise<Recording> {
  try {
    const text = new TextDecoder().decode(await through(bytes, new DecompressionStream("gzip")));
    const { experiment, preset, runs } = v.parse(RecordingFile, JSON.parse(text));
    return {
      experiment,
      preset,
      runs: runs.map((run) => ({ ...run, rows: unpackRows(run.rows, run.manifest.runId) })),
    };
  } catch (error) {
    throw new DamagedFileError(`Cannot read ${path}: ${(error as Error).message}`);
  }
}

/**
 * The hash that says which settings a recorded run has.
 * @throws {ConfigError} when its config is no longer one that makes a run of its id
 */
export function requireIdentity({ manifest }: RecordedRun): string {
  const config = runnable(manifest);
  const id = config && runIdOf(config);
  if (id === manifest.runId) return configHash(config!);
  throw new ConfigError(
    `Cannot use the recorded run ${manifest.runId}: its config ${
      id === undefined ? "cannot be run any more" : `makes the run ${id}`
    }, expected ${manifest.runId}; deno task record writes the file anew`,
  );
}

function runnable({ config }: Manifest): RunConfig | undefined {
  try {
    return parseRunConfig(config);
  } catch {
    return undefined;
  }
}

function isManifest(value: unknown): boolean {
  return typeof value === "object" && value !== null && "runId" in value &&
    typeof value.runId === "string" && "config" in value;
}

async function through(
  bytes: Uint8Array,
  transform: TransformStream<BufferSource, Uint8Array>,
): Promise<Uint8Array> {
  return await new Response(new Blob([bytes.slice()]).stream().pipeThrough(transform)).bytes();
}
