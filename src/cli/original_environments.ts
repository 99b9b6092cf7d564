/**
 * The environments and base learners that the authors' `--env` names, with what their configs change from one to the other (spec/super.md §6, §8).
 * @module
 */
import { ADVERSARIAL_PURSUIT as ADVERSARIAL_PURSUIT_GAME } from "experiments/super_adversarial_pursuit.ts";
import { BATTLE as BATTLE_GAME } from "experiments/super_battle.ts";
import type { TwoTeamGame } from "experiments/two_teams.ts";
import { ConfigError } from "relay/train/config.ts";

/** One value of `--env`. */
export interface OriginalEnvironment {
  /** Id here. */
  readonly id: string;
  /** Agents of all teams. */
  readonly agents: number;
  /** Those of the other team, which never have one network for all. */
  readonly opponents: number;
  /** Where there are two teams. */
  readonly game?: TwoTeamGame;
  readonly totalEnvSteps: number;
  /** Joint steps between two evaluations: 200 of them a run. */
  readonly evaluationEveryEnvSteps: number;
  /** What else differs from the preset `paper`. */
  readonly assignments: readonly string[];
}

const PURSUIT: OriginalEnvironment = {
  id: "sisl/pursuit_v4",
  agents: 8,
  opponents: 0,
  totalEnvSteps: 800_000,
  evaluationEveryEnvSteps: 4000,
  assignments: [],
};

/** Agents of both teams on the authors' map. */
const MAGENT_AGENTS = 12;

const ENVIRONMENTS: Readonly<Record<string, OriginalEnvironment>> = {
  pursuit: PURSUIT,
  battle: magent(BATTLE_GAME),
  adversarial_pursuit: magent(ADVERSARIAL_PURSUIT_GAME),
};

/** Endings of `--env` that name a base learner; none: double DQN. */
const PLAIN_DQN = "_plaindqn";
const ABSENT = /_(maddpg|qmix)$/;

/**
 * What an `--env` of the authors stands for.
 * @throws {ConfigError} for MADDPG and QMIX, which are not here, and for what the authors have not
 */
export function originalEnvironment(env: string): OriginalEnvironment {
  const name = env.replace(ABSENT, "").replace(PLAIN_DQN, "");
  if (!Object.hasOwn(ENVIRONMENTS, name)) {
    const names = Object.keys(ENVIRONMENTS).flatMap((known) => [known, known + PLAIN_DQN]);
    throw new ConfigError(`Cannot train --env=${env}: expected one of ${names.join(", ")}`);
  }
  if (ABSENT.test(env)) throw new ConfigError(`Cannot train --env=${env}: MADDPG and QMIX are not here yet`);
  const environment = ENVIRONMENTS[name]!;
  if (!env.endsWith(PLAIN_DQN)) return environment;
  return { ...environment, assignments: [...environment.assignments, "dueling=false", "double=false"] };
}

/** A MAgent2 game on the authors' map of 18; its episodes end at `--horizon`, whatever their configs say (§6). */
function magent(game: TwoTeamGame): OriginalEnvironment {
  const { id, learners, totalEnvSteps, evaluationEveryEnvSteps } = game;
  const assignments = [
    `env={"id":"${game.id}","options":{"map_size":18,"max_cycles":500}}`,
    "rolloutEnvSteps=5",
    `totalEnvSteps=${game.totalEnvSteps}`,
    `reportEveryEnvSteps=${game.evaluationEveryEnvSteps}`,
    `evaluation.everyEnvSteps=${game.evaluationEveryEnvSteps}`,
    "learningRate=0.0001",
    "targetUpdateEverySteps=1200",
    "replay.capacity=90000",
    // new items come with the sender's |δ| + ε, of which RLlib repeats a batch's first (§3)
    "replay.insertPriority=sender",
    "replay.quirkFirstWeight=true",
    `replay.epsilon=${game.replayEpsilon}`,
  ];
  const opponents = MAGENT_AGENTS - learners;
  return { id, agents: MAGENT_AGENTS, opponents, game, totalEnvSteps, evaluationEveryEnvSteps, assignments };
}
