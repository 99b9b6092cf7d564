import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { beforeAll, describe, it } from "@std/testing/bdd";
import * as tf from "@tensorflow/tfjs";
import { openStream } from "relay/rng/stream.ts";
import { QNetworks } from "relay/tensor/q_network.ts";
import { StackedAdam } from "relay/tensor/stacked_adam.ts";
import { huberTdLoss, tdGradients, tdTarget } from "relay/tensor/td_loss.ts";
import { readGolden } from "../support/golden.ts";
import { assertClose, startSimd } from "./support.ts";

interface Updates {
  readonly q_online_obs: number[][];
  readonly q_target_next: number[][];
  readonly next_action: number[];
  readonly td_error: number[];
  readonly losses: number[];
  readonly grad_norms: number[];
  readonly grad_sums: Record<string, number>;
  readonly [step: `after_step_${number}`]: {
    readonly param_sums: Record<string, number>;
    readonly q_online_obs_row0: number[];
  };
}

interface Golden {
  readonly order: string[];
  readonly obs: number[][];
  readonly nextObs: number[][];
  readonly actions: number[];
  readonly rewards: number[];
  readonly dones: number[];
  readonly is_weights: number[];
  readonly gamma: number;
  readonly ddqn: Updates;
  readonly dqn: Updates;
}

/** Read off the first Adam step of v2.bias, whose length is the learning rate. */
const LEARNING_RATE = 1.6e-4;
const OFFSET_OF_TARGET = 40;
const BIAS_FAN = 16;
/** PyTorch shapes [O, C, kh, kw] and [O, I], and our names. */
const LAYERS: Record<string, { name: string; shape: number[] }> = {
  c1: { name: "conv1", shape: [32, 3, 2, 2] },
  c2: { name: "conv2", shape: [64, 32, 2, 2] },
  c3: { name: "conv3", shape: [64, 64, 2, 2] },
  f: { name: "fc", shape: [64, 1024] },
  p: { name: "policy", shape: [256, 64] },
  a1: { name: "advantage.hidden", shape: [256, 256] },
  a2: { name: "advantage.output", shape: [5, 256] },
  v1: { name: "value.hidden", shape: [256, 256] },
  v2: { name: "value.output", shape: [1, 256] },
};

/** A recorded parameter in our layout: its closed form in PyTorch's order, then permuted. */
function recordedParameter(
  golden: Golden,
  torchName: string,
  offset: number,
): { name: string; values: Float32Array } {
  const [layer, kind] = torchName.split(".") as [string, string];
  const { name, shape } = LAYERS[layer]!;
  const index = golden.order.indexOf(torchName);
  const fan = kind === "bias" ? BIAS_FAN : shape.slice(1).reduce((product, length) => product * length, 1);
  const size = kind === "bias" ? shape[0]! : shape[0]! * fan;
  const closedForm = Float32Array.from(
    { length: size },
    (_, k) => 1.5 / Math.sqrt(fan) * Math.sin(0.5 + 0.7 * k + 1.3 * (index + offset)),
  );
  if (kind === "bias") return { name: `${name}.bias`, values: closedForm };
  const ours = tf.tidy(() => {
    const torch = tf.tensor(closedForm, shape);
    if (shape.length === 4) return torch.transpose([2, 3, 1, 0]).dataSync() as Float32Array;
    // The flatten is (channel, y, x) there and (y, x, channel) here.
    if (layer === "f") return torch.reshape([64, 64, 16]).transpose([2, 1, 0]).dataSync() as Float32Array;
    return torch.transpose().dataSync() as Float32Array;
  });
  return { name: `${name}.weight`, values: ours };
}

function recordedNetworks(golden: Golden, dueling: boolean, offset: number): QNetworks {
  const networks = new QNetworks({ kind: "conv", dueling, obsShape: [7, 7, 3], actions: 5 }, [openStream(0)]);
  const recorded = golden.order.map((torchName) => recordedParameter(golden, torchName, offset));
  networks.restore(
    networks.parameters.map(({ name }) => recorded.find((parameter) => parameter.name === name)!.values),
  );
  return networks;
}

const sumOf = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0);
const normOf = (values: ArrayLike<number>) =>
  Math.sqrt(Array.from(values).reduce((sum, value) => sum + value ** 2, 0));

