/**
 * What MAgent's agents see (spec/env_magent.md §6).
 * @module
 */

import { FIRST_AGENT, NUMBER_BITS, type TeamPlan, WALL } from "./grid_plan.ts";
import { DEAD, LIVING } from "./situation.ts";
import type { GridWorld } from "./world.ts";

const BITS = 32;

/** Arrays that are written alike. */
interface Targets {
  readonly one: Float32Array;
  readonly other: Float32Array;
}

/** Writes observations `[E, N, obsSide, obsSide, obsChannels]`, of which an agent fills its team's upper left part. */
export class Observer {
  /** Length of one observation. */
  readonly O: number;
  readonly #world: GridWorld;
  /** Whether observations have more than what lies around: then most numbers change every step. */
  readonly #isDense: boolean;
  /** `[E]`: 1 where nothing is known of what the arrays hold. */
  readonly #isStale: Uint8Array;
  /** `[E, N, most seen cells]`: where in each observation something is, and how many such places there are. */
  readonly #written: Uint16Array;
  readonly #writtenCounts: Int32Array;
  readonly #mostSeen: number;
  /** `[N]`: health over maximal health of a copy. */
  readonly #health: Float32Array;
  /** `[2, obsSide²]`: density of each team on the coarse map of the team that looks. */
  readonly #densities: readonly [Float32Array, Float32Array];
  /** `[obsChannels]`: values of one agent that are the same in all of its cells. */
  readonly #features: Float32Array;

  constructor(world: GridWorld, copies: number) {
    const { agents, obsSide, obsChannels, hasMinimap, hasExtraFeatures } = world.plan;
    this.#world = world;
    this.O = obsSide * obsSide * obsChannels;
    this.#isDense = hasMinimap || hasExtraFeatures;
    this.#isStale = new Uint8Array(copies).fill(1);
    this.#mostSeen = obsSide * obsSide;
    this.#written = new Uint16Array(this.#isDense ? 0 : copies * agents * this.#mostSeen);
    this.#writtenCounts = new Int32Array(copies * agents);
    this.#health = new Float32Array(agents);
    this.#densities = [new Float32Array(obsSide * obsSide), new Float32Array(obsSide * obsSide)];
    this.#features = new Float32Array(obsChannels);
  }

  /**
   * Writes copy e's part of two arrays, the dead as zeros. Where only what lies around is seen, the few places that the last
   * call wrote are cleared one by one: both arrays must then be those of the last call and hold what it wrote.
   */
  showBoth(e: number, one: Float32Array, other: Float32Array): void {
    if (this.#isDense || this.#isStale[e] === 1) this.#clear(e, one, other);
    this.#isStale[e] = 0;
    this.#show(e, one, other);
  }

  /** Writes copy e's part of one array, whatever it holds. */
  showOne(e: number, obs: Float32Array): void {
    this.#clear(e, obs, obs);
    this.#show(e, obs, obs);
    this.#isStale[e] = 1;
  }

  /** Forgets what copy e's parts hold. */
  forget(e: number): void {
    this.#isStale[e] = 1;
  }

  #show(e: number, one: Float32Array, other: Float32Array): void {
    const { plan, situation } = this.#world;
    for (const { first, end, type } of plan.teams) {
      for (let i = first; i < end; i++) {
        this.#health[i] = situation.hp[e * plan.agents + i]! / type.maxHp;
      }
    }
    const targets = { one, other };
    for (const team of plan.teams) {
      this.#lookAround(e, team, targets);
      if (this.#isDense) this.#addFeatures(e, team, targets);
    }
  }

  #clear(e: number, one: Float32Array, other: Float32Array): void {
    const { agents } = this.#world.plan;
    const length = agents * this.O;
    one.fill(0, e * length, (e + 1) * length);
    if (other !== one) other.fill(0, e * length, (e + 1) * length);
    this.#writtenCounts.fill(0, e * agents, (e + 1) * agents);
  }

