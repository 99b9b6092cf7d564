/**
 * Files written so that a kill at any instant leaves the old content or the new, and read so that damage is named.
 * @module
 */
import { createHash } from "node:crypto";

/** A file as a checkpoint refers to it. */
export interface FileRef {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Something on disk is not what it should be; the message names the path. */
export class DamagedFileError extends Error {
  override name = "DamagedFileError";
}

/** Replaces a file in one step. */
export function writeAtomically(path: string, content: string | Uint8Array): void {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const file = Deno.openSync(`${path}.tmp`, { write: true, create: true, truncate: true });
  writeAll(file, bytes);
  file.syncDataSync();
  file.close();
  Deno.renameSync(`${path}.tmp`, path);
}

/** Writes a new file and says how to refer to it. */
export function writeFile(directory: string, file: string, bytes: Uint8Array): FileRef {
  Deno.writeFileSync(`${directory}/${file}`, bytes);
  return { file, bytes: bytes.length, sha256: sha256(bytes) };
}

/**
 * @throws {DamagedFileError} when the file is missing, has another length or other content
 */
export function readFile(directory: string, ref: FileRef): Uint8Array {
  const path = `${directory}/${ref.file}`;
  const bytes = readIfThere(path);
  if (!bytes) throw new DamagedFileError(`Cannot resume: ${path} is missing`);
  if (bytes.length !== ref.bytes) {
    throw new DamagedFileError(`Cannot resume: ${path} has ${bytes.length} bytes, expected ${ref.bytes}`);
  }
  if (sha256(bytes) !== ref.sha256) {
    throw new DamagedFileError(`Cannot resume: the content of ${path} is damaged`);
  }
  return bytes;
}

/** The file's bytes; undefined when there is none. */
export function readIfThere(path: string): Uint8Array | undefined {
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  }
}

/** The JSON of a file; undefined when there is none. */
export function readJson(path: string): unknown {
  const bytes = readIfThere(path);
  if (!bytes) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new DamagedFileError(`Cannot read ${path}: it is not valid JSON`);
  }
}

/** A file that only grows; cut back to a known length when a run resumes. */
export class AppendFile {
  readonly #file: Deno.FsFile;
  #bytes: number;

  /** Opens or creates the file and cuts it to `bytes`. */
  constructor(readonly path: string, bytes: number) {
    this.#file = Deno.openSync(path, { read: true, write: true, create: true });
    const { size } = this.#file.statSync();
    if (size < bytes) {
      this.#file.close();
      throw new DamagedFileError(`Cannot resume: ${path} has ${size} bytes, expected at least ${bytes}`);
    }
    this.#file.truncateSync(bytes);
    this.#file.seekSync(bytes, Deno.SeekMode.Start);
    this.#bytes = bytes;
  }

  /** Length so far. */
  get bytes(): number {
    return this.#bytes;
  }

  append(content: Uint8Array): void {
    writeAll(this.#file, content);
    this.#bytes += content.length;
  }

  close(): void {
    this.#file.close();
  }
}

/** Removes a folder and all that is in it; one that is not there is no error. */
export function removeFolder(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  let written = 0;
  while (written < bytes.length) written += file.writeSync(bytes.subarray(written));
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
