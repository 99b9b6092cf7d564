/**
 * One double-DQN update of eight agents as training does it, on a batch that stays the same.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { openStream, type Stream } from "relay/rng/stream.ts";
import { Captures } from "relay/tensor/capture/captures.ts";
import { heapTensor } from "relay/tensor/heap_tensor.ts";
import { QNetworks } from "relay/tensor/q_network.ts";
import type { QNetworkSpec } from "relay/tensor/q_network_plan.ts";
import { StackedAdam } from "relay/tensor/stacked_adam.ts";
import { huberTdLoss, tdGradients, tdTarget } from "relay/tensor/td_loss.ts";
import { AGENTS } from "./cases.ts";

const BATCH = 32;
const ADAM = { learningRate: 1.6e-4, epsilon: 1e-8, clipNorm: 40 };
const GAMMA = 0.99;
/** Pursuit's share of entries that are not zero, measured on its recorded episodes. */
const OBS_DENSITY = 0.18;

/** What a learner can be asked for. */
export interface Learner {
  /** One update: targets, weighted Huber loss, gradients, clipping, Adam; TD errors read back. */
  readonly update: () => void;
  /** Greedy actions for one observation an agent. */
  readonly act: () => void;
  /** Of one network. */
  readonly parameters: number;
  readonly dispose: () => void;
}

/** Eight networks and their targets on random data; needs the `simd` backend. */
export function newLearner(spec: QNetworkSpec): Learner {
  const streams = Array.from({ length: AGENTS }, (_, p) => openStream(1).fork(`${p}`));
  const online = new QNetworks(spec, streams);
  const target = online.clone();
  const adam = new StackedAdam(online.variables, ADAM);
  const batch = randomBatch(spec);
  const errors = new Float32Array(AGENTS * BATCH);
  const captures = new Captures();
  const expression = () => {
    const { obs, nextObs, rewards, notTerminal, actions, isWeights } = batch;
    const bootstrap = { rewards, notTerminal, gamma: GAMMA };
    const targets = tdTarget(online.advantage(nextObs), target.forward(nextObs), bootstrap);
    const loss = () => huberTdLoss(online.forward(obs), { actions, targets, isWeights });
    const { tdErrors, gradients } = tdGradients(loss, online.variables);
    adam.step(gradients);
    return { tdErrors };
  };
  return {
    update: () => errors.set(captures.run("update", expression).tdErrors),
    act: () => void online.greedy(batch.row),
    parameters: online.parametersPerNetwork,
    dispose: () => {
      tf.dispose(batch);
      for (const owner of [captures, online, target, adam]) owner.dispose();
    },
  };
}

function randomBatch({ obsShape, actions: A }: QNetworkSpec) {
  const stream = openStream(2);
  const filled = (shape: number[], draw: () => number) => {
    const { tensor, values } = heapTensor(shape, "float32");
    values.forEach((_, i) => values[i] = draw());
    return tensor;
  };
  const actions = heapTensor([AGENTS, BATCH], "int32");
  actions.values.forEach((_, i) => actions.values[i] = stream.below(A));
  return {
    obs: filled([AGENTS, BATCH, ...obsShape], () => drawObs(stream)),
    nextObs: filled([AGENTS, BATCH, ...obsShape], () => drawObs(stream)),
    row: filled([AGENTS, 1, ...obsShape], () => drawObs(stream)),
    rewards: filled([AGENTS, BATCH], () => stream.normal()),
    notTerminal: filled([AGENTS, BATCH], () => stream.random() < 0.98 ? 1 : 0),
    isWeights: filled([AGENTS, BATCH], () => stream.random()),
    actions: actions.tensor,
  };
}

function drawObs(stream: Stream): number {
  return stream.random() < OBS_DENSITY ? 1 + stream.below(2) : 0;
}
