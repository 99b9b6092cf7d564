/**
 * Replays recordings of MAgent2's Battle and Adversarial Pursuit (spec/env_magent.md §8).
 * @module
 */

import { createHash } from "node:crypto";
import type { ReplayOptions, TraceDifference, TraceResult } from "../replay_trace.ts";
import { countAt, isRecord, type JsonRecord, listAt, numbersAt, recordAt, textAt } from "../trace_fields.ts";
import type { MagentEnv } from "./magent_env.ts";
import { makeAdversarialPursuit, makeBattle } from "./make_magent.ts";

type Difference = Omit<TraceDifference, "ok" | "step">;

const MAKERS = { battle: makeBattle, adversarial_pursuit: makeAdversarialPursuit } as const;

/** Whether a trace is one of these games'. */
export function isMagentTrace({ env, initial_positions }: JsonRecord): boolean {
  return typeof env === "string" && Object.hasOwn(MAKERS, env) && isRecord(initial_positions);
}

/** The recorded copy among others, and how to look at it. */
class RecordedCopy {
  readonly env: MagentEnv;
  readonly agents: readonly string[];
  readonly #copy: number;
  /** Who acts in the next step. */
  #actors: number[];

  /** Already reset. Other copies get other seeds, so that mixed-up copies cannot go unnoticed. */
  constructor(trace: JsonRecord, { copies = 1, copy = 0 }: ReplayOptions) {
    if (!(Number.isInteger(copy) && copy >= 0 && copy < copies)) {
      throw new RangeError(
        `Cannot replay trace in copy ${copy} of ${copies}: expected a copy in [0, ${copies})`,
      );
    }
    const seed = countAt(trace["seed"], "seed");
    const seeds = Array.from({ length: copies }, (_, e) => e === copy ? seed : seed + 1 + e);
    const make = MAKERS[textAt(trace["env"], "env") as keyof typeof MAKERS];
    // The last situation of an ended episode is part of the recording: it must not be replaced by the next one.
    this.env = make(recordAt(trace["kwargs"], "kwargs"), { copies, autoReset: false, seeds });
    this.agents = this.env.describe().agents;
    this.#copy = copy;
    this.#actors = this.agents.map((_, i) => i);
  }

  /** Agents that acted in the last step, or act first. */
  get actors(): readonly number[] {
    return this.#actors;
  }