  /**
   * Goes over the window of each member of a team row by row, and in a row from one cell that is not empty to the next. Clearing an
   * observation just before writing it finds its memory near.
   */
  #lookAround(e: number, team: TeamPlan, { one, other }: Targets): void {
    const { plan, map, situation } = this.#world;
    const { places, status } = situation;
    const { agents, stride, obsSide, obsChannels, hasMinimap } = plan;
    const { cells, bits } = map;
    const { first, end, side, sightBits, corner } = team;
    const health = this.#health;
    const written = this.#written;
    const writtenCounts = this.#writtenCounts;
    const keepsTrack = !this.#isDense;
    const otherTeam = hasMinimap ? 4 : 3;
    for (let i = e * agents + first; i < e * agents + end; i++) {
      const base = i * this.O;
      const firstWritten = i * this.#mostSeen;
      const lastWritten = firstWritten + writtenCounts[i]!;
      for (let k = firstWritten; k < lastWritten; k++) {
        const at = base + written[k]!;
        // Of a wall or of one of the teams: presence and what follows it.
        one[at] = other[at] = 0;
        one[at + 1] = other[at + 1] = 0;
      }
      writtenCounts[i] = 0;
      if (status[i] === DEAD) continue;
      let count = firstWritten;
      let from = e * plan.cells + places[i]! + corner * stride + corner;
      let to = 0;
      for (let row = 0; row < side; row++) {
        const word = from >> 5;
        const shift = from & (BITS - 1);
        let seen = ((bits[word]! >>> shift) | ((bits[word + 1]! << 1) << (BITS - 1 - shift))) &
          sightBits[row]!;
        while (seen !== 0) {
          const column = BITS - 1 - Math.clz32(seen);
          seen ^= 1 << column;
          const content = cells[from + column]!;
          let at = to + column * obsChannels;
          if (content !== WALL) {
            const agent = content - FIRST_AGENT;
            at += agent >= first && agent < end ? 1 : otherTeam;
            one[base + at + 1] = other[base + at + 1] = health[agent]!;
          }
          one[base + at] = other[base + at] = 1;
          if (keepsTrack) written[count++] = at;
        }
        from += stride;
        to += obsSide * obsChannels;
      }
      writtenCounts[i] = count - firstWritten;
    }
  }

  /** Minimap and features of a team's members, in every cell of their windows. */
  #addFeatures(e: number, team: TeamPlan, { one, other }: Targets): void {
    const { plan, situation } = this.#world;
    const { agents, mapSize, obsSide, obsChannels, hasMinimap } = plan;
    const { side, first, end, channels } = team;
    const features = this.#features;
    if (hasMinimap) this.#measureDensities(e, side);
    const scale = Math.ceil(mapSize / side);
    for (let i = first; i < end; i++) {
      if (situation.status[e * agents + i] === DEAD) continue;
      this.#describeAgent(e, i, team);
      const place = situation.places[e * agents + i]!;
      const ownCell = Math.floor(plan.yOf(place) / scale) * side + Math.floor(plan.xOf(place) / scale);
      for (let cell = 0; cell < side * side; cell++) {
        const row = Math.floor(cell / side);
        const at = (e * agents + i) * this.O + (row * obsSide + cell - row * side) * obsChannels;
        for (let k = plan.viewChannels; k < channels; k++) one[at + k] = other[at + k] = features[k]!;
        if (!hasMinimap) continue;
        const own = cell === ownCell ? 1 : 0;
        const isFirst = team === plan.teams[0];
        one[at + 3] = other[at + 3] = this.#densities[isFirst ? 0 : 1][cell]! + own;
        one[at + 6] = other[at + 6] = this.#densities[isFirst ? 1 : 0][cell]! + own;
      }
    }
  }

  /** Share of each team's members in each coarse cell; those that died in the last step still count. */
  #measureDensities(e: number, side: number): void {
    const { plan, situation } = this.#world;
    const scale = Math.ceil(plan.mapSize / side);
    plan.teams.forEach(({ first, end }, t) => {
      const density = this.#densities[t]!.fill(0);
      let total = 0;
      for (let i = first; i < end; i++) {
        if (situation.status[e * plan.agents + i] === DEAD) continue;
        const place = situation.places[e * plan.agents + i]!;
        density[Math.floor(plan.yOf(place) / scale) * side + Math.floor(plan.xOf(place) / scale)]!++;
        total++;
      }
      for (let k = 0; total > 0 && k < side * side; k++) density[k]! /= total;
    });
  }

  /** Number in binary, last action, last reward, place on the map: from channel `viewChannels` on. */
  #describeAgent(e: number, i: number, { actions }: TeamPlan): void {
    const { plan, situation } = this.#world;
    const features = this.#features.fill(0);
    let at = plan.viewChannels;
    if (plan.hasExtraFeatures) {
      for (let bit = 0; bit < NUMBER_BITS; bit++) features[at + bit] = (i >> bit) & 1;
      const action = situation.lastActions[e * plan.agents + i]!;
      if (action >= 0 && action < actions) features[at + NUMBER_BITS + action] = 1;
      at += NUMBER_BITS + actions;
      features[at++] = situation.shownRewards[e * plan.agents + i]!;
    }
    if (!plan.hasMinimap) return;
    const place = situation.places[e * plan.agents + i]!;
    features[at] = plan.xOf(place) / plan.mapSize;
    features[at + 1] = plan.yOf(place) / plan.mapSize;
  }

  /** Writes `[E, x, y, 5]`: walls, and for each team where its living members' upper left cells are and their health. */
  writeState(e: number, state: Float32Array): void {
    const { plan, map, situation } = this.#world;
    const { mapSize, agents, teams } = plan;
    const base = e * mapSize * mapSize * 5;
    state.fill(0, base, base + mapSize * mapSize * 5);
    for (let x = 0; x < mapSize; x++) {
      for (let y = 0; y < mapSize; y++) {
        if (map.at(e, plan.cellOf(x, y)) === WALL) state[base + (x * mapSize + y) * 5] = 1;
      }
    }
    teams.forEach(({ first, end, type }, t) => {
      for (let i = first; i < end; i++) {
        if (situation.status[e * agents + i] !== LIVING) continue;
        const place = situation.places[e * agents + i]!;
        const at = base + (plan.xOf(place) * mapSize + plan.yOf(place)) * 5 + 1 + 2 * t;
        state[at] = 1;
        state[at + 1] = situation.hp[e * agents + i]! / type.maxHp;
      }
    });
  }
}
