import { evenSeats, seatsOf } from "relay/algo/seats.ts";
import { decodeSafetensors } from "relay/dataset/safetensors.ts";
import type { ParallelEnv } from "relay/env/parallel_env.ts";
import { openStream } from "relay/rng/stream.ts";
import { QNetworks } from "relay/tensor/q_network.ts";
import { useSimd } from "relay/tensor/simd_backend.ts";
import { heapTensor } from "relay/tensor/heap_tensor.ts";
import * as tf from "@tensorflow/tfjs";
import { DamagedFileError, readIfThere } from "relay/train/files.ts";
import type { RunConfig } from "relay/train/config.ts";
import type { FinishedRun } from "relay/train/finished_run.ts";
import type { Policy } from "relay/train/record_episode.ts";

/**
 * The networks that a run ended with.
 * @param env an environment of the run's config, as its learners see it
 * @throws {RangeError} for a run with faults switched on, whose networks and environment are not what its other settings say
 * @throws {DamagedFileError} when the file is missing or does not hold them
 */
export async function trainedNetworks(run: FinishedRun, env: ParallelEnv): Promise<QNetworks> {
  await useSimd();
  const { config } = run;
  if (config.defects) {
    throw new RangeError(
      `Cannot look into ${run.runId}: it was trained with faults (${
        config.defects.join(", ")
      }), expected a healthy run`,
    );
  }
  const { P } = seatsOf(config.share, env.describe().agents);
  const spec = {
    ...config.network,
    dueling: config.dueling,
    obsShape: env.describe().obsShape,
    actions: env.A,
  };
  const streams = Array.from({ length: P }, (_, i) => openStream(0).fork(`agent/${i}`));
  const networks = new QNetworks(spec, streams);
  restoreTrained(networks, run);
  return networks;
}

/** What a run's file is read into. */
interface Restorable {
  readonly parameters: readonly { readonly name: string }[];
  restore(parameters: readonly Float32Array[]): void;
  dispose(): void;
}

/**
 * Fills networks with those that a run ended with.
 * @throws {DamagedFileError} when the file is missing or does not hold them; the networks are freed then
 */
export function restoreTrained(networks: Restorable, run: FinishedRun<RunConfig>): void {
  try {
    networks.restore(readParameters(run, networks.parameters.map(({ name }) => name)));
  } catch (error) {
    networks.dispose();
    throw error instanceof RangeError
      ? new DamagedFileError(`Cannot read the networks of ${run.runId}: ${error.message}`)
      : error;
  }
}

/**
 * The parameters in a run's file, in the order of the names.
 * @throws {DamagedFileError} when the file or one of them is missing
 */
function readParameters(
  { path }: Pick<FinishedRun<RunConfig>, "path">,
  names: readonly string[],
): Float32Array[] {
  const file = `${path}/networks.safetensors`;
  const bytes = readIfThere(file);
  if (!bytes) throw new DamagedFileError(`Cannot read ${file}: it is missing`);
  const { tensors } = decodeSafetensors(bytes);
  return names.map((name) => {
    const data = tensors[`online/${name}`]?.data;
    if (data instanceof Float32Array) return data;
    throw new DamagedFileError(`Cannot read ${file}: the tensor online/${name} is missing`);
  });
}

/** A policy with memory of its own. */
export interface NetworkPolicy {
  readonly policy: Policy;
  /** Frees the memory, the networks' too. */
  dispose(): void;
}

/**
 * The greedy policy (ε = 0) of networks, as evaluations play it, with its Q-values.
 * @param seats who acts with which network; one for all or one each, as many as there are, unless given
 */
export function greedyPolicy(
  networks: QNetworks,
  env: ParallelEnv,
  { P, S, rowOf } = evenSeats(env.N, networks.P),
): NetworkPolicy {
  const { N, O, A } = env;
  const acting = heapTensor([P, S, ...env.describe().obsShape], "float32");
  return {
    policy: (obs) => {
      for (let i = 0; i < N; i++) acting.values.set(obs.subarray(i * O, (i + 1) * O), rowOf[i]! * O);
      const greedy = networks.greedy(acting.tensor);
      const actions = Int32Array.from(rowOf, (row) => greedy[row]!);
      const q = new Float32Array(N * A);
      tf.tidy(() => { // nothing is returned from it, which would walk through every number
        const values = networks.forward(acting.tensor).dataSync();
        for (let i = 0; i < N; i++) q.set(values.subarray(rowOf[i]! * A, (rowOf[i]! + 1) * A), i * A);
      });
      return { actions, q };
    },
    dispose: () => {
      acting.dispose();
      networks.dispose();
    },
  };
}
