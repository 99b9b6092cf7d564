/**
 * The settings of the actor-critic learners as data (spec/seac.md §5), each key with its meaning; validated in train/config.ts.
 * @module
 */
import * as v from "valibot";
import { OPPONENT_FIELDS } from "relay/algo/opponents_config.ts";

const count = v.pipe(v.number(), v.safeInteger("an integer ≥ 1"), v.minValue(1, "an integer ≥ 1"));
const fraction = v.pipe(
  v.number(),
  v.minValue(0, "a fraction in [0, 1]"),
  v.maxValue(1, "a fraction in [0, 1]"),
);
const positive = v.pipe(v.number(), v.finite("a finite number > 0"), v.gtValue(0, "a number > 0"));
const coefficient = v.pipe(v.number(), v.finite("a finite number ≥ 0"), v.minValue(0, "a number ≥ 0"));

/** See the keys' descriptions. */
export const SeacConfig = v.strictObject({
  algorithm: v.pipe(
    v.picklist(["seac", "iac", "snac"]),
    v.description(
      "seac: every agent learns from all experience; iac: from its own; snac: one network learns for all agents",
    ),
  ),
  hidden: v.pipe(
    v.array(count),
    v.minLength(1, "at least one width"),
    v.description("widths of the ReLU layers of actor and critic"),
  ),
  gamma: v.pipe(fraction, v.description("γ: discount a joint step")),
  learningRate: v.pipe(positive, v.description("Adam's step size")),
  adamEpsilon: v.pipe(positive, v.description("Adam's ε")),
  clipNorm: v.pipe(
    positive,
    v.description("largest global gradient norm of one agent, actor and critic together"),
  ),
  entropyCoefficient: v.pipe(coefficient, v.description("c_e: weight of the policy's entropy")),
  valueCoefficient: v.pipe(coefficient, v.description("c_v: weight of the value losses")),
  sharingCoefficient: v.pipe(
    coefficient,
    v.description("λ: weight of the losses on the other agents' experience; only seac has such losses"),
  ),
  envCopies: v.pipe(count, v.description("E: copies of the environment that are stepped together")),
  rolloutSteps: v.pipe(
    count,
    v.description("T: steps of every copy between two updates, and n of the returns"),
  ),
  properTimeLimits: v.pipe(
    v.boolean(),
    v.description("a time limit's step has V(o) for its return; false: time limits are terminal"),
  ),
  evaluationPolicy: v.pipe(
    v.picklist(["sampled", "greedy"]),
    v.description("actions of evaluation episodes: drawn from the policy (the authors' code) or its mode"),
  ),
  opponents: v.exactOptional(v.strictObject({
    ...OPPONENT_FIELDS,
    epsilon: v.exactOptional(v.strictObject({
      start: v.pipe(
        fraction,
        v.description("ε of the stored policies' exploration in training, at joint step 0"),
      ),
      end: v.pipe(fraction, v.description("ε from decayEnvSteps on; in evaluations they are greedy")),
      decayEnvSteps: v.pipe(count, v.description("joint steps of all copies that the linear decay takes")),
    })),
  })),
});

/** See {@link SeacConfig}. */
export type SeacConfig = Readonly<v.InferOutput<typeof SeacConfig>>;

/** The authors' defaults (spec/seac.md §5). */
export const SEAC_DEFAULTS: Omit<SeacConfig, "algorithm"> = Object.freeze({
  hidden: [64, 64],
  gamma: 0.99,
  learningRate: 3e-4,
  adamEpsilon: 1e-3,
  clipNorm: 0.5,
  entropyCoefficient: 0.01,
  valueCoefficient: 0.5,
  sharingCoefficient: 1,
  envCopies: 4,
  rolloutSteps: 5,
  properTimeLimits: true,
  evaluationPolicy: "sampled",
});
