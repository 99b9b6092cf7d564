/**
 * A run as frozen plain data: validated at the door, printed in full, hashed into the run's identity.
 * @module
 */
import { createHash } from "node:crypto";
import * as v from "valibot";
import { SeacConfig } from "relay/algo/seac_config.ts";
import { SuperDqnConfig } from "relay/algo/super_dqn_config.ts";
import type { Selector } from "relay/share/selector.ts";
import { customShare } from "relay/share/share_config.ts";

const count = v.pipe(v.number(), v.safeInteger("an integer ≥ 1"), v.minValue(1, "an integer ≥ 1"));

const SCALARS = [v.number(), v.boolean(), v.string(), v.null()] as const;

/** The run itself, whatever learns in it. */
const runEntries = {
  preset: v.pipe(
    v.string(),
    v.regex(/^[a-z][a-z0-9_]*$/, "a name of small letters, digits and _"),
    v.description("name that the run's folder begins with"),
  ),
  seed: v.pipe(
    v.number(),
    v.safeInteger("an integer ≥ 0"),
    v.minValue(0, "an integer ≥ 0"),
    v.description("root of every random stream"),
  ),
  env: v.strictObject({
    id: v.pipe(v.string(), v.description("versioned id of the environment")),
    options: v.pipe(
      v.record(v.string(), v.union([...SCALARS, v.array(v.record(v.string(), v.union(SCALARS)))])),
      v.description("constructor options that differ from the original's defaults"),
    ),
  }),
  totalEnvSteps: v.pipe(count, v.description("joint environment steps of the whole run, over all copies")),
  reportEveryEnvSteps: v.pipe(count, v.description("joint steps between two reports of training metrics")),
  evaluation: v.strictObject({
    everyEnvSteps: v.pipe(count, v.description("joint steps between two evaluations")),
    episodes: v.pipe(count, v.description("episodes an evaluation")),
  }),
};

/** Steps that must be whole numbers of iterations. */
interface Grids {
  readonly totalEnvSteps: number;
  readonly reportEveryEnvSteps: number;
  readonly evaluation: { readonly everyEnvSteps: number };
}

/** Messages for the grids of which an iteration's steps are no divisor. */
function offGrid(config: Grids, iteration: { readonly steps: number; readonly name: string }): string[] {
  const grids = {
    totalEnvSteps: config.totalEnvSteps,
    reportEveryEnvSteps: config.reportEveryEnvSteps,
    "evaluation.everyEnvSteps": config.evaluation.everyEnvSteps,
  };
  return Object.entries(grids).filter(([, steps]) => steps % iteration.steps !== 0)
    .map(([key, steps]) =>
      `${key} is ${steps}, expected a multiple of ${iteration.name} (${iteration.steps})`
    );
}

/** Everything that decides a run's numbers: the run itself and, beside it, the keys of SUPER's learner. */
export const TrainConfig = v.pipe(
  v.strictObject({ ...runEntries, ...SuperDqnConfig.entries }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const iteration = { steps: dataset.value.rolloutEnvSteps, name: "rolloutEnvSteps" };
    offGrid(dataset.value, iteration).forEach((message) => addIssue({ message }));
  }),
);

/** See {@link TrainConfig}. */
export type TrainConfig = Readonly<v.InferOutput<typeof TrainConfig>>;

/** As {@link TrainConfig} for the actor-critic learners, which `algorithm` tells apart from SUPER's. */
export const SeacTrainConfig = v.pipe(
  v.strictObject({ ...runEntries, ...SeacConfig.entries }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const { algorithm, sharingCoefficient, envCopies, rolloutSteps, opponents } = dataset.value;
    const iteration = { steps: envCopies * rolloutSteps, name: "envCopies × rolloutSteps" };
    offGrid(dataset.value, iteration).forEach((message) => addIssue({ message }));
    if (opponents?.policies !== undefined && !opponents.epsilon) {
      addIssue({ message: "opponents.epsilon is missing: stored opponents explore in training" });
    }
    if (opponents?.epsilon && opponents.policies === undefined) {
      addIssue({
        message: `opponents.epsilon is ${
          JSON.stringify(opponents.epsilon)
        }, expected none: opponents that learn explore by their own policies`,
      });
    }
    if (algorithm === "seac" || sharingCoefficient === 0) return;
    addIssue({
      message: `sharingCoefficient is ${sharingCoefficient}, expected 0: ${algorithm} shares nothing`,
    });
  }),
);

/** See {@link SeacTrainConfig}. */
export type SeacTrainConfig = Readonly<v.InferOutput<typeof SeacTrainConfig>>;

/** Any run's config. */
export type RunConfig = TrainConfig | SeacTrainConfig;

/** A config as a user may give it: a selector of one's own stands where the sharing settings stand. */
export type TrainInput = Omit<TrainConfig, "share"> & { readonly share: TrainConfig["share"] | Selector };

/** Any run's config as a user may give it. */
export type RunInput = TrainInput | SeacTrainConfig;

/** A mistake in what the user gave: shown as one line, exit code 2. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

/** Rises when a change of ours alters the numbers of a run; part of every run's identity. */
export const RESULTS_VERSION = 1;

