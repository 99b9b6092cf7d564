/**
 * Joint environment steps a second of whole training: acting, environment, sharing, replay and updates, on one core.
 * @module
 */
import { PRESETS } from "experiments/super_pursuit.ts";
import { SHARE } from "relay/share/share_config.ts";
import { parseConfig, type TrainConfig } from "relay/train/config.ts";
import { Session } from "relay/train/session.ts";

/** One measured figure; commands print one such object a line. */
export interface Measured {
  readonly bench: "env" | "learner" | "end_to_end";
  readonly case: string;
  readonly unit: string;
  readonly value: number;
}

const SLICE_MS = 2000;
const SLICES = 4;

/** Measures the paper's two networks with and without sharing: the best of several slices, warm-up left out. */
export async function* benchEndToEnd(): AsyncGenerator<Measured> {
  const cases = [
    ["fc, quantile", { ...PRESETS.fc, share: SHARE.quantile }],
    ["fc, none", { ...PRESETS.fc, share: SHARE.none }],
    ["fc, all", { ...PRESETS.fc, share: SHARE.all }],
    ["conv, quantile", { ...PRESETS.paper, share: SHARE.quantile }],
  ] as const;
  for (const [name, preset] of cases) {
    const value = await bestSpeed(parseConfig({ ...preset, seed: 1 }));
    yield { bench: "end_to_end", case: `pursuit ${name}`, unit: "env steps/s", value: Math.round(value) };
  }
}

async function bestSpeed(config: TrainConfig): Promise<number> {
  const session = await Session.start(config);
  while (session.envSteps <= config.learningStartsEnvSteps + 200) session.iterate();
  let best = 0;
  for (let k = 0; k < SLICES; k++) best = Math.max(best, speedOfSlice(session));
  session.dispose();
  return best;
}

function speedOfSlice(session: Session): number {
  const from = session.envSteps;
  const start = performance.now();
  while (performance.now() - start < SLICE_MS) session.iterate();
  session.team.log.takeRecords();
  return (session.envSteps - from) / (performance.now() - start) * 1000;
}
