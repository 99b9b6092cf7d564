import type { ParallelEnv } from "relay/env/parallel_env.ts";
import { MappedObservations } from "./mapped_observations.ts";

/** Which channel stays, or `full` for grey. */
export type ColorMode = "full" | "R" | "G" | "B";

const f = Math.fround;
const [RED, GREEN, BLUE] = [f(0.299), f(0.587), f(0.114)];
const CHANNEL = { R: 0, G: 1, B: 2 } as const;

/**
 * Grey of a pixel: 0.299 R + 0.587 G + 0.114 B in float32, in this order; bytes are cut off to whole numbers, so that thirteen pure greys
 * come out one lower (spec/wrappers.md §1).
 *
 * @example
 * ```ts
 * import { grey } from "relay/env/wrappers/color_reduction.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([grey(255, 255, 255), grey(37, 37, 37)].map(Math.trunc), [255, 36]);
 * ```
 */
export function grey(red: number, green: number, blue: number): number {
  return f(f(f(red * RED) + f(green * GREEN)) + f(blue * BLUE));
}

/**
 * Images [H, W, 3] become [H, W]: grey, or one channel. Where observations are bytes, so is the result.
 * @throws {RangeError} for observations of another shape
 */
export function colorReduction(inner: ParallelEnv, mode: ColorMode): ParallelEnv {
  const { id, obsShape, obsLow, obsHigh, obsDtype } = inner.describe();
  if (obsShape.length !== 3 || obsShape[2] !== 3) {
    throw new RangeError(
      `Cannot reduce the colours of ${id}: observations are [${obsShape}], expected [H, W, 3]`,
    );
  }
  const size = obsShape[0]! * obsShape[1]!;
  const whole = obsDtype === "uint8";
  const ofGrey = (red: number, green: number, blue: number) =>
    whole ? Math.trunc(grey(red, green, blue)) : grey(red, green, blue);
  const bound = (value: number) => mode === "full" ? ofGrey(value, value, value) : value;
  const space = {
    obsShape: obsShape.slice(0, 2),
    obsLow: bound(obsLow),
    obsHigh: bound(obsHigh),
    obsDtype,
  };
  return new MappedObservations(inner, {
    space,
    write: ({ from, to, row }) => {
      let i = row * size * 3 + (mode === "full" ? 0 : CHANNEL[mode]);
      for (let pixel = row * size; pixel < (row + 1) * size; pixel++, i += 3) {
        to[pixel] = mode === "full" ? ofGrey(from[i]!, from[i + 1]!, from[i + 2]!) : from[i]!;
      }
    },
  });
}
