/**
 * What the two experiments of the grid world have in common (spec/super.md §6, §8, §9): one team learns, the other plays policies that were
 * trained before and never change.
 * @module
 */
import type { Arm, Preset } from "experiments/experiment.ts";
import { PLAIN_DQN, PRESETS as PURSUIT } from "experiments/super_pursuit.ts";
import { SHARE } from "relay/share/share_config.ts";

/** A game of two teams. */
export interface TwoTeamGame {
  /** Id of the environment. */
  readonly id: string;
  /** Name of the team that learns. */
  readonly team: string;
  /** Its agents. */
  readonly learners: number;
  /** Name of the other team. */
  readonly opponents: string;
  /** The other team's stored policies, made by `deno task pretrain`. */
  readonly policies: string;
  /** The paper's budget. */
  readonly totalEnvSteps: number;
  /** 200 evaluations a run. */
  readonly evaluationEveryEnvSteps: number;
  /** ε of the replay's priorities. */
  readonly replayEpsilon: number;
  /** B of the one network: ⌈384 / policies⌉, the opponents' own counted (§9.1). */
  readonly oneNetworkBatch: number;
}

/** The game as the authors ran it, with their convolutional network. */
export function paperPreset(game: TwoTeamGame): Preset {
  return {
    ...PURSUIT.paper,
    env: { id: game.id, options: { map_size: 18, max_cycles: 500 } },
    totalEnvSteps: game.totalEnvSteps,
    reportEveryEnvSteps: game.evaluationEveryEnvSteps,
    evaluation: { everyEnvSteps: game.evaluationEveryEnvSteps, episodes: 20 },
    rolloutEnvSteps: 5,
    learningRate: 0.0001,
    targetUpdateEverySteps: 1200,
    replay: {
      ...PURSUIT.paper.replay,
      capacity: 90_000,
      epsilon: game.replayEpsilon,
      // new items come with the sender's |δ| + ε, of which RLlib repeats a batch's first (§3)
      insertPriority: "sender",
      quirkFirstWeight: true,
    },
    share: { ...SHARE.quantile, team: game.team },
    opponents: { team: game.opponents, policies: game.policies },
  };
}

/** The six of the paper with double DQN, random sharing beside them, and all seven with plain DQN. */
export function twoTeamArms({ team, learners, oneNetworkBatch }: TwoTeamGame): readonly Arm[] {
  const arms: readonly Arm[] = [
    {
      name: "none",
      label: "no sharing",
      description: `${learners} agents, each on its own`,
      share: SHARE.none,
    },
    {
      name: "quantile",
      label: "quantile",
      description: "|δ| above the (1 − β)-quantile of the window",
      share: { ...SHARE.quantile, team },
    },
    {
      name: "gaussian",
      label: "gaussian",
      description: "|δ| above μ + z·σ² of the window",
      share: { ...SHARE.gaussian, team },
    },
    {
      name: "stochastic",
      label: "stochastic",
      description: "a coin weighted by |δ| within the fragment",
      share: { ...SHARE.stochastic, team },
    },
    {
      name: "all",
      label: "share all",
      description: "every transition to every other agent",
      share: { ...SHARE.all, team },
    },
    {
      name: "random",
      label: "random",
      description: "as many transitions as quantile, picked blindly (not in the paper)",
      share: { ...SHARE.random, team },
    },
    {
      name: "parameters",
      label: "one network",
      description:
        `parameter sharing: one network for all ${learners}, batches of ${oneNetworkBatch}, nothing is sent`,
      share: { ...SHARE.parameters, team },
      settings: { batchSize: oneNetworkBatch },
    },
  ];
  return [
    ...arms,
    ...arms.map(({ settings, ...arm }) => ({
      ...arm,
      name: `dqn_${arm.name}`,
      label: `${arm.label}, plain DQN`,
      description: `plain DQN: ${arm.description}`,
      settings: { ...settings, ...PLAIN_DQN },
    })),
  ];
}

/** The authors' six, and random sharing beside them; where minutes count, the four that tell selecting from sharing at all. */
export const MAIN_ARMS = Object.freeze([
  "none",
  "quantile",
  "gaussian",
  "stochastic",
  "all",
  "random",
  "parameters",
]);
export const QUICK_ARMS = Object.freeze(["none", "quantile", "all", "random"]);

/** The authors' opponents are not published; what ours are stands in their manifest. */
export const OPPONENT_NOTE =
  "The authors' pre-trained opponents are not published. Ours were trained for 75,000 (Battle) and 85,000 (Adversarial Pursuit) joint steps, both teams at once, by independent double DQN " +
  "with the fully connected network and the paper's settings, a fraction of the paper's budget (experiments/opponents): returns cannot be set beside the paper's.";
