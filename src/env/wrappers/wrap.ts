/**
 * Environments inside wrappers.
 * @module
 */

import type { ParallelEnv } from "relay/env/parallel_env.ts";
import { colorReduction } from "./color_reduction.ts";
import { FrameSkip } from "./frame_skip.ts";
import { FrameStack } from "./frame_stack.ts";
import { resize } from "./resize.ts";
import * as small from "./small_maps.ts";
import { ReplacedActions } from "./replaced_actions.ts";
import type { WrapperConfig } from "./wrapper_config.ts";

/** Makes so many copies of an environment. */
export type MakeCopies = (copies: number) => ParallelEnv;

/**
 * An environment inside wrappers, the first one innermost.
 * @throws {RangeError} for a wrapper that does not fit what it is put around
 *
 * @example
 * ```ts
 * import { PursuitEnv } from "relay/env/pursuit/pursuit_env.ts";
 * import { wrap } from "relay/env/wrappers/wrap.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const env = wrap((copies) => new PursuitEnv({}, { copies }), [
 *   { kind: "dtype", to: "float32" }, // the original's type; as bytes the three channels' weights would be cut to 0
 *   { kind: "color_reduction", mode: "full" },
 *   { kind: "resize", width: 64, height: 64, method: "bilinear" },
 *   { kind: "frame_stack", size: 3, start: "zeros" },
 * ])(2);
 * assertEquals(env.describe().obsShape, [64, 64, 3]);
 * ```
 */
export function wrap(make: MakeCopies, wrappers: readonly WrapperConfig[]): MakeCopies {
  const wrapped = wrappers.reduce<MakeCopies>(
    (inner, config) => (copies) => put(config, inner, copies),
    make,
  );
  if (wrappers.length === 0) return wrapped;
  return (copies) => named(wrapped(copies), wrappers);
}

function put(config: WrapperConfig, make: MakeCopies, copies: number): ParallelEnv {
  switch (config.kind) {
    case "dtype":
      return small.dtype(make(copies), config.to);
    case "color_reduction":
      return colorReduction(make(copies), config.mode);
    case "resize":
      return resize(make(copies), config);
    case "frame_stack":
      return new FrameStack(make(copies), config);
    case "frame_skip":
      return new FrameSkip(make, copies, config);
    case "sticky_actions":
      return new ReplacedActions(make(copies), { ...config, by: "last" });
    case "random_actions":
      return new ReplacedActions(make(copies), { ...config, by: "uniform" });
    case "max_observation":
      return small.maxObservation(make(copies), config.memory);
    case "delay_observations":
      return small.delayObservations(make(copies), config.steps);
    case "normalize_obs":
      return small.normalize(make(copies), config);
    case "flatten":
      return small.flatten(make(copies));
    case "agent_indicator":
      return small.agentIndicator(make(copies));
    case "clip_reward":
      return new small.MappedRewards(
        make(copies),
        (reward) => Math.min(config.high, Math.max(config.low, reward)),
      );
    case "scale_reward":
      return new small.MappedRewards(make(copies), (reward) => config.factor * reward);
  }
}

/** Adds the wrappers to what the environment says of itself. */
function named(env: ParallelEnv, wrappers: readonly WrapperConfig[]): ParallelEnv {
  const describe = env.describe.bind(env);
  return Object.assign(env, {
    describe: () => {
      const description = describe();
      return {
        ...description,
        options: { ...description.options, wrappers: wrappers.map(inWords).join(", ") },
      };
    },
  });
}

/** Such as `resize(64, 64, bilinear)`. */
function inWords({ kind, ...options }: WrapperConfig): string {
  return `${kind}(${Object.values(options).join(", ")})`;
}
