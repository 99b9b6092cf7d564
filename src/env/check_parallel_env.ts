/**
 * Proves that an environment keeps the contract of `ParallelEnv`.
 * @module
 */

import { openStream, type Stream } from "relay/rng/stream.ts";
import { checkScene } from "./check_scene.ts";
import { checkDescription, checkValues, fail } from "./check_values.ts";
import { type CopyRecord, endedCopies, firstDifference, recordCopy } from "./copy_record.ts";
import type { ParallelEnv } from "./parallel_env.ts";

/** How thoroughly to look. */
export interface CheckOptions {
  /** Joint steps of each check; they should reach the end of an episode. Default: two time limits, at most 1200. */
  readonly steps?: number;
  /** Seed of actions and episodes; default 1. */
  readonly seed?: number;
}

interface CheckContext {
  readonly make: (copies: number) => ParallelEnv;
  readonly id: string;
  readonly steps: number;
  readonly seed: number;
}

const COPIES = 3;
/** Steps before a snapshot is taken, so that it holds more than a beginning. */
const STEPS_BEFORE_SAVE = 5;

/**
 * Makes environments and plays random legal actions in them to check, in this order:
 * description and array shapes; values, masks, the scene and the time limit; refusal of illegal actions; the same numbers for the
 * same seeds; `nextObs` untouched by the auto-reset; copies independent of each other; and `save`/`load`.
 *
 * @param makeOne makes a new environment of so many copies, always with the same options
 * @throws {Error} at the first broken promise, naming it
 *
 * @example
 * ```ts
 * import { checkParallelEnv } from "relay/env/check_parallel_env.ts";
 * import { makeEnv } from "relay/env/registry.ts";
 *
 * checkParallelEnv((copies) => makeEnv("sisl/pursuit_v4", { max_cycles: 20, n_evaders: 4 }, copies));
 * ```
 */
export function checkParallelEnv(makeOne: (copies: number) => ParallelEnv, options: CheckOptions = {}): void {
  const first = makeOne(COPIES);
  checkDescription(first, COPIES);
  const { id, maxEpisodeSteps } = first.describe();
  const steps = options.steps ?? Math.min(2 * maxEpisodeSteps + 10, 1200);
  const context: CheckContext = { make: makeOne, id, steps, seed: options.seed ?? 1 };
  checkPlay(context);
  checkIllegalActions(context);
  checkDeterminism(context);
  checkCopies(context);
  checkSaveLoad(context);
}

function seedsOf(seed: number): number[] {
  return Array.from({ length: COPIES }, (_, e) => seed + 7 * e);
}

/** Random actions that the mask allows; agents that do not act get action 0. */
function drawActions(env: ParallelEnv, stream: Stream): Int32Array {
  const { A, actionMask } = env;
  return Int32Array.from({ length: env.E * env.N }, (_, i) => {
    const legal = Array.from({ length: A }, (_, a) => a).filter((a) =>
      !actionMask || actionMask[i * A + a] === 1
    );
    return legal[stream.below(Math.max(1, legal.length))] ?? 0;
  });
}

function recordAll(env: ParallelEnv): CopyRecord[] {
  return Array.from({ length: env.E }, (_, e) => recordCopy(env, e));
}

function arraysOf({ obs, nextObs, rewards, terminated, truncated, alive, actionMask, state }: ParallelEnv) {
  return [obs, nextObs, rewards, terminated, truncated, alive, actionMask, state];
}

/** Values after every step, episode lengths, obs against nextObs, and arrays that stay the same objects. */
function checkPlay({ make, id, steps, seed }: CheckContext): void {
  const env = make(COPIES);
  env.reset(seedsOf(seed));
  checkValues(env);
  const scene = checkScene(env);
  const arrays = arraysOf(env);
  const stream = openStream(seed).fork("play");
  const ages = new Int32Array(COPIES);
  let ends = 0;
  let endsLikeStarts = 0;
  for (let step = 0; step < steps; step++) {
    const aliveBefore = env.alive?.slice();
    env.step(drawActions(env, stream));
    checkValues(env);
    checkScene(env, scene);
    if (arraysOf(env).some((array, i) => array !== arrays[i])) {
      throw fail(id, "step replaced an array, expected every array to be allocated once");
    }
    const ended = endedCopies(env, aliveBefore);
    for (let e = 0; e < COPIES; e++) {
      checkEpisodeLength(env, e, ++ages[e]!);
      const { obs, nextObs } = recordCopy(env, e);
      const same = obs!.every((value, i) => Object.is(value, nextObs![i]));
      if (!ended[e] && !same) {
        throw fail(id, `obs differs from nextObs in step ${step} though copy ${e} goes on`);
      }
      if (!ended[e]) continue;
      ages[e] = 0;
      ends++;
      if (same) endsLikeStarts++;
    }
  }
  if (ends > 0 && ends === endsLikeStarts) {
    throw fail(
      id,
      "at every episode's end nextObs is the next episode's first observation, expected the true o'",
    );
  }
}

