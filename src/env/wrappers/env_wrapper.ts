/**
 * What all wrappers have in common: an environment that passes everything on.
 * @module
 */

import type { EnvDescription, Frame, ParallelEnv } from "relay/env/parallel_env.ts";
import type { Scene } from "relay/env/scene.ts";

/** An observation as the outside sees it. */
export type ObservationSpace = Pick<EnvDescription, "obsShape" | "obsLow" | "obsHigh" | "obsDtype">;

/** Hands every call to the environment inside; a wrapper overrides what it changes. */
export class EnvWrapper implements ParallelEnv {
  readonly E: number;
  readonly N: number;
  readonly O: number;
  readonly A: number;
  readonly obs: Float32Array;
  readonly nextObs: Float32Array;
  readonly rewards: Float64Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  readonly alive?: Uint8Array;
  readonly actionMask?: Uint8Array;
  readonly state?: Float32Array;
  readonly scene?: Scene;
  readonly updateState?: () => void;
  protected readonly inner: ParallelEnv;
  readonly #space: ObservationSpace | undefined;
  readonly #aliveBefore: Uint8Array | undefined;

  /** @param space what the observations become; absent where they stay the inner environment's own arrays */
  constructor(inner: ParallelEnv, space?: ObservationSpace) {
    this.inner = inner;
    this.E = inner.E;
    this.N = inner.N;
    this.A = inner.A;
    this.O = space ? space.obsShape.reduce((product, length) => product * length, 1) : inner.O;
    this.obs = space ? new Float32Array(this.E * this.N * this.O) : inner.obs;
    this.nextObs = space ? new Float32Array(this.E * this.N * this.O) : inner.nextObs;
    this.rewards = inner.rewards;
    this.terminated = inner.terminated;
    this.truncated = inner.truncated;
    if (inner.alive) this.alive = inner.alive;
    if (inner.actionMask) this.actionMask = inner.actionMask;
    if (inner.state) this.state = inner.state;
    if (inner.scene) this.scene = inner.scene;
    if (inner.updateState) this.updateState = () => inner.updateState!();
    this.#space = space;
    this.#aliveBefore = inner.alive?.slice();
  }

  describe(): EnvDescription {
    return { ...this.inner.describe(), ...this.#space };
  }

  reset(seeds?: ArrayLike<number>): void {
    this.inner.reset(seeds);
  }

  step(actions: Int32Array): void {
    this.stepInner(actions);
  }

  render(e: number): Frame {
    return this.inner.render(e);
  }

  save(): Uint8Array {
    return this.inner.save();
  }

  load(saved: Uint8Array): void {
    this.inner.load(saved);
  }

  /** Steps the environment inside and notes who acted, for {@link hasEnded}. */
  protected stepInner(actions: Int32Array): void {
    this.#aliveBefore?.set(this.inner.alive!);
    this.inner.step(actions);
  }

  /** Whether the last step ended copy e's episode: all agents that acted are terminated or truncated. */
  protected hasEnded(e: number): boolean {
    const { N, terminated, truncated } = this;
    for (let i = e * N; i < (e + 1) * N; i++) {
      const acted = !this.#aliveBefore || this.#aliveBefore[i] === 1;
      if (acted && terminated[i] === 0 && truncated[i] === 0) return false;
    }
    return true;
  }
}

/** @throws {RangeError} for illegal actions, before anything has changed */
export function requireActions(env: ParallelEnv, actions: Int32Array): void {
  const expected = env.E * env.N;
  if (actions.length !== expected) {
    throw new RangeError(
      `Cannot step ${env.describe().id}: got ${actions.length} actions, expected ${expected}`,
    );
  }
  for (let i = 0; i < expected; i++) {
    if (actions[i]! >>> 0 < env.A) continue;
    throw new RangeError(
      `Cannot step ${env.describe().id}: action ${i} is ${actions[i]}, expected 0 to ${env.A - 1}`,
    );
  }
}

/** Two byte strings as one, the first one's length in front. */
export function joinBytes(one: Uint8Array, other: Uint8Array): Uint8Array {
  const joined = new Uint8Array(4 + one.length + other.length);
  new DataView(joined.buffer).setUint32(0, one.length, true);
  joined.set(one, 4);
  joined.set(other, 4 + one.length);
  return joined;
}

/**
 * What {@link joinBytes} joined.
 * @throws {RangeError} for other bytes, naming the environment
 */
export function splitBytes(joined: Uint8Array, id: string): [Uint8Array, Uint8Array] {
  const length = joined.length < 4 ? Infinity : new DataView(joined.slice(0, 4).buffer).getUint32(0, true);
  if (4 + length > joined.length) {
    throw new RangeError(`Cannot load ${id}: got ${joined.length} bytes that are no snapshot of a wrapper`);
  }
  return [joined.slice(4, 4 + length), joined.slice(4 + length)];
}
