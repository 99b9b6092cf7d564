/**
 * What happens on MAgent's grid: attacks, recovery, moves, rewards. Section numbers refer to spec/env_magent.md.
 * @module
 */

import type { GridGame } from "./grid_game.ts";
import { GridMap } from "./grid_map.ts";
import { EMPTY, FIRST_AGENT, type GridPlan, type TeamPlan } from "./grid_plan.ts";
import { nextMinstd, seedMinstd } from "./minstd.ts";
import { placeAgents } from "./place.ts";
import { DEAD, type GridSituation, HIT, JUST_DIED, KILL, LIVING, MISS, NO_ATTACK } from "./situation.ts";

/** E grids that are played independently. */
export class GridWorld {
  readonly plan: GridPlan;
  readonly situation: GridSituation;
  /** Kept up to date move by move. */
  readonly map: GridMap;
  /** `[E, 2]`: living members of the teams. */
  readonly living: Int32Array;
  /** `[E, N]`: attacks of the last step and the cells they went to; for pictures, no rule reads them. */
  readonly attackOutcomes: Uint8Array;
  readonly attackCells: Int32Array;
  readonly #game: GridGame;
  readonly #hasFirstStepQuirk: boolean;
  /** `[N]`: agents that move, and those that attack, of the current step. */
  readonly #movers: Int32Array;
  readonly #unorderedMovers: Int32Array;
  readonly #attackers: Int32Array;
  /** `[N]`: agents that were hit by each agent and lived on; −1 for none. */
  readonly #struck: Int32Array;
  #moverCount = 0;
  #attackerCount = 0;

  constructor(game: GridGame, plan: GridPlan, setup: { copies: number; hasFirstStepQuirk: boolean }) {
    const { copies, hasFirstStepQuirk } = setup;
    const { agents, walls } = plan;
    this.#game = game;
    this.plan = plan;
    this.#hasFirstStepQuirk = hasFirstStepQuirk;
    this.#movers = new Int32Array(agents);
    this.#unorderedMovers = new Int32Array(agents);
    this.#attackers = new Int32Array(agents);
    this.#struck = new Int32Array(agents);
    this.map = new GridMap(plan, copies);
    this.living = new Int32Array(copies * 2);
    this.attackOutcomes = new Uint8Array(copies * agents);
    this.attackCells = new Int32Array(copies * agents);
    const integers = () => new Int32Array(copies * agents);
    const floats = () => new Float32Array(copies * agents);
    this.situation = {
      places: integers(),
      status: integers(),
      lastActions: integers(),
      walls: new Int32Array(copies * walls),
      frames: new Int32Array(copies),
      rngs: Int32Array.from({ length: copies }, (_, e) => seedMinstd(e)),
      hp: floats(),
      rewards: floats(),
      shownRewards: floats(),
    };
  }

  /** Makes copy e draw what the original draws after this seed. */
  seed(e: number, seed: number): void {
    this.situation.rngs[e] = seedMinstd(seed);
  }

  /** Places everybody anew; the generator goes on where it is (§4). */
  startEpisode(e: number): void {
    const { agents, teams } = this.plan;
    const { status, lastActions, frames, hp, rewards, shownRewards } = this.situation;
    const [first, end] = [e * agents, (e + 1) * agents];
    placeAgents(this, this.#game.layout, e);
    status.fill(LIVING, first, end);
    lastActions.fill(-1, first, end);
    rewards.fill(0, first, end);
    shownRewards.fill(0, first, end);
    for (const team of teams) hp.fill(team.type.maxHp, first + team.first, first + team.end);
    frames[e] = 0;
    this.layOut(e);
  }

  /** Makes the map of copy e anew from walls and places; what the last step's attacks were is forgotten. */
  layOut(e: number): void {
    const { agents, teams } = this.plan;
    const { places, status, walls } = this.situation;
    this.map.clear(e, walls);
    for (let t = 0; t < 2; t++) {
      const team = teams[t]!;
      let living = 0;
      for (let i = team.first; i < team.end; i++) {
        if (status[e * agents + i] !== LIVING) continue;
        living++;
        this.map.setBody(e, team.body, { place: places[e * agents + i]!, content: FIRST_AGENT + i });
      }
      this.living[e * 2 + t] = living;
    }
    this.attackOutcomes.fill(NO_ATTACK, e * agents, (e + 1) * agents);
  }

  /** The next random number of copy e (§3). */
  draw(e: number): number {
    return this.situation.rngs[e] = nextMinstd(this.situation.rngs[e]!);
  }

  teamOf(i: number): TeamPlan {
    return this.plan.teams[i < this.plan.teams[0].end ? 0 : 1];
  }

  /**
   * One joint step of copy e (§5).
   * @param actions `[E, N]`, in [0, maxActions); those of the dead count for nothing
   */
  step(e: number, actions: Int32Array): void {
    this.#begin(e);
    this.#sortActions(e, actions);
    this.#shuffleAttacks(e);
    for (let k = 0; k < this.#attackerCount; k++) this.#attack(e, this.#attackers[k]!);
    this.#recover(e);
    for (let k = 0; k < this.#moverCount; k++) this.#move(e, this.#movers[k]!);
    this.#rewardHits(e);
    this.situation.frames[e]!++;
  }

  /** Whether a team of copy e is gone. */
  isOver(e: number): boolean {
    return this.living[2 * e] === 0 || this.living[2 * e + 1] === 0;
  }

  /** The original's end of a step, put off until the next: the dead leave, rewards start anew. */
  #begin(e: number): void {
    const { agents } = this.plan;
    const { status, rewards, shownRewards } = this.situation;
    for (const team of this.plan.teams) {
      for (let i = e * agents + team.first; i < e * agents + team.end; i++) {
        if (status[i] !== LIVING) status[i] = DEAD;
        shownRewards[i] = rewards[i]!;
        rewards[i] = team.type.stepReward;
        this.attackOutcomes[i] = NO_ATTACK;
      }
    }
    this.#struck.fill(-1);
  }

  /** Splits the living into those that move and those that attack, in their order (§5). */
  #sortActions(e: number, actions: Int32Array): void {
    const { agents, teams } = this.plan;
    const { status, lastActions, frames } = this.situation;
    const isMixedUp = this.#hasFirstStepQuirk && frames[e] === 0;
    this.#moverCount = this.#attackerCount = 0;
    for (const team of teams) {
      // The first step after a reset: the second team reads the list of actions from its beginning.
      const shift = isMixedUp ? team.first : 0;
      for (let i = team.first; i < team.end; i++) {
        if (status[e * agents + i] !== LIVING) continue;
        const told = actions[e * agents + i - shift]!;
        // SuperSuit's padding: an action that the one who was told does not have is its action 0.
        const action = told < this.teamOf(i - shift).actions ? told : 0;
        lastActions[e * agents + i] = action;
        if (action < team.moves.length) this.#movers[this.#moverCount++] = i;
        else this.#attackers[this.#attackerCount++] = i;
      }
    }
    this.#orderMoves(e);
  }

  /** Large maps are moved area by area. */
  #orderMoves(e: number): void {
    const { agents, stride, moveAreas } = this.plan;
    if (!moveAreas) return;
    this.#unorderedMovers.set(this.#movers);
    let count = 0;
    for (let area = 0; count < this.#moverCount; area++) {
      for (let k = 0; k < this.#moverCount; k++) {
        const i = this.#unorderedMovers[k]!;
        const column = this.situation.places[e * agents + i]! & (stride - 1);
        if (moveAreas[column] === area) this.#movers[count++] = i;
      }
    }
  }

