/**
 * Opponents made by training both teams (spec/super.md §9.4).
 * @module
 */
import type { StoredTensor } from "relay/dataset/safetensors.ts";
import { makeEnv } from "relay/env/registry.ts";
import { teamOfAgent } from "relay/env/teams.ts";
import { SHARE } from "relay/share/share_config.ts";
import type { QNetworks } from "relay/tensor/q_network.ts";
import { ConfigError, parseConfig, type TrainConfig, type TrainInput } from "relay/train/config.ts";
import { finishedRun } from "relay/train/finished_run.ts";
import { finishedRows, readManifest } from "relay/train/run_folder.ts";
import { writePolicies } from "relay/train/stored_policies.ts";
import { trainedNetworks } from "relay/train/trained_networks.ts";

/** Evaluations that the stored return is the mean of. */
const LAST_EVALUATIONS = 10;

/**
 * The run that trains a team's policies: both teams learn by independent agents, nothing is shared, returns are this team's.
 * @param input any config of the game
 * @param opponents name of the other team
 */
export function pretrainConfig(input: TrainInput, opponents: string): TrainConfig {
  return parseConfig({ ...input, preset: "pretrain", share: SHARE.none, opponents: { team: opponents } });
}

/**
 * Stores the policies of the learning team of a finished run.
 * @param config as {@link pretrainConfig} gives it
 * @param into path up to the digits of the SHA-256
 * @returns the path of what was written, without ending
 * @throws {ConfigError} when the run is missing or unfinished, or its agents share a network
 */
export async function storePolicies(
  config: TrainConfig,
  { runsDir, into }: { readonly runsDir: string; readonly into: string },
): Promise<string> {
  const run = finishedRun(config, runsDir);
  const env = makeEnv(config.env.id, config.env.options);
  const { agents, obsShape } = env.describe();
  const kept = agents.flatMap((name, i) => teamOfAgent(name) === config.opponents?.team ? [] : [i]);
  const networks = await trainedNetworks(run, env);
  try {
    if (networks.P !== env.N) {
      throw new ConfigError(`Cannot store the policies of ${run.runId}: its agents share a network`);
    }
    const { commit, versions, hardware, elapsedMs, endedAt } = readManifest(run.path)!;
    return writePolicies(into, slices(networks, kept), {
      env: config.env,
      agents: kept.map((i) => agents[i]!),
      obsShape: [...obsShape],
      actions: env.A,
      network: config.network,
      evaluation: evaluationOf(config, runsDir),
      run: { runId: run.runId, config, commit, versions, hardware, elapsedMs, endedAt },
    });
  } finally {
    networks.dispose();
  }
}

/** Some agents' parameters, those of the value head left out. */
function slices(networks: QNetworks, agents: readonly number[]): Record<string, StoredTensor> {
  const acting = networks.parameters.filter(({ name }) => !name.startsWith("value"));
  return Object.fromEntries(acting.map(({ name, variable }) => {
    const [P, ...rest] = variable.shape;
    const size = variable.size / P!;
    const all = variable.dataSync() as Float32Array;
    const data = new Float32Array(agents.length * size);
    agents.forEach((i, m) => data.set(all.subarray(i * size, (i + 1) * size), m * size));
    return [name, { shape: [agents.length, ...rest], data }];
  }));
}

function evaluationOf(config: TrainConfig, runsDir: string): Record<string, number> {
  const returns = finishedRows(config, runsDir).filter(({ metric }) => metric === "eval/return")
    .map(({ value }) => value);
  const last = returns.slice(-LAST_EVALUATIONS);
  return {
    meanReturnOfLastEvaluations: last.reduce((sum, value) => sum + value, 0) / last.length,
    evaluations: last.length,
    episodesEach: config.evaluation.episodes,
    firstReturn: returns[0]!,
  };
}
