import { canonicalJson, type TrainConfig } from "relay/train/config.ts";

/** How far a run is that goes on. */
export interface Reached {
  readonly envSteps: number;
  readonly updates: number;
  readonly lastTargetUpdateEnvSteps: number;
}

/**
 * Runs that can be stepped together: their configs differ in name, seed, way of sharing and priority of new items alone
 * (one network for all agents is another stack), and they are equally far. Runs that a kill left at different steps go on in groups of their own.
 *
 * @returns the groups, each in the given order, by its first run's place
 *
 * @example
 * ```ts
 * import { PRESETS } from "experiments/super_pursuit.ts";
 * import { SHARE } from "relay/share/share_config.ts";
 * import { groupRuns } from "relay/train/gpu/gpu_groups.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const reached = { envSteps: 0, updates: 0, lastTargetUpdateEnvSteps: 0 };
 * const run = (share: keyof typeof SHARE, seed: number) => ({ config: { ...PRESETS.quick, seed, share: SHARE[share] }, reached });
 * const groups = groupRuns([run("none", 1), run("parameters", 1), run("quantile", 2)]);
 * assertEquals(groups.map((group) => group.map(({ config }) => config.share.kind)), [["none", "quantile"], ["parameters"]]);
 * ```
 */
export function groupRuns<Run extends { readonly config: TrainConfig; readonly reached: Reached }>(
  runs: readonly Run[],
): Run[][] {
  return [...Map.groupBy(runs, keyOf).values()];
}

function keyOf({ config, reached }: { readonly config: TrainConfig; readonly reached: Reached }): string {
  const { preset: _, seed: __, share, replay, ...rest } = config;
  const { insertPriority: ___, quirkFirstWeight: ____, ...gpuReplay } = replay;
  const isOneNetwork = share.kind === "parameters";
  return canonicalJson({ ...rest, replay: gpuReplay, isOneNetwork, reached });
}
