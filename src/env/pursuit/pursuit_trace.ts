/**
 * Replays recordings of PettingZoo's pursuit (spec/env_pursuit.md §11).
 * @module
 */

import { createHash } from "node:crypto";
import type { ReplayOptions, TraceDifference, TraceResult } from "../replay_trace.ts";
import {
  booleanAt,
  booleansAt,
  countAt,
  type JsonRecord,
  listAt,
  numbersAt,
  recordAt,
  textAt,
} from "../trace_fields.ts";
import { PursuitEnv } from "./pursuit_env.ts";

type Difference = Omit<TraceDifference, "ok" | "step">;
type Position = readonly [number, number];

/** The recorded copy among others, and how to look at it. */
class RecordedCopy {
  readonly env: PursuitEnv;
  readonly agents: readonly string[];
  readonly #copy: number;

  /** Already reset. Other copies get other seeds, so that mixed-up copies cannot go unnoticed. */
  constructor(options: JsonRecord, seed: number, { copies = 1, copy = 0 }: ReplayOptions) {
    if (!(Number.isInteger(copy) && copy >= 0 && copy < copies)) {
      throw new RangeError(
        `Cannot replay trace in copy ${copy} of ${copies}: expected a copy in [0, ${copies})`,
      );
    }
    const seeds = Array.from({ length: copies }, (_, e) => e === copy ? seed : seed + 1 + e);
    // The last situation of an ended episode is part of the recording: it must not be replaced by the next one.
    this.env = new PursuitEnv(options, { copies, autoReset: false, seeds });
    this.agents = this.env.describe().agents;
    this.#copy = copy;
  }

