import { PRESETS } from "experiments/super_pursuit.ts";
import { SHARE } from "relay/share/share_config.ts";
import type { TrainConfig } from "relay/train/config.ts";

/** A run of a second that passes through everything: learning, sharing, evaluation, a full ring, ended episodes. */
export const SMALL_RUN: TrainConfig = {
  ...PRESETS.smoke,
  preset: "small",
  seed: 5,
  env: { id: "sisl/pursuit_v4", options: { ...PRESETS.smoke.env.options, max_cycles: 60 } },
  totalEnvSteps: 1200,
  reportEveryEnvSteps: 200,
  evaluation: { everyEnvSteps: 400, episodes: 2 },
  learningStartsEnvSteps: 200,
  targetUpdateEverySteps: 100,
  replay: { ...PRESETS.smoke.replay, capacity: 700 },
  share: { ...SHARE.stochastic, bandwidth: 0.3 },
};

/** The files of a run folder that depend on config and seed alone, by name, as bytes. */
export function reproducibleFiles(path: string): Record<string, Uint8Array> {
  return Object.fromEntries(
    ["rows.jsonl", "sharing.bin", "networks.safetensors"].map((
      name,
    ) => [name, Deno.readFileSync(`${path}/${name}`)]),
  );
}