function checkEpisodeLength(env: ParallelEnv, e: number, age: number): void {
  const { id, maxEpisodeSteps } = env.describe();
  const truncated = env.truncated.subarray(e * env.N, (e + 1) * env.N).some((flag) => flag === 1);
  const terminated = env.terminated.subarray(e * env.N, (e + 1) * env.N).some((flag) => flag === 1);
  if (truncated && age !== maxEpisodeSteps) {
    throw fail(
      id,
      `copy ${e} was truncated after ${age} steps, expected maxEpisodeSteps = ${maxEpisodeSteps}`,
    );
  }
  if (age >= maxEpisodeSteps && !truncated && !terminated) {
    throw fail(id, `copy ${e} goes on after ${age} steps, expected truncation at ${maxEpisodeSteps}`);
  }
}

function checkIllegalActions({ make, id, seed }: CheckContext): void {
  const env = make(COPIES);
  env.reset(seedsOf(seed));
  const before = env.save();
  for (const action of [-1, env.A]) {
    const actions = new Int32Array(COPIES * env.N);
    actions[actions.length - 1] = action;
    let error: unknown;
    try {
      env.step(actions);
    } catch (thrown) {
      error = thrown;
    }
    if (!(error instanceof RangeError)) {
      throw fail(id, `action ${action} gave ${error}, expected a RangeError`);
    }
    if (before.join() !== env.save().join()) {
      throw fail(id, `a refused action ${action} changed the situation`);
    }
  }
}

/** Same seeds and actions in two environments, and again in one that has played before. */
function checkDeterminism({ make, id, steps, seed }: CheckContext): void {
  const one = make(COPIES);
  const other = make(COPIES);
  const stream = openStream(seed).fork("determinism");
  other.step(drawActions(other, stream));
  one.reset(seedsOf(seed));
  other.reset(seedsOf(seed));
  for (let step = -1; step < steps; step++) {
    const when = `the same seeds ${step < 0 ? "after reset" : `and actions in step ${step}`}`;
    if (step >= 0) {
      const actions = drawActions(one, stream);
      one.step(actions);
      other.step(actions);
    }
    for (let e = 0; e < COPIES; e++) {
      const problem = firstDifference(recordCopy(one, e), recordCopy(other, e));
      if (problem) throw fail(id, `${problem} of copy ${e} is not the same for ${when}`);
    }
  }
}

/** Copy e of a batch against an environment of one copy that got the same seed and actions. */
function checkCopies({ make, id, steps, seed }: CheckContext): void {
  const batch = make(COPIES);
  const singles = seedsOf(seed).map((single) => {
    const env = make(1);
    env.reset([single]);
    return env;
  });
  batch.reset(seedsOf(seed));
  const stream = openStream(seed).fork("copies");
  const { N } = batch;
  for (let step = -1; step < steps; step++) {
    if (step >= 0) {
      const actions = drawActions(batch, stream);
      batch.step(actions);
      singles.forEach((single, e) => single.step(actions.slice(e * N, (e + 1) * N)));
    }
    for (let e = 0; e < COPIES; e++) {
      const problem = firstDifference(recordCopy(batch, e), recordCopy(singles[e]!, 0));
      if (problem) throw fail(id, `${problem} of copy ${e} in step ${step} is not that of a single copy`);
    }
  }
}

/** A snapshot continues in a new environment and in the one that it was taken of; looking changes nothing. */
function checkSaveLoad({ make, id, steps, seed }: CheckContext): void {
  const env = make(COPIES);
  env.reset(seedsOf(seed));
  const stream = openStream(seed).fork("save");
  for (let step = 0; step < STEPS_BEFORE_SAVE; step++) env.step(drawActions(env, stream));
  const saved = env.save();
  const kept = saved.slice();
  const frame = env.render(0);
  if (frame.data.length !== frame.width * frame.height * 4 || frame.data.length === 0) {
    throw fail(
      id,
      `render gave ${frame.data.length} bytes for ${frame.width}x${frame.height}, expected RGBA`,
    );
  }
  env.scene?.cells(0);
  if (env.save().join() !== kept.join()) throw fail(id, "render, save or scene changed the situation");
  const actionsOf: Int32Array[] = [];
  const expected = [currentObs(env)];
  for (let step = 0; step < steps; step++) {
    const actions = drawActions(env, stream);
    actionsOf.push(actions);
    env.step(actions);
    expected.push(recordAll(env));
  }
  if (saved.join() !== kept.join()) throw fail(id, "step changed bytes that save had given");
  for (
    const [target, name] of [[make(COPIES), "a new environment"], [env, "the same environment"]] as const
  ) {
    target.load(saved);
    for (let step = -1; step < steps; step++) {
      if (step >= 0) target.step(actionsOf[step]!);
      const records = step < 0 ? currentObs(target) : recordAll(target);
      records.forEach((record, e) => {
        const problem = firstDifference(expected[step + 1]![e]!, record);
        if (problem) {
          throw fail(id, `${problem} of copy ${e} is wrong ${step + 1} steps after load in ${name}`);
        }
      });
    }
  }
}

/** What a snapshot must bring back at once; outcomes of the step before it are not part of the future. */
function currentObs(env: ParallelEnv): CopyRecord[] {
  return recordAll(env).map(({ obs, alive, actionMask, state }) => {
    return { obs, ...(alive && { alive }), ...(actionMask && { actionMask }), ...(state && { state }) };
  });
}
