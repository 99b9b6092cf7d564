/**
 * The paper's main comparison on Pursuit (spec/super.md §9.1): every number of every preset, the arms and the claims. Run by
 * `deno task reproduce`, `deno task train` and the notebooks alike.
 * @module
 */
import { SHARE, type ShareConfig } from "relay/share/share_config.ts";
import type { TrainConfig } from "relay/train/config.ts";

/** A preset is a whole config but for the seed. */
export type Preset = Omit<TrainConfig, "seed">;

/** Pursuit as the authors ran it (spec/super.md §2, §3, §6, §8), with their convolutional network: 800,000 joint steps. */
const paper: Preset = {
  preset: "paper",
  env: { id: "sisl/pursuit_v4", options: { shared_reward: false } },
  totalEnvSteps: 800_000,
  reportEveryEnvSteps: 4000,
  evaluation: { everyEnvSteps: 4000, episodes: 20 },
  network: { kind: "conv" },
  dueling: true,
  double: true,
  gamma: 0.99,
  learningRate: 0.00016,
  adamEpsilon: 1e-8,
  clipNorm: 40,
  batchSize: 32,
  rolloutEnvSteps: 4,
  learningStartsEnvSteps: 1000,
  targetUpdateEverySteps: 1000,
  bootstrapAtTimeLimit: false,
  epsilon: { start: 0.1, end: 0.001, decayEnvSteps: 100_000 },
  replay: {
    capacity: 120_000,
    alpha: 0.6,
    beta: 0.4,
    epsilon: 1e-6,
    insertPriority: "one",
    quirkFirstWeight: false,
  },
  share: SHARE.quantile,
};

/** The paper's robustness check: the same budget with its fully connected network. */
const fc: Preset = { ...paper, preset: "fc", network: { kind: "fc", hidden: [64, 64], headHidden: 256 } };

/** Ends within minutes: a smaller board, fewer steps and evaluations (see experiments/super_pursuit.ts, `NOTES`). */
const quick: Preset = {
  ...fc,
  preset: "quick",
  env: { ...fc.env, options: { ...fc.env.options, x_size: 10, y_size: 10, n_evaders: 12 } },
  totalEnvSteps: 40_000,
  reportEveryEnvSteps: 1000,
  evaluation: { everyEnvSteps: 4000, episodes: 20 },
};

/** Ends within seconds; shows that everything runs, and nothing else. */
const smoke: Preset = {
  ...quick,
  preset: "smoke",
  totalEnvSteps: 2000,
  reportEveryEnvSteps: 500,
  evaluation: { everyEnvSteps: 1000, episodes: 2 },
  learningStartsEnvSteps: 400,
};

/** Presets by name. */
export const PRESETS = Object.freeze({ smoke, quick, fc, paper });

/** One way of sharing in the comparison. */
export interface Arm {
  readonly name: string;
  readonly label: string;
  readonly description: string;
  readonly share: ShareConfig;
}

/** The comparison's arms in the order of tables and legends. */
export const ARMS: readonly Arm[] = Object.freeze([
  { name: "none", label: "no sharing", description: "eight independent DDQN agents", share: SHARE.none },
  {
    name: "quantile",
    label: "quantile",
    description: "|δ| above the (1 − β)-quantile of the window",
    share: SHARE.quantile,
  },
  {
    name: "gaussian",
    label: "gaussian",
    description: "|δ| above μ + z·σ² of the window",
    share: SHARE.gaussian,
  },
  {
    name: "stochastic",
    label: "stochastic",
    description: "a coin weighted by |δ| within the fragment",
    share: SHARE.stochastic,
  },
  { name: "all", label: "share all", description: "every transition to every other agent", share: SHARE.all },
]);
