/**
 * Wrappers that are a line or two of arithmetic (spec/wrappers.md §3, §6).
 * @module
 */

import type { ObsDtype, ParallelEnv } from "relay/env/parallel_env.ts";
import { EnvWrapper } from "./env_wrapper.ts";
import { FrameStack } from "./frame_stack.ts";
import { MappedObservations } from "./mapped_observations.ts";

/** Same values under another type: whether later wrappers and replays take them for bytes. */
export function dtype(inner: ParallelEnv, to: ObsDtype): ParallelEnv {
  const { id, obsLow, obsHigh, obsDtype, obsShape } = inner.describe();
  if (to === "uint8" && obsDtype !== "uint8") {
    throw new RangeError(
      `Cannot take observations of ${id} for bytes: they are ${obsDtype}, expected whole numbers of 0 to 255`,
    );
  }
  return mapValues(inner, { obsShape, obsLow, obsHigh, obsDtype: to }, (value) => value);
}

/** Row-major as one row of numbers. */
export function flatten(inner: ParallelEnv): ParallelEnv {
  const { obsLow, obsHigh, obsDtype } = inner.describe();
  return mapValues(inner, { obsShape: [inner.O], obsLow, obsHigh, obsDtype }, (value) => value);
}

/** (o − low) / (high − low) · (max − min) + min. */
export function normalize(
  inner: ParallelEnv,
  { min, max }: { readonly min: number; readonly max: number },
): ParallelEnv {
  const { id, obsLow, obsHigh, obsShape } = inner.describe();
  if (!(Number.isFinite(obsHigh - obsLow) && obsHigh > obsLow)) {
    throw new RangeError(
      `Cannot normalize ${id}: observations are in [${obsLow}, ${obsHigh}], expected finite bounds`,
    );
  }
  const space = { obsShape, obsLow: min, obsHigh: max, obsDtype: "float32" } as const;
  const scaled = (value: number) => (value - obsLow) / (obsHigh - obsLow) * (max - min) + min;
  return mapValues(inner, space, (value) => Math.min(max, Math.max(min, scaled(value))));
}

/** Which agent it is, as one more channel a possible agent: the largest value in its own, zero in the others. */
export function agentIndicator(inner: ParallelEnv): ParallelEnv {
  const { obsShape, obsLow, obsHigh, obsDtype } = inner.describe();
  const { N, O } = inner;
  // A flat observation of n numbers gets N more; an image [H, W, C] N more channels at every pixel, [H, W] counts as C = 1.
  const C = obsShape.length === 2 ? 1 : obsShape.at(-1)!;
  const pixels = O / C;
  const shape = obsShape.length === 2 ? [...obsShape, 1 + N] : [...obsShape.slice(0, -1), C + N];
  return new MappedObservations(inner, {
    space: { obsShape: shape, obsLow: Math.min(0, obsLow), obsHigh, obsDtype },
    write: ({ from, to, row, agent }) => {
      for (let pixel = 0; pixel < pixels; pixel++) {
        const source = row * O + pixel * C;
        const target = (row * pixels + pixel) * (C + N);
        for (let c = 0; c < C; c++) to[target + c] = from[source + c]!;
        for (let i = 0; i < N; i++) to[target + C + i] = i === agent ? obsHigh : 0;
      }
    },
  });
}

/** The largest of the last `memory` observations, value by value: a stack that begins with copies of the first one, and its maximum. */
export function maxObservation(inner: ParallelEnv, memory: number): ParallelEnv {
  return ofStack(inner, { size: memory, start: "first" }, (stack, first, C) => {
    let largest = -Infinity;
    for (let k = 0; k < memory; k++) largest = Math.max(largest, stack[first + k * C]!);
    return largest;
  });
}

/** The observation of `steps` steps ago; zeros at an episode's start. */
export function delayObservations(inner: ParallelEnv, steps: number): ParallelEnv {
  return ofStack(inner, { size: steps + 1, start: "zeros" }, (stack, first) => stack[first]!);
}

/** Rewards through a function. */
export class MappedRewards extends EnvWrapper {
  override readonly rewards: Float64Array;
  readonly #map: (reward: number) => number;

  constructor(inner: ParallelEnv, map: (reward: number) => number) {
    super(inner);
    this.rewards = new Float64Array(inner.rewards.length);
    this.#map = map;
  }

  override reset(seeds?: ArrayLike<number>): void {
    super.reset(seeds);
    this.rewards.fill(0);
  }

  override step(actions: Int32Array): void {
    super.step(actions);
    const { rewards } = this.inner;
    for (let i = 0; i < rewards.length; i++) this.rewards[i] = this.#map(rewards[i]!);
  }

  override load(saved: Uint8Array): void {
    super.load(saved);
    this.rewards.fill(0);
  }
}

function mapValues(
  inner: ParallelEnv,
  space: ConstructorParameters<typeof MappedObservations>[1]["space"],
  value: (value: number) => number,
): ParallelEnv {
  const { O } = inner;
  return new MappedObservations(inner, {
    space,
    write: ({ from, to, row }) => {
      for (let i = row * O; i < (row + 1) * O; i++) to[i] = value(from[i]!);
    },
  });
}

/** One value out of the k in each place of a stack; these lie C apart from `first` on. */
function ofStack(
  inner: ParallelEnv,
  options: ConstructorParameters<typeof FrameStack>[1],
  pick: (stack: Float32Array, first: number, C: number) => number,
): ParallelEnv {
  const { obsShape } = inner.describe();
  const stack = new FrameStack(inner, options);
  const { obsLow, obsHigh, obsDtype } = stack.describe();
  const C = obsShape.length === 2 ? 1 : obsShape.at(-1)!;
  const { O } = inner;
  return new MappedObservations(stack, {
    space: { obsShape, obsLow, obsHigh, obsDtype },
    write: ({ from, to, row }) => {
      for (let i = 0; i < O; i++) {
        const first = row * O * options.size + Math.floor(i / C) * C * options.size + i % C;
        to[row * O + i] = pick(from, first, C);
      }
    },
  });
}
