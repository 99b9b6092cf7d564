/**
 * Double-DQN updates, captured and not. Runs as a process of its own too, since a process keeps its engine:
 * `deno run … capture_updates.ts wasm-strict` prints whether the bits agree.
 */
import * as tf from "@tensorflow/tfjs";
import { openStream } from "relay/rng/stream.ts";
import { Captures } from "relay/tensor/capture/captures.ts";
import type { EngineName } from "relay/tensor/engine_name.ts";
import { heapTensor } from "relay/tensor/heap_tensor.ts";
import { QNetworks } from "relay/tensor/q_network.ts";
import type { QNetworkSpec } from "relay/tensor/q_network_plan.ts";
import { stopThreads, useSimd } from "relay/tensor/simd_backend.ts";
import { StackedAdam } from "relay/tensor/stacked_adam.ts";
import { huberTdLoss, tdGradients, tdTarget } from "relay/tensor/td_loss.ts";

const UPDATES = 24;
const ACTIONS = 5;
const shape = { obsShape: [5, 5, 3], actions: ACTIONS } as const;
const fc = { kind: "fc", hidden: [24, 18], ...shape } as const;

export const SPECS: Readonly<Record<string, QNetworkSpec>> = {
  fc: { ...fc, headHidden: null, dueling: false },
  "fc dueling": { ...fc, headHidden: 34, dueling: true },
  conv: { kind: "conv", dueling: false, ...shape },
  "conv dueling": { kind: "conv", dueling: true, ...shape },
};

/** P networks that learn. */
export class Learner {
  readonly online: QNetworks;
  readonly target: QNetworks;
  readonly adam: StackedAdam;
  readonly captures = new Captures();
  readonly #batch;

  constructor(spec: QNetworkSpec, { P, B }: { P: number; B: number }) {
    this.online = new QNetworks(spec, Array.from({ length: P }, (_, p) => openStream(1).fork(`${p}`)));
    this.target = this.online.clone();
    this.adam = new StackedAdam(this.online.variables, { learningRate: 1e-3, clipNorm: 0.5 });
    const values = () => heapTensor([P, B], "float32");
    this.#batch = {
      obs: heapTensor([P, B, ...spec.obsShape], "float32"),
      nextObs: heapTensor([P, B, ...spec.obsShape], "float32"),
      actions: heapTensor([P, B], "int32"),
      ...{ rewards: values(), notTerminal: values(), isWeights: values() },
    };
  }

  /** The k-th update; returns the TD errors. */
  update(k: number, isCaptured: boolean): Float32Array {
    this.#fill(k);
    if (k % 7 === 6) this.target.copyFrom(this.online);
    if (isCaptured) return this.captures.run("update", () => this.#expression()).tdErrors;
    return tf.tidy(() => this.#expression().tdErrors.dataSync()) as Float32Array;
  }

  parameters(): Float32Array[] {
    return this.online.variables.map((variable) => variable.dataSync() as Float32Array);
  }

  dispose(): void {
    this.captures.dispose();
    for (const owner of [this.online, this.target, this.adam, ...Object.values(this.#batch)]) owner.dispose();
  }

  #expression() {
    const { obs, nextObs, actions, rewards, notTerminal, isWeights } = this.#batch;
    const ends = { rewards: rewards.tensor, notTerminal: notTerminal.tensor, gamma: 0.9 };
    const targets = tdTarget(
      this.online.advantage(nextObs.tensor),
      this.target.forward(nextObs.tensor),
      ends,
    );
    const { gradients, tdErrors, loss } = tdGradients(() => {
      const batch = { actions: actions.tensor, targets, isWeights: isWeights.tensor };
      return huberTdLoss(this.online.forward(obs.tensor), batch);
    }, this.online.variables);
    this.adam.step(gradients);
    return { tdErrors, loss };
  }

  /** Observations are sparse at every other update, which kernels treat differently. */
  #fill(k: number): void {
    const stream = openStream(100 + k);
    const { obs, nextObs, actions, rewards, notTerminal, isWeights } = this.#batch;
    const density = k % 2 === 0 ? 0.15 : 1;
    for (const { values } of [obs, nextObs]) {
      values.forEach((_, i) => values[i] = stream.random() < density ? stream.normal() : 0);
    }
    actions.values.forEach((_, i) => actions.values[i] = stream.below(ACTIONS));
    rewards.values.forEach((_, i) => rewards.values[i] = stream.normal());
    notTerminal.values.forEach((_, i) => notTerminal.values[i] = Number(stream.random() < 0.9));
    isWeights.values.forEach((_, i) => isWeights.values[i] = stream.random());
  }
}

/** Whether captured updates have the bits of those by tfjs, with every number of threads. */
export async function sameBits(name: string, size: { P: number; B: number }): Promise<boolean> {
  await useSimd({ threads: 1 });
  const plain = new Learner(SPECS[name]!, size);
  const errors = Array.from({ length: UPDATES }, (_, k) => [...plain.update(k, false)]);
  const expected = JSON.stringify([errors, plain.parameters().map((values) => [...values])]);
  let isSame = true;
  for (const threads of [1, 2, 3]) {
    await useSimd({ threads });
    const captured = new Learner(SPECS[name]!, size);
    const errors = Array.from({ length: UPDATES }, (_, k) => [...captured.update(k, true)]);
    isSame &&= captured.captures.refusalOf("update") === undefined;
    isSame &&= JSON.stringify([errors, captured.parameters().map((values) => [...values])]) === expected;
    captured.dispose();
  }
  plain.dispose();
  stopThreads();
  return isSame;
}

if (import.meta.main) {
  await useSimd({ engine: Deno.args[0] as EngineName });
  const answers: Record<string, boolean> = {};
  for (const name of Object.keys(SPECS)) {
    answers[name] = await sameBits(name, { P: 3, B: name.startsWith("fc") ? 32 : 4 });
  }
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(answers)));
}
