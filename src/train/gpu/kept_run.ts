/**
 * A run on the GPU and its folder, which is that of any other run (see run_folder.ts).
 * @module
 */
import { encodeSafetensors, type StoredTensor } from "relay/dataset/safetensors.ts";
import { CheckpointFiles, type StoredRun } from "relay/train/checkpoint_files.ts";
import type { TrainConfig } from "relay/train/config.ts";
import { removeFolder, writeAtomically } from "relay/train/files.ts";
import { startClock } from "relay/train/working_time.ts";
import { type Manifest, newManifest } from "relay/train/manifest.ts";
import type { Measurement } from "relay/train/measurements.ts";
import type { Row } from "relay/train/row.ts";
import { type FileLengths, readManifest, readRows, RunFolder } from "relay/train/run_folder.ts";
import type { Reached } from "./gpu_groups.ts";
import { GpuRun } from "./gpu_run.ts";

/** See the module. */
export class KeptRun {
  readonly run: GpuRun;
  readonly checkpoint: CheckpointFiles;
  /** Where the run goes on. */
  readonly reached: Reached;
  readonly #folder: RunFolder;
  #manifest: Manifest | undefined;
  #clock: () => number = () => 0;

  private constructor(run: GpuRun, folder: RunFolder) {
    this.run = run;
    this.#folder = folder;
    this.checkpoint = new CheckpointFiles(folder.checkpointPath);
    const { envSteps = 0, progress = run.team.progress } = this.checkpoint.readState() ?? {};
    this.reached = { envSteps, ...progress };
  }

  /**
   * Locks the run's folder and looks how far it is.
   * @throws {ConfigError} when another process is at this run, or it cannot be run
   * @throws {DamagedFileError} for a checkpoint that cannot be read
   */
  static async open(config: TrainConfig, runsDir: string): Promise<KeptRun> {
    const run = await GpuRun.start(config);
    const folder = new RunFolder(config, runsDir);
    try {
      return new KeptRun(run, folder);
    } catch (error) {
      folder.close();
      throw error;
    }
  }

  get config(): TrainConfig {
    return this.run.config;
  }

  /** For the checkpoint. */
  get elapsedMs(): number {
    return this.#clock();
  }

  /** For the checkpoint. */
  get lengths(): FileLengths {
    return this.#folder.lengths;
  }

  /**
   * Begins a sitting.
   * @param engine what the bits depend on
   * @param stored where the run goes on, unless at step 0
   * @returns the rows of earlier sittings
   */
  begin(engine: string, stored: StoredRun | undefined): Row[] {
    this.#folder.openFiles(stored?.state.lengths);
    this.#clock = startClock(stored?.state.elapsedMs ?? 0);
    const now = newManifest(this.config, { arithmetic: engine });
    const manifest = readManifest(this.#folder.path) ?? now;
    const { commit, versions, hardware } = now;
    const sitting = {
      startedAt: new Date().toISOString(),
      fromEnvSteps: this.run.envSteps,
      engine,
      threads: 1,
      commit,
      versions,
      hardware,
    };
    this.#manifest = { ...manifest, status: "running", sittings: [...manifest.sittings, sitting] };
    this.#folder.writeManifest(this.#manifest);
    return stored ? readRows(this.#folder.path) : [];
  }

  /** Stores measurements of the current step. */
  record(measurements: readonly Measurement[]): Row[] {
    const { envSteps, team } = this.run;
    const elapsedMs = this.#clock();
    const { updates } = team.progress;
    const { runId } = this.#folder;
    const rows = measurements.map(([metric, value]) => ({
      runId,
      envSteps,
      updates,
      elapsedMs,
      metric,
      value,
    }));
    this.#folder.appendRows(rows);
    return rows;
  }

  /** Stores what was shared since the last call. */
  recordSharing(): void {
    this.#folder.appendSharing(this.run.team.log.takeRecords());
  }

  /** Ends the run: final networks, then the manifest, then no checkpoint any more. */
  finish(tensors: Record<string, StoredTensor>): void {
    const { env, network, dueling } = this.config;
    const metadata = { env: env.id, network: JSON.stringify(network), dueling: String(dueling) };
    const path = `${this.#folder.path}/networks.safetensors`;
    writeAtomically(path, encodeSafetensors({ tensors, metadata }));
    this.#folder.writeManifest({
      ...this.#manifest!,
      status: "finished",
      endedAt: new Date().toISOString(),
      elapsedMs: Math.round(this.#clock()),
    });
    removeFolder(this.#folder.checkpointPath);
  }

  /** Lets other processes at the run. */
  close(): void {
    this.#folder.close();
  }
}