/**
 * The config, deeply frozen.
 * @throws {ConfigError} one line that names the key, its value and what is allowed
 *
 * @example
 * ```ts
 * import { parseConfig } from "relay/train/config.ts";
 * import { PRESETS } from "experiments/super_pursuit.ts";
 * import { assertThrows } from "@std/assert";
 *
 * const share = { ...PRESETS.smoke.share, kind: "quantile", bandwidth: 1.4 };
 * assertThrows(() => parseConfig({ ...PRESETS.smoke, seed: 1, share }), Error, "share.bandwidth is 1.4, expected a fraction in [0, 1]");
 * ```
 */
export function parseConfig(input: unknown): TrainConfig {
  return parseAs(TrainConfig, withSelectorAsText(input));
}

/**
 * As {@link parseConfig} for a run of any algorithm; a config without the key `algorithm` is one of SUPER's.
 * @throws {ConfigError} one line that names the key, its value and what is allowed
 *
 * @example
 * ```ts
 * import { parseRunConfig } from "relay/train/config.ts";
 * import { PRESETS } from "experiments/super_seac.ts";
 * import { assertThrows } from "@std/assert";
 *
 * const input = { ...PRESETS.smoke, seed: 1, algorithm: "iac", sharingCoefficient: 1 };
 * assertThrows(() => parseRunConfig(input), Error, "sharingCoefficient is 1, expected 0: iac shares nothing");
 * ```
 */
export function parseRunConfig(input: unknown): RunConfig {
  const isActorCritic = typeof input === "object" && input !== null && "algorithm" in input;
  return isActorCritic ? parseAs(SeacTrainConfig, input) : parseConfig(input);
}

function parseAs<S extends Schema>(
  schema: S,
  input: unknown,
): v.InferOutput<S> {
  const result = v.safeParse(schema, input, { abortEarly: false });
  if (!result.success) {
    const issue = describeIssue(result.issues[0], { input, schema });
    throw new ConfigError(`Cannot start run: ${issue}`);
  }
  return deepFreeze(result.output);
}

/** `<preset>-<first 8 digits of the identity's hash>-s<seed>`; the same config and seed have the same id anywhere. */
export function runIdOf(config: RunConfig): string {
  return `${config.preset}-${configHash(config).slice(0, 8)}-s${config.seed}`;
}

/** SHA-256 over everything that decides the numbers but seed and name, as canonical JSON. */
export function configHash({ preset: _, seed: __, ...rest }: RunConfig): string {
  return createHash("sha256").update(canonicalJson({ resultsVersion: RESULTS_VERSION, ...rest })).digest(
    "hex",
  );
}

/** JSON with sorted keys. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (inner === null || typeof inner !== "object" || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** A function in the place of `share` becomes its source text, so that it travels, prints and hashes. */
function withSelectorAsText(input: unknown): unknown {
  if (typeof input !== "object" || input === null || !("share" in input)) return input;
  return typeof input.share === "function"
    ? { ...input, share: customShare(input.share as Selector) }
    : input;
}

type Schema = typeof TrainConfig | typeof SeacTrainConfig;
type Issue = v.InferIssue<Schema>;

function describeIssue(
  issue: Issue,
  { input, schema }: { readonly input: unknown; readonly schema: Schema },
): string {
  const path = (issue.path ?? []) as readonly { key: unknown; input?: unknown }[];
  if (path.length === 0) {
    return issue.kind === "validation"
      ? issue.message
      : `the config is ${JSON.stringify(input)}, expected an object`;
  }
  const key = path.map((item) => String(item.key)).join(".");
  if (issue.type === "strict_object" && issue.expected === "never") {
    return `${key} is not a known key${siblings(path, schema)}`;
  }
  if (issue.input === undefined) return `${key} is missing`;
  return `${key} is ${JSON.stringify(issue.input)}, expected ${expectation(issue)}`;
}

function siblings(path: readonly { key: unknown; input?: unknown }[], schema: Schema): string {
  const keys = knownKeys(schema.pipe[0], path);
  return keys.length > 0 ? `, expected one of ${keys.join(", ")}` : "";
}

/** Keys of the object schema that holds the last element of the path. */
function knownKeys(schema: unknown, path: readonly { key: unknown; input?: unknown }[]): string[] {
  const node = schema as {
    type?: string;
    entries?: Record<string, unknown>;
    options?: unknown[];
    pipe?: unknown[];
  };
  if (node.type === "variant") {
    const kind = (path[0]?.input as { kind?: unknown } | undefined)?.kind;
    const chosen = node.options?.find((option) => {
      const literal = (option as { entries: { kind: { literal: unknown } } }).entries.kind.literal;
      return literal === kind;
    });
    return chosen ? knownKeys(chosen, path) : [];
  }
  if (!node.entries) return [];
  if (path.length === 1) return Object.keys(node.entries);
  return knownKeys(node.entries[String(path[0]!.key)], path.slice(1));
}

function expectation(issue: Issue): string {
  if (issue.kind === "validation") return issue.message;
  return issue.expected.replaceAll(" | ", " or ").replace(/^\((.*)\)$/, "$1");
}

function deepFreeze<T>(value: T): T {
  if (value !== null && typeof value === "object") {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}