  /** Other copies get the agents' actions in another order. */
  step(actions: readonly number[]): void {
    const { E, N } = this.env;
    const all = new Int32Array(E * N);
    for (let i = 0; i < all.length; i++) {
      const shift = Math.abs(Math.floor(i / N) - this.#copy);
      all[i] = actions[(i + shift) % N]!;
    }
    this.env.step(all);
  }

  /** The recorded copy's part of an `[E, N, …]` array. */
  part<T extends Float32Array | Float64Array | Uint8Array>(array: T): T {
    const length = array.length / this.env.E;
    return array.subarray(this.#copy * length, (this.#copy + 1) * length) as T;
  }

  positions() {
    return this.env.positions(this.#copy);
  }

  generatorState() {
    return this.env.generatorState(this.#copy);
  }
}

/**
 * Compares one recorded episode. See `replayTrace`.
 * @throws {TypeError} naming what is missing in a damaged recording
 */
export function replayPursuitTrace(trace: JsonRecord, options: ReplayOptions): TraceResult {
  const seed = countAt(trace["seed"], "seed");
  const kwargs = recordAt(trace["kwargs"], "kwargs");
  const sharing = { shared_reward: booleanAt(trace["shared_reward"], "shared_reward") };
  const recorded = new RecordedCopy({ ...sharing, ...kwargs }, seed, options);
  const steps = listAt(trace["steps"], "steps");
  if (steps.length === 0) throw new TypeError("Cannot replay trace: steps is empty, expected at least one");
  const atReset = compareReset(recorded, trace);
  if (atReset) return { ok: false, step: -1, ...atReset };
  for (let step = 0; step < steps.length; step++) {
    const path = `steps[${step}]`;
    const fields = recordAt(steps[step], path);
    const difference = compareStep(recorded, fields, path) ??
      (step === steps.length - 1 ? compareGenerator(recorded, trace, "rng_at_end") : undefined);
    if (difference) return { ok: false, step, ...difference };
  }
  return { ok: true, steps: steps.length };
}

function compareReset(recorded: RecordedCopy, trace: JsonRecord): Difference | undefined {
  const initial = recordAt(trace["initial"], "initial");
  return comparePositions(recorded, initial, "initial") ??
    compareObs(recorded, trace["initial_obs"], "initial_obs") ??
    compareHash(recorded, trace["initial_obs_sha256"], "initial_obs_sha256") ??
    compareGenerator(recorded, trace, "rng_after_reset");
}

function compareStep(recorded: RecordedCopy, fields: JsonRecord, path: string): Difference | undefined {
  const { env } = recorded;
  const actions = numbersAt(fields["actions"], `${path}.actions`, env.N);
  const rewards = numbersAt(fields["rewards"], `${path}.rewards`, env.N);
  const terminated = booleansAt(fields["terminated"], `${path}.terminated`, env.N);
  const truncated = booleansAt(fields["truncated"], `${path}.truncated`, env.N);
  recorded.step(actions);
  return compareAgents(recorded.agents, "rewards", { expected: rewards, got: recorded.part(env.rewards) }) ??
    compareAgents(recorded.agents, "terminated", {
      expected: terminated,
      got: flags(recorded.part(env.terminated)),
    }) ??
    compareAgents(recorded.agents, "truncated", {
      expected: truncated,
      got: flags(recorded.part(env.truncated)),
    }) ??
    compareCounts(recorded, fields, path) ??
    ("obs" in fields ? compareObs(recorded, fields["obs"], `${path}.obs`) : undefined) ??
    compareHash(recorded, fields["obs_sha256"], `${path}.obs_sha256`);
}

function flags(values: Uint8Array): boolean[] {
  return Array.from(values, (value) => value === 1);
}

/** A step records either all positions or at least how many evaders are left. */
function compareCounts(recorded: RecordedCopy, fields: JsonRecord, path: string): Difference | undefined {
  if ("pursuers" in fields) return comparePositions(recorded, fields, path);
  const expected = countAt(fields["n_evaders"], `${path}.n_evaders`);
  const got = recorded.positions().evaders.length;
  return expected === got ? undefined : { agent: null, what: "n_evaders", expected, got };
}

function comparePositions(recorded: RecordedCopy, fields: JsonRecord, path: string): Difference | undefined {
  const { pursuers, evaders } = recorded.positions();
  return compareTeam(fields["pursuers"], pursuers, { path: `${path}.pursuers`, prefix: "pursuer_" }) ??
    compareTeam(fields["evaders"], evaders, { path: `${path}.evaders`, prefix: "evader_" });
}

function compareTeam(
  recorded: unknown,
  got: readonly Position[],
  { path, prefix }: { path: string; prefix: string },
): Difference | undefined {
  const expected = listAt(recorded, path).map((place, i) => numbersAt(place, `${path}[${i}]`, 2));
  const what = path.slice(path.lastIndexOf(".") + 1);
  if (expected.length !== got.length) {
    return { agent: null, what: `number of ${what}`, expected: expected.length, got: got.length };
  }
  const i = got.findIndex(([x, y], i) => expected[i]![0] !== x || expected[i]![1] !== y);
  return i < 0 ? undefined : { agent: `${prefix}${i}`, what, expected: expected[i], got: got[i] };
}

function compareAgents<T>(
  agents: readonly string[],
  what: string,
  { expected, got }: { expected: readonly T[]; got: ArrayLike<T> },
): Difference | undefined {
  const i = expected.findIndex((value, i) => value !== got[i]);
  return i < 0 ? undefined : { agent: agents[i]!, what, expected: expected[i], got: got[i] };
}

/** Observations are named by agent and flat, in the order row, column, channel; `nextObs` outlives an episode's end. */
function compareObs(recorded: RecordedCopy, named: unknown, path: string): Difference | undefined {
  const { agents, env } = recorded;
  const byAgent = recordAt(named, path);
  const got = recorded.part(env.nextObs);
  for (let i = 0; i < agents.length; i++) {
    const agent = agents[i]!;
    const expected = numbersAt(byAgent[agent], `${path}.${agent}`, env.O);
    const k = expected.findIndex((value, k) => value !== got[i * env.O + k]);
    if (k >= 0) {
      const what = `${path.slice(path.lastIndexOf(".") + 1)}[${k}]`;
      return { agent, what, expected: expected[k], got: got[i * env.O + k] };
    }
  }
  return undefined;
}

function compareHash(recorded: RecordedCopy, expectedHash: unknown, path: string): Difference | undefined {
  const expected = textAt(expectedHash, path);
  const obs = recorded.part(recorded.env.nextObs);
  const bytes = new Uint8Array(obs.buffer, obs.byteOffset, obs.byteLength);
  const got = createHash("sha256").update(bytes).digest("hex");
  const what = path.slice(path.lastIndexOf(".") + 1);
  return expected === got ? undefined : { agent: null, what, expected, got };
}

/** Compares the generator's state where it was recorded. */
function compareGenerator(recorded: RecordedCopy, trace: JsonRecord, what: string): Difference | undefined {
  if (!(what in trace)) return undefined;
  const expected = recordAt(trace[what], what);
  for (const [name, value] of Object.entries(recorded.generatorState())) {
    if (expected[name] !== value) {
      return { agent: null, what: `${what}.${name}`, expected: expected[name], got: value };
    }
  }
  return undefined;
}
