/**
 * A run from its config to its rows.
 * @module
 */
import { encodeSafetensors } from "relay/dataset/safetensors.ts";
import { Checkpoint, networkTensors, type Resumed } from "relay/train/checkpoint.ts";
import { CoreShare } from "relay/cluster/core_share.ts";
import type { EngineName } from "relay/tensor/engine_name.ts";
import { engineInUse, type SimdOptions, useSimd } from "relay/tensor/simd_backend.ts";
import { parseRunConfig, type RunConfig, runIdOf, type RunInput } from "relay/train/config.ts";
import { removeFolder, writeAtomically } from "relay/train/files.ts";
import { startClock } from "relay/train/working_time.ts";
import { type Manifest, newManifest } from "relay/train/manifest.ts";
import type { Row } from "relay/train/row.ts";
import { finishedRows, isFinished, readManifest, readRows, RunFolder } from "relay/train/run_folder.ts";
import { actorCriticTensors, SeacCheckpoint } from "relay/train/seac_checkpoint.ts";
import { SeacSession } from "relay/train/seac_session.ts";
import { type Measurement, Session } from "relay/train/session.ts";

/** Where a run is kept and what computes it; of all this only the engine may change its numbers, in their last bits. */
export interface TrainOptions {
  /** Folder of the runs; `runs` unless given. */
  readonly runsDir?: string;
  /** Seconds between two checkpoints; 30 unless given. */
  readonly checkpointEverySeconds?: number;
  /** Asked after every update: true keeps everything and ends the generator. */
  readonly shouldStop?: () => boolean;
  /** `wasm` unless given; the manifest names it. */
  readonly engine?: EngineName;
  /** Threads that share its networks, or the cores that they follow; one run alone, with all cores, unless given. */
  readonly threads?: number | CoreShare;
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
export async function* train(input: RunInput, options: TrainOptions = {}): AsyncGenerator<Row> {
  const config = parseRunConfig(input);
  const runsDir = options.runsDir ?? "runs";
  if (isFinished(config, runsDir)) {
    removeFolder(`${runsDir}/${runIdOf(config)}/checkpoint`); // left by a kill in the last line of runFrom
    return yield* finishedRows(config, runsDir);
  }
  const threads = threadsOf(options.threads ?? new CoreShare());
  const { engine } = options;
  const session = await startSession(config, { threads: threads(), ...(engine ? { engine } : {}) });
  try {
    const folder = new RunFolder(config, runsDir);
    try {
      // asked again under the lock: another process may have finished the run meanwhile
      if (isFinished(config, runsDir)) yield* finishedRows(config, runsDir);
      else yield* runFrom(session, folder, { ...options, threads });
    } finally {
      folder.close();
    }
  } finally {
    session.dispose();
  }
}

function startSession(config: RunConfig, compute: SimdOptions): Promise<Session | SeacSession> {
  return "algorithm" in config ? SeacSession.start(config, compute) : Session.start(config, compute);
}

function checkpointOf(session: Session | SeacSession, path: string) {
  if (session instanceof SeacSession) {
    const checkpoint = new SeacCheckpoint(path);
    return {
      save: (resumed: Resumed) => checkpoint.save(session, resumed),
      restore: () => checkpoint.restore(session),
    };
  }
  const checkpoint = new Checkpoint(path);
  return {
    save: (resumed: Resumed) => checkpoint.save(session, resumed),
    restore: () => checkpoint.restore(session),
  };
}

async function* runFrom(
  session: Session | SeacSession,
  folder: RunFolder,
  options: Omit<TrainOptions, "threads"> & { threads: () => number },
): AsyncGenerator<Row> {
  const checkpoint = checkpointOf(session, folder.checkpointPath);
  const resumed = checkpoint.restore();
  folder.openFiles(resumed?.lengths);
  const clock = startClock(resumed?.elapsedMs ?? 0);
  const begun = newManifest(session.config, engineInUse());
  let manifest = beginSitting(readManifest(folder.path) ?? begun, begun, session.envSteps);
  folder.writeManifest(manifest);
  if (resumed) yield* readRows(folder.path);
  else yield* record(session.evaluate());

  const everyMs = (options.checkpointEverySeconds ?? 30) * 1000;
  let savedAt = clock();
  let yieldedAt = clock();
  while (!session.isDone) {
    const episodes = session.iterate();
    folder.appendSharing(session.takeSharing());
    yield* record([...episodes, ...session.report(), ...session.evaluate()]);
    const stop = options.shouldStop?.() ?? false;
    const now = clock();
    if (stop || now - savedAt > everyMs) {
      checkpoint.save(state());
      savedAt = clock();
    }
    if (stop && !session.isDone) return;
    if (now - yieldedAt > YIELD_EVERY_MS) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (options.threads() !== engineInUse().threads) await useSimd({ threads: options.threads() });
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
    const { envSteps, updates } = session;
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

function finalNetworks(session: Session | SeacSession): Uint8Array {
  if (session instanceof SeacSession) {
    const { config: { env, algorithm, hidden } } = session;
    const metadata = { env: env.id, algorithm, hidden: JSON.stringify(hidden) };
    return encodeSafetensors({ tensors: actorCriticTensors(session), metadata });
  }
  const { config, team } = session;
  return encodeSafetensors({
    tensors: networkTensors(team.online, "online"),
    metadata: {
      env: config.env.id,
      network: JSON.stringify(config.network),
      dueling: String(config.dueling),
    },
  });
}

/** @param now the manifest that the run would have if it began now */
function beginSitting(manifest: Manifest, now: Manifest, fromEnvSteps: number): Manifest {
  const { engine, commit, versions, hardware } = now;
  const { threads } = engineInUse();
  const startedAt = new Date().toISOString();
  const sitting = { startedAt, fromEnvSteps, engine, threads, commit, versions, hardware };
  return { ...manifest, status: "running", sittings: [...manifest.sittings, sitting] };
}

function threadsOf(threads: number | CoreShare): () => number {
  return typeof threads === "number" ? () => threads : () => threads.threads;
}
