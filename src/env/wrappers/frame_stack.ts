import type { ParallelEnv } from "relay/env/parallel_env.ts";
import { EnvWrapper, joinBytes, type ObservationSpace, splitBytes } from "./env_wrapper.ts";

/** Options of {@link FrameStack}. */
export interface FrameStackOptions {
  /** k: observations in a stack. */
  readonly size: number;
  /** What fills the older places at an episode's start: zeros (frame_stack_v1) or the first observation (v2). */
  readonly start: "zeros" | "first";
}

/**
 * The last k observations as one, oldest first along the last axis: [n] becomes [n·k], [H, W] becomes [H, W, k], [H, W, C] becomes
 * [H, W, C·k] (spec/wrappers.md §3, stack_dim −1). At an episode's end `nextObs` is the stack with the true last observation, `obs`
 * the first stack of the next episode. The stack in `obs` is all the memory there is: the next one is that, moved on by one.
 */
export class FrameStack extends EnvWrapper {
  readonly #k: number;
  readonly #start: FrameStackOptions["start"];
  /** Values that stay together: channels, or all of a flat observation. */
  readonly #C: number;

  constructor(inner: ParallelEnv, { size, start }: FrameStackOptions) {
    const { obsShape, obsLow, obsHigh, obsDtype } = inner.describe();
    const space: ObservationSpace = {
      obsShape: stackedShape(obsShape, size),
      obsLow: start === "zeros" ? Math.min(0, obsLow) : obsLow,
      obsHigh: start === "zeros" ? Math.max(0, obsHigh) : obsHigh,
      obsDtype,
    };
    super(inner, space);
    this.#k = size;
    this.#start = start;
    this.#C = obsShape.length === 2 ? 1 : obsShape.at(-1)!;
    this.#showFresh();
  }

  override reset(seeds?: ArrayLike<number>): void {
    super.reset(seeds);
    this.#showFresh();
  }

  override step(actions: Int32Array): void {
    this.stepInner(actions);
    const { obs, nextObs, E, N, O } = this;
    const run = this.#k * this.#C;
    const kept = run - this.#C;
    for (let i = 0; i < nextObs.length; i += run) {
      for (let c = 0; c < kept; c++) nextObs[i + c] = obs[i + this.#C + c]!;
    }
    this.#writeNewest(this.inner.nextObs, nextObs, { begin: 0, end: nextObs.length });
    obs.set(nextObs);
    for (let e = 0; e < E; e++) if (this.hasEnded(e)) this.#begin(e * N * O, (e + 1) * N * O);
  }

  override save(): Uint8Array {
    return joinBytes(super.save(), new Uint8Array(this.obs.slice().buffer));
  }

  override load(saved: Uint8Array): void {
    const { id } = this.describe();
    const [inner, stack] = splitBytes(saved, id);
    if (stack.length !== this.obs.byteLength) {
      throw new RangeError(
        `Cannot load ${id}: the stack has ${stack.length} bytes, expected ${this.obs.byteLength}`,
      );
    }
    super.load(inner);
    this.obs.set(new Float32Array(stack.buffer));
    this.nextObs.set(this.obs);
  }

  #showFresh(): void {
    this.#begin(0, this.obs.length);
    this.nextObs.set(this.obs);
  }

  /** First stacks, from the inner `obs`. */
  #begin(begin: number, end: number): void {
    const { obs } = this;
    obs.fill(0, begin, end);
    this.#writeNewest(this.inner.obs, obs, { begin, end });
    if (this.#start === "zeros") return;
    const newest = (this.#k - 1) * this.#C;
    for (let i = begin; i < end; i += newest + this.#C) {
      for (let c = 0; c < newest; c++) obs[i + c] = obs[i + newest + c % this.#C]!;
    }
  }

  /** Puts the inner observations into the last place of each stack. */
  #writeNewest(
    source: Float32Array,
    stacks: Float32Array,
    { begin, end }: { begin: number; end: number },
  ): void {
    const C = this.#C;
    const run = this.#k * C;
    let from = begin / this.#k;
    for (let i = begin + run - C; i < end; i += run) {
      for (let c = 0; c < C; c++) stacks[i + c] = source[from++]!;
    }
  }
}

function stackedShape(shape: readonly number[], k: number): number[] {
  return shape.length === 2 ? [...shape, k] : [...shape.slice(0, -1), shape.at(-1)! * k];
}
