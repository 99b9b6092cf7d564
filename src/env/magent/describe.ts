import type { EnvDescription } from "relay/env/parallel_env.ts";
import type { GridGame } from "./grid_game.ts";
import type { GridPlan, TeamPlan } from "./grid_plan.ts";
import type { MagentOptions } from "./options.ts";

/** What is described. */
export interface MagentFacts {
  readonly id: string;
  readonly game: GridGame;
  readonly plan: GridPlan;
  readonly options: MagentOptions;
}

/** The description of an environment of the grid world. */
export function describeMagent({ id, game, plan, options }: MagentFacts): EnvDescription {
  const { teams, obsSide, obsChannels, mapSize, maxActions, hasMinimap } = plan;
  const [low, high] = plan.hasExtraFeatures ? rewardBounds(game) : [0, 0];
  const [first, second] = teams;
  const namesOf = (team: TeamPlan): string[] =>
    Array.from({ length: maxActions }, (_, action) => nameInTeam(action, game.attackWord, team));
  const [names, others] = [namesOf(first), namesOf(second)];
  const isShared = names.every((name, action) => name === others[action]);
  return {
    id,
    agents: teams.flatMap(({ name, first, end }) =>
      Array.from({ length: end - first }, (_, i) => `${name}_${i}`)
    ),
    obsShape: [obsSide, obsSide, obsChannels],
    obsLow: low,
    // A minimap adds 1 to a density where the agent itself is.
    obsHigh: Math.max(hasMinimap ? 2 : 1, high),
    obsDtype: hasWholeObs(game, plan) ? "uint8" : "float32",
    actions: names.map((name, action) =>
      name === others[action] ? name : `${first.name}: ${name}; ${second.name}: ${others[action]}`
    ),
    ...(isShared ? {} : { actionsOfTeam: { [first.name]: names, [second.name]: others } }),
    stateShape: [mapSize, mapSize, 5],
    maxEpisodeSteps: options.max_cycles,
    options: { ...options },
    rules: game.rules,
  };
}

/** Where nobody is ever hurt, health shows as 1 like presence, and there is nothing but zeros and ones to see. */
function hasWholeObs({ teams }: GridGame, { hasMinimap, hasExtraFeatures }: GridPlan): boolean {
  return !hasMinimap && !hasExtraFeatures && teams.every(({ type }) => type.damage === 0);
}

/** What a reward, a sum of some of these, lies between; a little wider for the sake of rounding. */
function rewardBounds({ teams }: GridGame): [number, number] {
  // One of a single cell is hit from four sides by bodies of two cells, from eight by single ones.
  const values = teams.flatMap(({ type, hit }) => [
    type.stepReward,
    type.killReward,
    type.deadPenalty,
    type.attackPenalty,
    hit.striker,
    8 * hit.struck,
  ]);
  const sum = (sign: 1 | -1) => values.reduce((total, value) => total + Math.max(0, sign * value), 0);
  return [-1.001 * sum(-1), 1.001 * sum(1)];
}

/** Such as `move (0, -2)`. */
function nameInTeam(action: number, attackWord: string, { moves, stay, actionOffsets }: TeamPlan): string {
  const offset = actionOffsets[action];
  if (!offset) return "as action 0";
  if (action === stay) return "stay";
  return `${action < moves.length ? "move" : attackWord} (${offset.join(", ")})`;
}
