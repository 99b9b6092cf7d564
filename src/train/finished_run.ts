import {
  ConfigError,
  parseRunConfig,
  type RunConfig,
  runIdOf,
  type RunInput,
  type TrainConfig,
} from "relay/train/config.ts";
import { readManifest } from "relay/train/run_folder.ts";

/** How a run is named: its id, something that carries its id or config, or the config itself. */
export type RunSource = string | { readonly runId: string } | { readonly config: RunInput } | RunInput;

/** A run on disk that has ended. */
export interface FinishedRun<Config extends RunConfig = TrainConfig> {
  readonly runId: string;
  /** Its folder. */
  readonly path: string;
  readonly config: Config;
}

/**
 * Finds a finished run of SUPER's learner; reads its manifest and nothing else.
 * @param runsDir folder of the runs
 * @throws {ConfigError} when there is none, it has not ended, or has no Q-networks
 */
export function finishedRun(source: RunSource, runsDir: string): FinishedRun {
  const { runId, path, config } = anyFinishedRun(source, runsDir);
  if ("algorithm" in config) {
    throw new ConfigError(
      `Cannot open run ${runId}: it is a run of ${config.algorithm}, expected one with Q-networks`,
    );
  }
  return { runId, path, config };
}

/**
 * As {@link finishedRun}, whatever has learnt in it.
 * @throws {ConfigError} when there is none, or it has not ended
 */
export function anyFinishedRun(source: RunSource, runsDir: string): FinishedRun<RunConfig> {
  const runId = runIdOfSource(source);
  const path = `${runsDir}/${runId}`;
  const manifest = readManifest(path);
  if (!manifest) {
    throw new ConfigError(`Cannot open run ${runId}: there is no ${path}, expected a run trained before`);
  }
  if (manifest.status !== "finished") {
    throw new ConfigError(`Cannot open run ${runId}: it is unfinished, expected one trained to its end`);
  }
  return { runId, path, config: parseRunConfig(manifest.config) };
}

function runIdOfSource(source: RunSource): string {
  if (typeof source === "string") return requireName(source);
  if ("runId" in source) return requireName(source.runId);
  return runIdOf(parseRunConfig("config" in source ? source.config : source));
}

/** A run id becomes part of a path. */
function requireName(runId: string): string {
  if (/^[a-z][a-z0-9_]*-[0-9a-f]{8}-s\d+$/.test(runId)) return runId;
  throw new ConfigError(
    `Cannot open run ${JSON.stringify(runId)}: expected an id such as quick-1a2b3c4d-s1, or a config`,
  );
}
