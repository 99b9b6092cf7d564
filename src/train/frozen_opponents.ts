import { epsilonAt, epsilonGreedy } from "relay/algo/epsilon_greedy.ts";
import type { OpponentPolicy } from "relay/env/opposed_env.ts";
import { openStream, type Stream } from "relay/rng/stream.ts";
import { type HeapTensor, heapTensor } from "relay/tensor/heap_tensor.ts";
import { QNetworks } from "relay/tensor/q_network.ts";
import { ConfigError } from "relay/train/config.ts";
import type { StoredPolicies } from "relay/train/stored_policies.ts";

/** How opponents explore: with a schedule over the joint steps of all copies, and random numbers of their own. */
export interface OpponentExploration {
  readonly epsilon: { readonly start: number; readonly end: number; readonly decayEnvSteps: number };
  /** Root of the run's random numbers. */
  readonly stream: Stream;
}

/** Opponents that never learn (spec/super.md §9.4): ε-greedy with a schedule in training, greedy without one. */
export class FrozenOpponents implements OpponentPolicy {
  readonly #networks: QNetworks;
  /** `[M, E, …]` */
  readonly #acting: HeapTensor<Float32Array>;
  readonly #copies: number;
  readonly #streams: readonly Stream[];
  readonly #schedule: OpponentExploration["epsilon"] | undefined;
  #envSteps = 0;

  /**
   * @param copies E
   * @param exploration absent: greedy
   * @throws {ConfigError} when the parameters are not those of the networks that the manifest names
   */
  constructor(
    { path, manifest, tensors }: StoredPolicies,
    copies: number,
    exploration?: OpponentExploration,
  ) {
    const { agents, obsShape, actions, network } = manifest;
    const M = agents.length;
    // The first parameters are overwritten: any stream does.
    const streams = Array.from({ length: M }, () => openStream(0));
    this.#networks = new QNetworks({ ...network, dueling: false, obsShape, actions }, streams);
    try {
      this.#networks.restore(this.#networks.parameters.map(({ name }) => {
        const data = tensors[name]?.data;
        if (data instanceof Float32Array) return data;
        throw new RangeError(`the tensor ${name} is missing`);
      }));
    } catch (error) {
      this.#networks.dispose();
      throw new ConfigError(`Cannot play against ${path}: ${(error as Error).message}`);
    }
    this.#copies = copies;
    this.#acting = heapTensor([M, copies, ...obsShape], "float32");
    this.#schedule = exploration?.epsilon;
    this.#streams = exploration ? agents.map((_, m) => exploration.stream.fork(`opponent/${m}/epsilon`)) : [];
  }

  act(obs: Float32Array, actions: Int32Array): void {
    const [E, M] = [this.#copies, this.#networks.P];
    const O = obs.length / (E * M);
    for (let e = 0; e < E; e++) {
      for (let m = 0; m < M; m++) {
        const from = (e * M + m) * O;
        this.#acting.values.set(obs.subarray(from, from + O), (m * E + e) * O);
      }
    }
    const greedy = this.#networks.greedy(this.#acting.tensor);
    for (let e = 0; e < E; e++) {
      for (let m = 0; m < M; m++) actions[e * M + m] = greedy[m * E + e]!;
    }
    if (this.#schedule) {
      const explored = {
        epsilon: epsilonAt(this.#schedule, this.#envSteps),
        A: this.#networks.spec.actions,
      };
      for (let e = 0; e < E; e++) {
        epsilonGreedy(actions.subarray(e * M, (e + 1) * M), this.#streams, explored);
      }
    }
    this.#envSteps += E;
  }

  save(): Uint8Array {
    const state = { envSteps: this.#envSteps, streams: this.#streams.map((stream) => stream.save()) };
    return new TextEncoder().encode(JSON.stringify(state));
  }

  load(saved: Uint8Array): void {
    const { envSteps, streams } = JSON.parse(new TextDecoder().decode(saved)) as {
      envSteps: number;
      streams: number[][];
    };
    this.#envSteps = envSteps;
    this.#streams.forEach((stream, m) => stream.restore(streams[m]!));
  }

  /** Frees the memory of the networks. */
  dispose(): void {
    this.#acting.dispose();
    this.#networks.dispose();
  }
}
