import type { ParallelEnv } from "relay/env/parallel_env.ts";
import { MappedObservations } from "./mapped_observations.ts";
import { type ResizeMethod, resizer } from "./resize_image.ts";

/** Rounding of float32 may lift an interpolated value over the largest one by so much of it. */
const ROUNDING = 1e-6;

/**
 * Images [H, W] or [H, W, C] become `height` × `width`, of the same rank (spec/wrappers.md §2).
 * @throws {RangeError} for observations of another rank
 */
export function resize(inner: ParallelEnv, options: {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  readonly method: ResizeMethod;
}): ParallelEnv {
  const { id, obsShape, obsLow, obsHigh, obsDtype } = inner.describe();
  if (obsShape.length !== 2 && obsShape.length !== 3) {
    throw new RangeError(`Cannot resize ${id}: observations are [${obsShape}], expected [H, W] or [H, W, C]`);
  }
  const { width, height, method } = options;
  const [H, W, C = 1] = obsShape as [number, number, number?];
  const bytes = obsDtype === "uint8";
  const apply = resizer({ shape: [H, W, C], width, height, method, bytes });
  const slack = bytes ? 0 : ROUNDING * Math.max(Math.abs(obsLow), Math.abs(obsHigh));
  return new MappedObservations(inner, {
    space: {
      obsShape: [height, width, ...obsShape.slice(2)],
      obsLow: bytes ? 0 : obsLow - slack,
      obsHigh: obsHigh + slack,
      obsDtype,
    },
    write: ({ from, to, row }) => apply(from, row * H * W * C, to, row * height * width * C),
  });
}
