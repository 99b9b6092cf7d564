/**
 * The parts of the environment contract that can be seen without playing.
 * @module
 */

import type { EnvDescription, ParallelEnv } from "./parallel_env.ts";

/** The error of an environment that does not keep a promise of the contract. */
export function fail(id: string, promise: string): Error {
  return new Error(`Environment ${id} breaks the contract: ${promise}`);
}

function product(shape: readonly number[]): number {
  return shape.reduce((total, length) => total * length, 1);
}

/** Whether a value survives JSON. */
function isPlain(value: unknown): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  return typeof value === "object" && Object.values(value).every(isPlain);
}

/** Checks sizes, array types and lengths, and that the description is complete plain data. */
export function checkDescription(env: ParallelEnv, copies: number): void {
  const description = env.describe();
  const { id, agents, obsShape, actions, stateShape, maxEpisodeSteps } = description;
  const { E, N, O, A } = env;
  if (!isPlain(description)) throw fail(id, "describe() is not plain data");
  const sizes: [string, number, number][] = [
    ["E", E, copies],
    ["N", N, agents.length],
    ["O", O, product(obsShape)],
    ["A", A, actions.length],
    ["number of different agent names", new Set(agents).size, agents.length],
  ];
  for (const [name, got, expected] of sizes) {
    if (got !== expected) throw fail(id, `${name} is ${got}, expected ${expected}`);
  }
  if (!/^.+_v\d+$/.test(id)) throw fail(id, "the id has no version, expected an ending like _v4");
  if (!(Number.isInteger(maxEpisodeSteps) && maxEpisodeSteps >= 1)) {
    throw fail(id, `maxEpisodeSteps is ${maxEpisodeSteps}, expected an integer >= 1`);
  }
  if (description.rules.trim() === "") throw fail(id, "rules are empty, expected a few sentences");
  checkArrays(env, description);
  if ((stateShape === undefined) !== (env.state === undefined) || (env.state && !env.updateState)) {
    throw fail(id, "stateShape, state and updateState must come together");
  }
}

function checkArrays(env: ParallelEnv, { id, stateShape }: EnvDescription): void {
  const { E, N, O, A } = env;
  const stateLength = E * product(stateShape ?? []);
  const arrays = [
    ["obs", env.obs, Float32Array, E * N * O],
    ["nextObs", env.nextObs, Float32Array, E * N * O],
    ["rewards", env.rewards, Float64Array, E * N],
    ["terminated", env.terminated, Uint8Array, E * N],
    ["truncated", env.truncated, Uint8Array, E * N],
    ["alive", env.alive, Uint8Array, E * N],
    ["actionMask", env.actionMask, Uint8Array, E * N * A],
    ["state", env.state, Float32Array, stateLength],
  ] as const;
  const optional = ["alive", "actionMask", "state"];
  for (const [name, array, Type, length] of arrays) {
    if (array === undefined && optional.includes(name)) continue;
    if (!(array instanceof Type)) throw fail(id, `${name} is no ${Type.name}`);
    if (array.length !== length) throw fail(id, `${name} has ${array.length} entries, expected ${length}`);
  }
  if (overlap(env.obs, env.nextObs)) throw fail(id, "obs and nextObs share memory");
}

function overlap(one: Float32Array, other: Float32Array): boolean {
  return one.buffer === other.buffer && one.byteOffset < other.byteOffset + other.byteLength &&
    other.byteOffset < one.byteOffset + one.byteLength;
}

/** Checks that every value is in its range: observations, rewards, flags and masks. */
export function checkValues(env: ParallelEnv): void {
  const { id, obsLow, obsHigh, obsDtype } = env.describe();
  const isFit = (value: number) =>
    value >= obsLow && value <= obsHigh &&
    (obsDtype !== "uint8" || (Number.isInteger(value) && value >= 0 && value <= 255));
  for (const name of ["obs", "nextObs"] as const) {
    const unfit = env[name].findIndex((value) => !isFit(value));
    if (unfit >= 0) {
      const range = `${obsDtype} in [${obsLow}, ${obsHigh}]`;
      throw fail(id, `${name}[${unfit}] is ${env[name][unfit]}, expected ${range}`);
    }
  }
  const unfitReward = env.rewards.findIndex((reward) => !Number.isFinite(reward));
  if (unfitReward >= 0) {
    throw fail(id, `rewards[${unfitReward}] is ${env.rewards[unfitReward]}, expected a number`);
  }
  for (const name of ["terminated", "truncated", "alive", "actionMask"] as const) {
    const unfit = env[name]?.findIndex((flag) => flag > 1) ?? -1;
    if (unfit >= 0) throw fail(id, `${name}[${unfit}] is ${env[name]![unfit]}, expected 0 or 1`);
  }
  const both = env.terminated.findIndex((flag, i) => flag === 1 && env.truncated[i] === 1);
  if (both >= 0) throw fail(id, `agent ${both % env.N} is both terminated and truncated`);
  checkMask(env, id);
}

function checkMask({ E, N, A, actionMask, alive }: ParallelEnv, id: string): void {
  if (!actionMask) return;
  for (let i = 0; i < E * N; i++) {
    const acts = !alive || alive[i] === 1;
    if (acts && !actionMask.subarray(i * A, (i + 1) * A).includes(1)) {
      throw fail(id, `agent ${i % N} of copy ${Math.floor(i / N)} has no legal action`);
    }
  }
}
