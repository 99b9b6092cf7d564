import type { DefectName } from "relay/algo/defects/catalogue.ts";
import type { SuperDqnConfig } from "relay/algo/super_dqn_config.ts";
import type { EnvOptions } from "relay/env/registry.ts";
import type { WrapperConfig } from "relay/env/wrappers/wrapper_config.ts";

/** What a fault of the settings may change. */
export interface RunSettings {
  readonly learner: SuperDqnConfig;
  /** Of the environment that is learnt in. */
  readonly env: EnvOptions;
  /** Of the environment that evaluations play. */
  readonly evaluationEnv: EnvOptions;
  /** Episodes an evaluation. */
  readonly episodes: number;
}

/** Frames that the report repeats each action for. */
const SKIP = 2;

/** How far a fault is from the settings in force. */
const FAULTS: Partial<Record<DefectName, (run: RunSettings) => Partial<RunSettings>>> = {
  doubleIsNot: ({ learner }) => ({ learner: { ...learner, double: false } }),
  noDuelingHeads: ({ learner }) => ({ learner: { ...learner, dueling: false } }),
  // α = 0 draws every item alike, β = 0 weighs them alike
  uniformReplay: ({ learner }) => ({
    learner: { ...learner, replay: { ...learner.replay, alpha: 0, beta: 0 } },
  }),
  otherHyperparameters: ({ learner }) => ({
    learner: {
      ...learner,
      learningRate: 0.0005,
      batchSize: 16,
      replay: { ...learner.replay, capacity: 1000 },
      epsilon: { start: 0.5, end: 0.31, decayEnvSteps: 1_000_000 }, // 0.95/10,000 an episode, 2,000 episodes of 500
      targetUpdateEverySteps: 5000, // ten episodes
    },
  }),
  burnInByFirstAgent: ({ learner }) => ({ learner: { ...learner, learningStartsEnvSteps: 300 } }),
  sharedReward: ({ env, evaluationEnv }) => ({
    env: { ...env, shared_reward: true },
    evaluationEnv: { ...evaluationEnv, shared_reward: true },
  }),
  // without the enlargement to 64 × 64, which adds no information and costs a hundredfold
  observationDestroyed: (run) =>
    inside(run, [
      { kind: "dtype", to: "float32" },
      { kind: "color_reduction", mode: "full" },
      { kind: "frame_stack", size: 3, start: "zeros" },
    ]),
  // evaluations skip, too, but count every reward, so that the returns can be compared
  frameSkipLosesRewards: ({ env, evaluationEnv }) => ({
    env: wrapped(env, [{ kind: "frame_skip", frames: SKIP, rewards: "last" }]),
    evaluationEnv: wrapped(evaluationEnv, [{ kind: "frame_skip", frames: SKIP }]),
  }),
  // without a skip every frame is a last one
  returnCountedTwice: ({ evaluationEnv }) => ({
    evaluationEnv: wrapped(evaluationEnv, [{ kind: "scale_reward", factor: 2 }]),
  }),
  exploringTests: ({ evaluationEnv }) => ({
    evaluationEnv: wrapped(evaluationEnv, [{ kind: "random_actions", probability: 0.05 }]),
    episodes: 5,
  }),
};

/** The settings with the faults that are named. */
export function faultySettings(run: RunSettings, defects: readonly DefectName[]): RunSettings {
  return defects.reduce<RunSettings>((faulty, name) => ({ ...faulty, ...FAULTS[name]?.(faulty) }), run);
}

function inside(
  { env, evaluationEnv }: RunSettings,
  wrappers: readonly WrapperConfig[],
): Partial<RunSettings> {
  return { env: wrapped(env, wrappers), evaluationEnv: wrapped(evaluationEnv, wrappers) };
}

function wrapped(options: EnvOptions, wrappers: readonly WrapperConfig[]): EnvOptions {
  const before = Array.isArray(options.wrappers) ? options.wrappers : [];
  return { ...options, wrappers: [...before, ...wrappers] };
}
