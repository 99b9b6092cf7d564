/**
 * Milliseconds of one double-DQN update of eight agents, microseconds of acting, on one core.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { openStream, type Stream } from "relay/rng/stream.ts";
import { heapTensor, readInto } from "relay/tensor/heap_tensor.ts";
import { QNetworks } from "relay/tensor/q_network.ts";
import type { QNetworkSpec } from "relay/tensor/q_network_plan.ts";
import { useSimd } from "relay/tensor/simd_backend.ts";
import { StackedAdam } from "relay/tensor/stacked_adam.ts";
import { huberTdLoss, tdGradients, tdTarget } from "relay/tensor/td_loss.ts";
import type { Measured } from "./end_to_end.ts";

const P = 8;
const B = 32;
const ADAM = { learningRate: 1.6e-4, epsilon: 1e-8, clipNorm: 40 };
const OBS_SHAPE = [7, 7, 3];
/** Pursuit's share of entries that are not zero, measured on its recorded episodes. */
const OBS_DENSITY = 0.18;
const ACTIONS = 5;

const SPECS: readonly (readonly [string, QNetworkSpec])[] = [
  ["fc 147-64-64-5", {
    kind: "fc",
    hidden: [64, 64],
    headHidden: null,
    dueling: false,
    obsShape: OBS_SHAPE,
    actions: ACTIONS,
  }],
  ["fc 147-64-64, dueling heads 256", {
    kind: "fc",
    hidden: [64, 64],
    headHidden: 256,
    dueling: true,
    obsShape: OBS_SHAPE,
    actions: ACTIONS,
  }],
  ["conv, dueling heads 256", { kind: "conv", dueling: true, obsShape: OBS_SHAPE, actions: ACTIONS }],
];

const SLICE_MS = 40;
const SLICES = 40;

/** Measures the networks of the long experiments: the best of several slices, warm-up left out. */
export async function* benchLearner(): AsyncGenerator<Measured> {
  await useSimd();
  for (const [name, spec] of SPECS) {
    const learner = newLearner(spec);
    yield { bench: "learner", case: `update, ${name}`, unit: "ms", value: best(learner.update) };
    yield { bench: "learner", case: `acting, ${name}`, unit: "µs", value: 1000 * best(learner.act) };
    learner.dispose();
  }
}

/** Best mean duration in milliseconds over slices. */
function best(work: () => void): number {
  slice(work);
  let least = Infinity;
  for (let k = 0; k < SLICES; k++) least = Math.min(least, slice(work));
  return Number(least.toPrecision(3));
}

function slice(work: () => void): number {
  const start = performance.now();
  let calls = 0;
  let now = start;
  while (now - start < SLICE_MS) {
    for (let i = 0; i < 10; i++) work();
    calls += 10;
    now = performance.now();
  }
  return (now - start) / calls;
}

function newLearner(spec: QNetworkSpec) {
  const streams = Array.from({ length: P }, (_, p) => openStream(1).fork(`${p}`));
  const online = new QNetworks(spec, streams);
  const target = online.clone();
  const adam = new StackedAdam(online.variables, ADAM);
  const stream = openStream(2);
  const filled = (shape: number[], draw: () => number) => {
    const tensor = heapTensor(shape, "float32");
    tensor.values.forEach((_, i) => tensor.values[i] = draw());
    return tensor.tensor;
  };
  const obs = filled([P, B, ...OBS_SHAPE], () => drawObs(stream));
  const nextObs = filled([P, B, ...OBS_SHAPE], () => drawObs(stream));
  const row = filled([P, 1, ...OBS_SHAPE], () => drawObs(stream));
  const rewards = filled([P, B], () => stream.normal());
  const notTerminal = filled([P, B], () => stream.random() < 0.98 ? 1 : 0);
  const isWeights = filled([P, B], () => stream.random());
  const actions = heapTensor([P, B], "int32");
  actions.values.forEach((_, i) => actions.values[i] = stream.below(ACTIONS));
  const errors = new Float32Array(P * B);
  const update = () =>
    void tf.tidy(() => {
      const targets = tdTarget(online.advantage(nextObs), target.forward(nextObs), {
        rewards,
        notTerminal,
        gamma: 0.99,
      });
      const loss = () => huberTdLoss(online.forward(obs), { actions: actions.tensor, targets, isWeights });
      const { tdErrors, gradients } = tdGradients(loss, online.variables);
      adam.step(gradients);
      readInto(tdErrors, errors);
    });
  return {
    update,
    act: () => void online.greedy(row),
    dispose: () => {
      tf.dispose([obs, nextObs, row, rewards, notTerminal, isWeights, actions.tensor]);
      for (const owner of [online, target, adam]) owner.dispose();
    },
  };
}

function drawObs(stream: Stream): number {
  return stream.random() < OBS_DENSITY ? 1 + stream.below(2) : 0;
}

if (import.meta.main) {
  // deno-lint-ignore no-console
  for await (const figure of benchLearner()) console.log(JSON.stringify(figure));
}
