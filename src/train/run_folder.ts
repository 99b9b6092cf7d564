/**
 * A run on disk: `runs/<preset>-<hash8>-s<seed>/` with manifest.json, rows.jsonl, timing.jsonl, sharing.bin, networks.safetensors and,
 * while it is unfinished, checkpoint/. rows.jsonl, sharing.bin and networks.safetensors depend on config and seed alone; what
 * the clock says stands in manifest.json and timing.jsonl.
 * @module
 */
import { AppendFile, DamagedFileError, readIfThere, readJson, writeAtomically } from "relay/train/files.ts";
import { ConfigError, configHash, type RunConfig, runIdOf } from "relay/train/config.ts";
import type { Manifest } from "relay/train/manifest.ts";
import type { Row } from "relay/train/row.ts";

/** Lengths of the growing files at a checkpoint. */
export interface FileLengths {
  readonly rows: number;
  readonly timing: number;
  readonly sharing: number;
}

const EMPTY: FileLengths = { rows: 0, timing: 0, sharing: 0 };

/** A folder that this process alone writes to. */
export class RunFolder {
  readonly runId: string;
  readonly path: string;
  readonly #lock: Deno.FsFile;
  #rows?: AppendFile;
  #timing?: AppendFile;
  #sharing?: AppendFile;

  /**
   * Opens or makes the run's folder and locks it; a killed process leaves no lock behind.
   * @throws {ConfigError} when another process is at this run
   */
  constructor(config: RunConfig, runsDir: string) {
    this.runId = runIdOf(config);
    this.path = `${runsDir}/${this.runId}`;
    makeFolder(this.path);
    this.#lock = Deno.openSync(`${this.path}/lock`, { write: true, create: true });
    if (!this.#lock.tryLockSync(true)) {
      this.#lock.close();
      throw new ConfigError(`Cannot start run: ${this.path} is being written by another process`);
    }
  }

  get checkpointPath(): string {
    return `${this.path}/checkpoint`;
  }

  writeManifest(manifest: Manifest): void {
    writeAtomically(`${this.path}/manifest.json`, JSON.stringify(manifest, null, 2) + "\n");
  }

  /** Opens the growing files, cut back to where the checkpoint left them. */
  openFiles(lengths: FileLengths = EMPTY): void {
    this.#rows = new AppendFile(`${this.path}/rows.jsonl`, lengths.rows);
    this.#timing = new AppendFile(`${this.path}/timing.jsonl`, lengths.timing);
    this.#sharing = new AppendFile(`${this.path}/sharing.bin`, lengths.sharing);
  }

  get lengths(): FileLengths {
    return { rows: this.#rows!.bytes, timing: this.#timing!.bytes, sharing: this.#sharing!.bytes };
  }

  appendRows(rows: readonly Row[]): void {
    if (rows.length === 0) return;
    const { envSteps, elapsedMs } = rows.at(-1)!;
    this.#rows!.append(encodeRows(rows));
    this.#timing!.append(encodeLines([{ envSteps, elapsedMs: Math.round(elapsedMs) }]));
  }

  appendSharing(records: Uint8Array): void {
    this.#sharing!.append(records);
  }

  close(): void {
    this.#rows?.close();
    this.#timing?.close();
    this.#sharing?.close();
    this.#lock.close();
  }
}

/** Rows as rows.jsonl holds them, without the time that they took. */
export function encodeRows(rows: readonly Row[]): Uint8Array {
  return encodeLines(rows.map(({ elapsedMs: _, ...row }) => row));
}

/** The manifest of a run folder; undefined when there is none. */
export function readManifest(path: string): Manifest | undefined {
  return readJson(`${path}/manifest.json`) as Manifest | undefined;
}

/** Whether the run of this identity is there and complete. */
export function isFinished(config: RunConfig, runsDir: string): boolean {
  const manifest = readManifest(`${runsDir}/${runIdOf(config)}`);
  return manifest?.status === "finished" && manifest.configHash === configHash(config);
}

/**
 * The rows of a finished run.
 * @throws {DamagedFileError} when some are missing
 */
export function finishedRows(config: RunConfig, runsDir: string): Row[] {
  const path = `${runsDir}/${runIdOf(config)}`;
  const rows = readRows(path);
  const reached = rows.at(-1)?.envSteps ?? 0;
  const expected = config.totalEnvSteps - config.totalEnvSteps % config.reportEveryEnvSteps;
  if (reached < expected) {
    throw new DamagedFileError(
      `Cannot reuse ${path}: rows.jsonl ends at ${reached} joint steps, expected ${expected}`,
    );
  }
  return rows;
}

/**
 * The rows of a run folder, finished or not. A last line that a kill cut short is left out.
 * @param path the run's folder
 */
export function readRows(path: string): Row[] {
  const elapsed = new Map(
    (readLines(`${path}/timing.jsonl`) as { envSteps: number; elapsedMs: number }[])
      .map(({ envSteps, elapsedMs }) => [envSteps, elapsedMs]),
  );
  return (readLines(`${path}/rows.jsonl`) as Omit<Row, "elapsedMs">[])
    .map((row) => ({ ...row, elapsedMs: elapsed.get(row.envSteps) ?? 0 }));
}

function makeFolder(path: string): void {
  try {
    Deno.mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new ConfigError(`Cannot keep the run in ${path}: ${(error as Error).message}`);
  }
}

function readLines(path: string): unknown[] {
  const bytes = readIfThere(path);
  if (!bytes) throw new DamagedFileError(`Cannot read ${path}: it is missing`);
  const text = new TextDecoder().decode(bytes);
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n").filter(Boolean);
  return lines.map((line, k) => {
    try {
      return JSON.parse(line);
    } catch {
      throw new DamagedFileError(`Cannot read ${path}: line ${k + 1} is not valid JSON`);
    }
  });
}

function encodeLines(lines: readonly unknown[]): Uint8Array {
  return new TextEncoder().encode(lines.map((line) => JSON.stringify(line) + "\n").join(""));
}
