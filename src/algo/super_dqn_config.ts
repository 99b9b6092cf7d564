/**
 * The settings of SUPER's learner as data (spec/super.md §8), each key with its meaning; validated in train/config.ts.
 * @module
 */
import * as v from "valibot";
import { DEFECT_NAMES } from "relay/algo/defects/catalogue.ts";
import { OPPONENT_FIELDS } from "relay/algo/opponents_config.ts";
import { ShareConfig } from "relay/share/share_config.ts";

const count = v.pipe(v.number(), v.safeInteger("an integer ≥ 1"), v.minValue(1, "an integer ≥ 1"));
const countOrZero = v.pipe(v.number(), v.safeInteger("an integer ≥ 0"), v.minValue(0, "an integer ≥ 0"));
const fraction = v.pipe(
  v.number(),
  v.minValue(0, "a fraction in [0, 1]"),
  v.maxValue(1, "a fraction in [0, 1]"),
);
const positive = v.pipe(v.number(), v.finite("a finite number > 0"), v.gtValue(0, "a number > 0"));

/** A Q-network as data. */
export const NetworkConfig = v.variant("kind", [
  v.strictObject({ kind: v.literal("conv") }),
  v.strictObject({
    kind: v.literal("conv_pool"),
    channels: v.pipe(
      v.array(count),
      v.minLength(1, "at least one number of channels"),
      v.description("output channels of each 3 × 3 convolution; a halving by max-pool follows each"),
    ),
    hidden: v.pipe(count, v.description("width of the dense layer before the outputs")),
  }),
  v.strictObject({
    kind: v.literal("fc"),
    hidden: v.pipe(
      v.array(count),
      v.minLength(1, "at least one width"),
      v.description("widths of the tanh layers"),
    ),
    headHidden: v.pipe(
      v.nullable(count),
      v.description("width of each head's hidden layer; null: one linear output layer"),
    ),
  }),
]);

/** See the keys' descriptions. */
export const SuperDqnConfig = v.strictObject({
  network: NetworkConfig,
  dueling: v.pipe(v.boolean(), v.description("Q = V + A − mean A")),
  double: v.pipe(v.boolean(), v.description("the online network selects o′'s action (double DQN)")),
  gamma: v.pipe(fraction, v.description("γ: discount a joint step")),
  learningRate: v.pipe(positive, v.description("Adam's step size")),
  adamEpsilon: v.pipe(positive, v.description("Adam's ε")),
  clipNorm: v.pipe(positive, v.description("largest global gradient norm of one network")),
  batchSize: v.pipe(count, v.description("transitions a network and update")),
  rolloutEnvSteps: v.pipe(count, v.description("F: joint steps collected between two updates")),
  learningStartsEnvSteps: v.pipe(
    countOrZero,
    v.description("no update until more joint steps than this are done"),
  ),
  targetUpdateEverySteps: v.pipe(count, v.description("joint steps between two copies online → target")),
  bootstrapAtTimeLimit: v.pipe(
    v.boolean(),
    v.description("false: a time-out ends the return, as RLlib ran it"),
  ),
  epsilon: v.strictObject({
    start: v.pipe(fraction, v.description("ε of ε-greedy exploration at joint step 0")),
    end: v.pipe(fraction, v.description("ε from decayEnvSteps on")),
    decayEnvSteps: v.pipe(count, v.description("joint steps of the linear decay")),
  }),
  replay: v.strictObject({
    capacity: v.pipe(count, v.description("transitions kept, each agent")),
    alpha: v.pipe(fraction, v.description("α: exponent of the priorities")),
    beta: v.pipe(fraction, v.description("β: exponent of the importance weights")),
    epsilon: v.pipe(positive, v.description("added to |δ|")),
    insertPriority: v.pipe(
      v.picklist(["one", "sender", "max"]),
      v.description("priority of a new item: 1; |δ| + ε under the sender's networks; the largest so far"),
    ),
    quirkFirstWeight: v.pipe(
      v.boolean(),
      v.description("RLlib's quirk: every item of an inserted batch gets the priority of its first"),
    ),
  }),
  share: ShareConfig,
  opponents: v.exactOptional(v.strictObject(OPPONENT_FIELDS)),
  defects: v.exactOptional(v.pipe(
    v.array(v.picklist(DEFECT_NAMES)),
    v.description("faults of the student reproduction that are switched on; absent in a healthy learner"),
  )),
});

/** See {@link SuperDqnConfig}. */
export type SuperDqnConfig = Readonly<v.InferOutput<typeof SuperDqnConfig>>;
