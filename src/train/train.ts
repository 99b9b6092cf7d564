/**
 * A run from its config to its rows.
 * @module
 */
import { encodeSafetensors } from "relay/dataset/safetensors.ts";
import { Checkpoint, networkTensors, type Resumed } from "relay/train/checkpoint.ts";
import { parseConfig, runIdOf, type TrainInput } from "relay/train/config.ts";
import { writeAtomically } from "relay/train/files.ts";
import { type Manifest, newManifest } from "relay/train/manifest.ts";
import type { Row } from "relay/train/row.ts";
import { finishedRows, isFinished, readManifest, readRows, RunFolder } from "relay/train/run_folder.ts";
import { type Measurement, Session } from "relay/train/session.ts";

/** Where and how a run is kept; none of it changes its numbers. */
export interface TrainOptions {
  /** Folder of the runs; `runs` unless given. */
  readonly runsDir?: string;
  /** Seconds between two checkpoints; 30 unless given. */
  readonly checkpointEverySeconds?: number;
  /** Asked after every update: true keeps everything and ends the generator. */
  readonly shouldStop?: () => boolean;
}

/** Longest time without giving the event loop a turn, milliseconds. */
const YIELD_EVERY_MS = 100;

/**
 * Runs the config, or goes on with the run of the same identity where it was stopped or killed. A finished run is not repeated: its rows
 * come from disk. Rows and final networks are the same bit for bit however often the run was interrupted.
 *
 * @yields every row of the run, those of earlier sittings first
 * @throws {ConfigError} for a config that cannot be run
 */
export async function* train(input: TrainInput, options: TrainOptions = {}): AsyncGenerator<Row> {
  const config = parseConfig(input);
  const runsDir = options.runsDir ?? "runs";
  if (isFinished(config, runsDir)) {
    removeFolder(`${runsDir}/${runIdOf(config)}/checkpoint`); // left by a kill in the last line of runFrom
    return yield* finishedRows(config, runsDir);
  }
  const session = await Session.start(config);
  try {
    const folder = new RunFolder(config, runsDir);
    try {
      // asked again under the lock: another process may have finished the run meanwhile
      if (isFinished(config, runsDir)) yield* finishedRows(config, runsDir);
      else yield* runFrom(session, folder, options);
    } finally {
      folder.close();
    }
  } finally {
    session.dispose();
  }
}

async function* runFrom(session: Session, folder: RunFolder, options: TrainOptions): AsyncGenerator<Row> {
  const checkpoint = new Checkpoint(folder.checkpointPath);
  const resumed = checkpoint.restore(session);
  folder.openFiles(resumed?.lengths);
  const clock = startClock(resumed?.elapsedMs ?? 0);
  let manifest = beginSitting(readManifest(folder.path) ?? newManifest(session.config), session.envSteps);
  folder.writeManifest(manifest);
  if (resumed) yield* readRows(folder.path);
  else yield* record(session.evaluate());

  const everyMs = (options.checkpointEverySeconds ?? 30) * 1000;
  let savedAt = clock();
  let yieldedAt = clock();
  while (!session.isDone) {
    const episodes = session.iterate();
    folder.appendSharing(session.team.log.takeRecords());
    yield* record([...episodes, ...session.report(), ...session.evaluate()]);
    const stop = options.shouldStop?.() ?? false;
    const now = clock();
    if (stop || now - savedAt > everyMs) {
      checkpoint.save(session, state());
      savedAt = clock();
    }
    if (stop && !session.isDone) return;
    if (now - yieldedAt > YIELD_EVERY_MS) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      yieldedAt = clock();
    }
  }
  writeAtomically(`${folder.path}/networks.safetensors`, finalNetworks(session));
  manifest = {
    ...manifest,
    status: "finished",
    endedAt: new Date().toISOString(),
    elapsedMs: Math.round(clock()),
  };
  folder.writeManifest(manifest);
  removeFolder(folder.checkpointPath); // only now: killed before, the run would need it

  function record(measurements: readonly Measurement[]): Row[] {
    const { envSteps, team: { progress: { updates } } } = session;
    const rows = measurements.map(([metric, value]) => ({
      runId: folder.runId,
      envSteps,
      updates,
      elapsedMs: clock(),
      metric,
      value,
    }));
    folder.appendRows(rows);
    return rows;
  }

  function state(): Resumed {
    return { elapsedMs: clock(), lengths: folder.lengths };
  }
}

function finalNetworks({ config, team }: Session): Uint8Array {
  return encodeSafetensors({
    tensors: networkTensors(team.online, "online"),
    metadata: {
      env: config.env.id,
      network: JSON.stringify(config.network),
      dueling: String(config.dueling),
    },
  });
}

function beginSitting(manifest: Manifest, fromEnvSteps: number): Manifest {
  const { commit, versions, hardware } = newManifest(manifest.config);
  const sitting = { startedAt: new Date().toISOString(), fromEnvSteps, commit, versions, hardware };
  return { ...manifest, status: "running", sittings: [...manifest.sittings, sitting] };
}

/** Milliseconds since now, counted on from `elapsedMs`. */
function startClock(elapsedMs: number): () => number {
  const start = performance.now() - elapsedMs;
  return () => performance.now() - start;
}

function removeFolder(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