  /** Other copies get the agents' actions in another order, as far as they have them. */
  step(named: JsonRecord, path: string): void {
    const { E, N, alive } = this.env;
    this.#actors = this.agents.flatMap((_, i) => alive[this.#copy * N + i] === 1 ? [i] : []);
    const own = new Int32Array(N);
    for (const i of this.#actors) {
      own[i] = countAt(named[this.agents[i]!], `${path}.actions.${this.agents[i]!}`);
    }
    const all = new Int32Array(E * N);
    for (let e = 0; e < E; e++) {
      for (let i = 0; i < N; i++) all[e * N + i] = own[(i + Math.abs(e - this.#copy)) % N]!;
    }
    this.env.step(all);
  }

  /** The value of agent i in an `[E, N]` array. */
  of(array: ArrayLike<number>, i: number): number {
    return array[this.#copy * this.env.N + i]!;
  }

  /** Agent i's observation as the original has it, without padding. */
  obsOf(i: number): Float32Array {
    const { N, O, nextObs, teams } = this.env;
    const [, columns, channels] = this.env.describe().obsShape as [number, number, number];
    const [side, , own] = teams[i < teams[0].end ? 0 : 1].obsShape;
    const base = (this.#copy * N + i) * O;
    const obs = new Float32Array(side * side * own);
    for (let cell = 0; cell < side * side; cell++) {
      const from = base + (Math.floor(cell / side) * columns + cell % side) * channels;
      obs.set(nextObs.subarray(from, from + own), cell * own);
    }
    return obs;
  }

  walls(): Set<string> {
    const { width, height, walls } = this.env.scene;
    const ring = Array.from({ length: width * height }, (_, cell) => cell).filter((cell) =>
      walls[cell] === 1
    );
    const places = ring.map((cell) => [cell % width, Math.floor(cell / width)]);
    return new Set([...places, ...this.env.walls(this.#copy)].map((place) => place.join(",")));
  }

  positions() {
    return this.env.positions(this.#copy);
  }
}

/**
 * Compares one recorded episode. See `replayTrace`.
 * @throws {TypeError} naming what is missing in a damaged recording
 */
export function replayMagentTrace(trace: JsonRecord, options: ReplayOptions): TraceResult {
  const recorded = new RecordedCopy(trace, options);
  const steps = listAt(trace["steps"], "steps");
  if (steps.length === 0) throw new TypeError("Cannot replay trace: steps is empty, expected at least one");
  const atReset = compareReset(recorded, trace);
  if (atReset) return { ok: false, step: -1, ...atReset };
  for (let step = 0; step < steps.length; step++) {
    const path = `steps[${step}]`;
    const difference = compareStep(recorded, recordAt(steps[step], path), { path, step });
    if (difference) return { ok: false, step, ...difference };
  }
  return { ok: true, steps: steps.length };
}

function compareReset(recorded: RecordedCopy, trace: JsonRecord): Difference | undefined {
  const agents = listAt(trace["agents"], "agents");
  if (agents.join() !== recorded.agents.join()) {
    return { agent: null, what: "agents", expected: agents, got: recorded.agents };
  }
  return compareWalls(recorded, trace["walls"]) ??
    comparePositions(recorded, trace["initial_positions"], "initial_positions") ??
    compareSparse(recorded, trace["initial_obs_sparse"], "initial_obs_sparse") ??
    compareHash(recorded, trace["initial_obs_sha256"], "initial_obs_sha256");
}

function compareStep(
  recorded: RecordedCopy,
  fields: JsonRecord,
  { path, step }: { path: string; step: number },
): Difference | undefined {
  recorded.step(recordAt(fields["actions"], `${path}.actions`), path);
  const { env } = recorded;
  const isCut = step + 1 >= env.describe().maxEpisodeSteps;
  return compareRewards(recorded, fields["rewards"], `${path}.rewards`) ??
    compareNames(recorded, fields["terminated"], {
      path: `${path}.terminated`,
      holds: (i) => recorded.of(env.terminated, i) === 1,
    }) ??
    // The original truncates those too that die in the last step; the contract has one of the two.
    compareNames(recorded, fields["truncated"], { path: `${path}.truncated`, holds: () => isCut }) ??
    comparePositions(
      recorded,
      fields["positions_after_clear_dead"],
      `${path}.positions_after_clear_dead`,
    ) ??
    compareSparse(recorded, fields["obs_sparse"], `${path}.obs_sparse`) ??
    compareHash(recorded, fields["obs_sha256"], `${path}.obs_sha256`);
}

function compareWalls(recorded: RecordedCopy, walls: unknown): Difference | undefined {
  const expected = listAt(walls, "walls").map((place, k) => numbersAt(place, `walls[${k}]`, 2).join(","));
  const got = recorded.walls();
  const missing = expected.find((place) => !got.has(place));
  if (missing !== undefined) return { agent: null, what: "walls", expected: missing, got: null };
  const count = new Set(expected).size;
  return count === got.size
    ? undefined
    : { agent: null, what: "number of walls", expected: count, got: got.size };
}

function compareRewards(recorded: RecordedCopy, rewards: unknown, path: string): Difference | undefined {
  const named = recordAt(rewards, path);
  for (const i of recorded.actors) {
    const agent = recorded.agents[i]!;
    const [expected] = numbersAt([named[agent]], `${path}.${agent}`);
    const got = recorded.of(recorded.env.rewards, i);
    if (expected !== got) return { agent, what: "rewards", expected, got };
  }
  return undefined;
}

/** A list of the agents of whom something holds, among those that acted. */
function compareNames(
  recorded: RecordedCopy,
  names: unknown,
  { path, holds }: { path: string; holds: (i: number) => boolean },
): Difference | undefined {
  const list = listAt(names, path);
  const i = recorded.actors.find((i) => list.includes(recorded.agents[i]) !== holds(i));
  if (i === undefined) return undefined;
  const what = path.slice(path.lastIndexOf(".") + 1);
  return { agent: recorded.agents[i]!, what, expected: !holds(i), got: holds(i) };
}

/** Positions of the living by name. */
function comparePositions(recorded: RecordedCopy, named: unknown, path: string): Difference | undefined {
  const byAgent = recordAt(named, path);
  const what = path.slice(path.lastIndexOf(".") + 1);
  for (const [i, got] of recorded.positions().entries()) {
    const agent = recorded.agents[i]!;
    const expected = byAgent[agent] === undefined ? null : numbersAt(byAgent[agent], `${path}.${agent}`, 2);
    if (expected?.join() !== got?.join()) return { agent, what, expected, got };
  }
  return undefined;
}

/** Where recorded: what is not 0 in each observation, `[[index, value], …]` by name. */
function compareSparse(recorded: RecordedCopy, named: unknown, path: string): Difference | undefined {
  if (named === undefined) return undefined;
  const byAgent = recordAt(named, path);
  const what = path.slice(path.lastIndexOf(".") + 1);
  for (const i of recorded.actors) {
    const agent = recorded.agents[i]!;
    const got = recorded.obsOf(i);
    const expected = new Float32Array(got.length);
    for (const [k, pair] of listAt(byAgent[agent], `${path}.${agent}`).entries()) {
      const [at, value] = numbersAt(pair, `${path}.${agent}[${k}]`, 2);
      expected[at!] = value!;
    }
    const k = got.findIndex((value, k) => value !== expected[k]);
    if (k >= 0) return { agent, what: `${what}[${k}]`, expected: expected[k], got: got[k] };
  }
  return undefined;
}

/** SHA-256 over the observations of all that acted, one after the other. */
function compareHash(recorded: RecordedCopy, expectedHash: unknown, path: string): Difference | undefined {
  const expected = textAt(expectedHash, path);
  const hash = createHash("sha256");
  for (const i of recorded.actors) hash.update(new Uint8Array(recorded.obsOf(i).buffer));
  const got = hash.digest("hex");
  const what = path.slice(path.lastIndexOf(".") + 1);
  return expected === got ? undefined : { agent: null, what, expected, got };
}