describe("three recorded updates of the original system", () => {
  beforeAll(async () => void await startSimd());

  for (const variant of ["ddqn", "dqn"] as const) {
    it(`are reproduced by the ${variant === "ddqn" ? "dueling double" : "plain"} DQN`, () => {
      const golden = readGolden("ddqn_updates.json.gz") as Golden;
      const expected = golden[variant];
      const dueling = variant === "ddqn";
      const [online, target] = [0, OFFSET_OF_TARGET].map((offset) =>
        recordedNetworks(golden, dueling, offset)
      ) as [
        QNetworks,
        QNetworks,
      ];
      const adam = new StackedAdam(online.variables, { learningRate: LEARNING_RATE, clipNorm: 40 });
      const B = golden.actions.length;
      const row = (values: number[]) => tf.tensor2d(values, [1, B]);
      tf.tidy(() => {
        const obs = tf.tensor(golden.obs.flat(), [1, B, 7, 7, 3]);
        const nextObs = tf.tensor(golden.nextObs.flat(), [1, B, 7, 7, 3]);
        const evaluate = target.forward(nextObs);
        assertClose(online.forward(obs).dataSync(), expected.q_online_obs.flat(), {
          name: "Q",
          tolerance: 1e-4,
        });
        assertClose(evaluate.dataSync(), expected.q_target_next.flat(), {
          name: "target Q",
          tolerance: 1e-4,
        });
        for (let step = 0; step < 3; step++) {
          const select = dueling ? online.advantage(nextObs) : evaluate;
          if (step === 0) assertEquals([...select.argMax(-1).dataSync()], expected.next_action);
          const targets = tdTarget(select, evaluate, {
            rewards: row(golden.rewards),
            notTerminal: row(golden.dones.map((done) => 1 - done)),
            gamma: golden.gamma,
          });
          const { loss, losses, tdErrors, gradients } = tdGradients(() =>
            huberTdLoss(online.forward(obs), {
              actions: tf.tensor2d(golden.actions, [1, B], "int32"),
              targets,
              isWeights: row(golden.is_weights),
            }), online.variables);
          assertAlmostEquals(loss.dataSync()[0]!, expected.losses[step]!, 1e-4 * expected.losses[step]!);
          assertEquals(losses.dataSync(), loss.dataSync());
          if (step === 0) {
            assertClose(tdErrors.dataSync(), expected.td_error, { name: "TD error", tolerance: 1e-4 });
            golden.order.forEach((torchName) =>
              checkGradientSum(torchName, online, gradients, expected.grad_sums)
            );
          }
          const norm = adam.step(gradients)[0]!;
          assertAlmostEquals(norm, expected.grad_norms[step]!, 1e-4 * expected.grad_norms[step]!);
          const after = expected[`after_step_${step + 1}`]!;
          assertClose(online.forward(obs).dataSync().slice(0, 5), after.q_online_obs_row0, {
            tolerance: 1e-4,
            name: "Q",
          });
          golden.order.forEach((torchName) => checkParameterSum(torchName, online, after.param_sums));
        }
      });
      for (const owner of [online, target, adam]) owner.dispose();
    });
  }
});

function indexOf(torchName: string, networks: QNetworks): number {
  const [layer, kind] = torchName.split(".") as [string, string];
  return networks.parameters.findIndex(({ name }) => name === `${LAYERS[layer]!.name}.${kind}`);
}

/** Sums cancel, some to nothing: the tolerance is that of a float32 sum of values of this norm. */
function checkGradientSum(
  torchName: string,
  networks: QNetworks,
  gradients: readonly tf.Tensor[],
  sums: Record<string, number>,
): void {
  const index = indexOf(torchName, networks);
  if (index < 0) return assertEquals(sums[torchName], 0);
  const values = gradients[index]!.dataSync();
  const allowed = 1e-5 * normOf(values) * Math.sqrt(values.length) + 1e-8;
  assertAlmostEquals(
    sumOf(values),
    sums[torchName]!,
    allowed,
    `${torchName}: ${sumOf(values)}, not ${sums[torchName]}`,
  );
}

/** A float32 gradient near zero may step its parameter another way, Adam's first steps being ± the learning rate. */
function checkParameterSum(torchName: string, networks: QNetworks, sums: Record<string, number>): void {
  const index = indexOf(torchName, networks);
  if (index < 0) return;
  const values = networks.variables[index]!.dataSync();
  const allowed = 1e-4 * normOf(values) + LEARNING_RATE;
  const distance = Math.abs(sumOf(values) - sums[torchName]!);
  assert(distance <= allowed, `${torchName}: ${sumOf(values)}, expected ${sums[torchName]} ± ${allowed}`);
}