  #shuffleAttacks(e: number): void {
    const attackers = this.#attackers;
    for (let k = 0; k < this.#attackerCount; k++) {
      const other = this.draw(e) % (k + 1);
      const agent = attackers[k]!;
      attackers[k] = attackers[other]!;
      attackers[other] = agent;
    }
  }

  #attack(e: number, i: number): void {
    const { agents } = this.plan;
    const { status, places, lastActions, hp, rewards } = this.situation;
    const base = e * agents;
    if (status[base + i] !== LIVING) return;
    const team = this.teamOf(i);
    const { attackPenalty, damage } = team.type;
    const attack = lastActions[base + i]! - team.moves.length;
    // Prey that was told a predator's action in the first step attacks nothing, and that costs it nothing.
    if (attack >= team.attacks.length) return;
    const cell = places[base + i]! + team.attacks[attack]!;
    const victim = this.map.at(e, cell) - FIRST_AGENT;
    this.attackCells[base + i] = cell;
    this.attackOutcomes[base + i] = MISS;
    if (victim < 0 || this.teamOf(victim) === team) {
      rewards[base + i]! += Math.fround(attackPenalty);
      return;
    }
    hp[base + victim]! -= Math.fround(damage);
    if (hp[base + victim]! >= 0) {
      this.attackOutcomes[base + i] = HIT;
      this.#struck[i] = victim;
      rewards[base + i]! += Math.fround(attackPenalty);
      return;
    }
    this.attackOutcomes[base + i] = KILL;
    this.#die(e, victim);
    const { killReward } = this.teamOf(victim).type;
    rewards[base + i]! += Math.fround(Math.fround(killReward) + Math.fround(attackPenalty));
  }

  #die(e: number, i: number): void {
    const { agents, teams } = this.plan;
    const { status, places, rewards } = this.situation;
    const team = this.teamOf(i);
    status[e * agents + i] = JUST_DIED;
    rewards[e * agents + i] = team.type.deadPenalty;
    this.living[2 * e + (team === teams[0] ? 0 : 1)]!--;
    this.map.setBody(e, team.body, { place: places[e * agents + i]!, content: EMPTY });
  }

  #recover(e: number): void {
    const { agents, teams } = this.plan;
    const { status, hp } = this.situation;
    for (const { first, end, type } of teams) {
      if (type.stepRecover <= 0) continue;
      const step = Math.fround(type.stepRecover);
      for (let i = e * agents + first; i < e * agents + end; i++) {
        if (status[i] === LIVING) hp[i] = Math.min(type.maxHp, hp[i]! + step);
      }
    }
  }

  #move(e: number, i: number): void {
    const { agents } = this.plan;
    const { status, places, lastActions } = this.situation;
    if (status[e * agents + i] !== LIVING) return;
    const { body, moves, stay } = this.teamOf(i);
    const action = lastActions[e * agents + i]!;
    if (action === stay) return;
    const from = places[e * agents + i]!;
    const to = from + moves[action]!;
    if (!this.map.isFree(e, body, { place: to, owner: FIRST_AGENT + i })) return;
    this.map.setBody(e, body, { place: from, content: EMPTY });
    this.map.setBody(e, body, { place: to, content: FIRST_AGENT + i });
    places[e * agents + i] = to;
  }

  /** What hits pay, also to those that died after striking. */
  #rewardHits(e: number): void {
    const { agents } = this.plan;
    const { rewards } = this.situation;
    for (let i = 0; i < agents; i++) {
      const victim = this.#struck[i]!;
      if (victim < 0) continue;
      const { striker, struck } = this.teamOf(i).hit;
      rewards[e * agents + i]! += Math.fround(striker);
      rewards[e * agents + victim]! += Math.fround(struck);
    }
  }
}
