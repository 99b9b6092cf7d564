/**
 * What MAgent's agents see (spec/env_magent.md §6).
 * @module
 */

import { BITS_APART, LOG_BITS_APART } from "./grid_map.ts";
import { FIRST_AGENT, NUMBER_BITS, type TeamPlan, WALL } from "./grid_plan.ts";
import { DOWN_SHIFT, LEFT_SHIFT, RIGHT_SHIFT, type SightWindow, sightWindow } from "./sight_window.ts";
import { DEAD, LIVING } from "./situation.ts";
import type { GridWorld } from "./world.ts";

const HIGHEST_BIT = 1 << 31;

/** Agents whose rows are written at once: few enough for those of both arrays to stay in a processor's second cache. */
const AGENTS_AT_ONCE = 96;

/** Arrays that are written alike. */
interface Targets {
  readonly one: Float32Array;
  readonly other: Float32Array;
}

/** Some members of a team, from `first` to the one before `end`. */
interface Members {
  readonly team: TeamPlan;
  readonly first: number;
  readonly end: number;
}

/** Writes observations `[E, N, obsSide, obsSide, obsChannels]`, of which an agent fills its team's upper left part. */
export class Observer {
  /** Length of one observation. */
  readonly O: number;
  readonly #world: GridWorld;
  /** Whether observations have more than what lies around: then most numbers change every step. */
  readonly #isDense: boolean;
  readonly #windows: readonly [SightWindow, SightWindow];
  /** `[FIRST_AGENT + N]`, by what lies on a cell: health over maximal health, 0 for a wall. */
  readonly #health: Float32Array;
  /** `[FIRST_AGENT + N]`, by what lies on a cell: its channel to the team that looks. */
  readonly #channels: Int32Array;
  /** `[2, obsSide²]`: density of each team on the coarse map of the team that looks. */
  readonly #densities: readonly [Float32Array, Float32Array];
  /** `[obsChannels]`: values of one agent that are the same in all of its cells. */
  readonly #features: Float32Array;

  constructor(world: GridWorld) {
    const { plan } = world;
    const { agents, teams, obsSide, obsChannels, hasMinimap, hasExtraFeatures } = plan;
    this.#world = world;
    this.O = obsSide * obsSide * obsChannels;
    this.#isDense = hasMinimap || hasExtraFeatures;
    this.#windows = [sightWindow(plan, teams[0], BITS_APART), sightWindow(plan, teams[1], BITS_APART)];
    this.#health = new Float32Array(FIRST_AGENT + agents);
    this.#channels = new Int32Array(FIRST_AGENT + agents);
    this.#densities = [new Float32Array(obsSide * obsSide), new Float32Array(obsSide * obsSide)];
    this.#features = new Float32Array(obsChannels);
  }

  /** Writes copy e's part of one array, whatever it holds; the dead as zeros. */
  showOne(e: number, obs: Float32Array): void {
    this.showBoth(e, obs, obs);
  }

  /**
   * Writes copy e's part of two arrays, whatever they hold. Rows are filled with zeros first: to go back to the few places that are not
   * zero would touch less memory, but here and there, and took twice as long where no cache holds the arrays.
   */
  showBoth(e: number, one: Float32Array, other: Float32Array): void {
    const { plan, situation } = this.#world;
    const { agents, teams } = plan;
    for (const { first, end, type } of teams) {
      for (let i = first; i < end; i++) {
        this.#health[FIRST_AGENT + i] = situation.hp[e * agents + i]! / type.maxHp;
      }
    }
    const targets = { one, other };
    for (const team of teams) {
      this.#listChannels(team);
      for (let first = team.first; first < team.end; first += AGENTS_AT_ONCE) {
        const end = Math.min(team.end, first + AGENTS_AT_ONCE);
        const [from, to] = [(e * agents + first) * this.O, (e * agents + end) * this.O];
        one.fill(0, from, to);
        if (other !== one) other.fill(0, from, to);
        this.#lookAround(e, { team, first, end }, targets);
      }
      if (this.#isDense) this.#addFeatures(e, team, targets);
    }
  }

  #listChannels({ first, end }: TeamPlan): void {
    this.#channels.fill(this.#world.plan.hasMinimap ? 4 : 3);
    this.#channels[WALL] = 0;
    this.#channels.fill(1, FIRST_AGENT + first, FIRST_AGENT + end);
  }

  /** Goes over the window of each of some members of a team from one cell that is not empty to the next. */
  #lookAround(e: number, { team, first, end }: Members, { one, other }: Targets): void {
    const { plan, map, situation } = this.#world;
    const { places, status } = situation;
    const { agents, stride, teams } = plan;
    const { ends, rows, cells: windowCells } = this.#windows[team === teams[0] ? 0 : 1];
    const { cells, bits } = map;
    const health = this.#health;
    const channels = this.#channels;
    const top = e * plan.cells + team.corner * stride + team.corner;
    for (let i = e * agents + first; i < e * agents + end; i++) {
      if (status[i] === DEAD) continue;
      const base = i * this.O;
      const from = top + places[i]!;
      const shift = from & (BITS_APART - 1);
      const fromWord = from >> LOG_BITS_APART;
      let r = 0;
      for (let word = 0; word < ends.length; word++) {
        let seen = 0;
        for (const stop = ends[word]!; r < stop; r++) {
          const row = rows[r]!; // shifts count modulo 32: no field needs a mask
          seen |= ((bits[fromWord + (row >> DOWN_SHIFT)]! << ((row >> LEFT_SHIFT) - shift)) >>>
            (row >> RIGHT_SHIFT)) << row;
        }
        while (seen !== 0) {
          const zeros = Math.clz32(seen);
          seen ^= HIGHEST_BIT >>> zeros;
          const cell = windowCells[(word << 5) + zeros]!;
          const content = cells[from + (cell & 0xffff)]!;
          const at = base + (cell >>> 16) + channels[content]!;
          const value = health[content]!;
          one[at] = other[at] = 1;
          // Of a wall this is the channel of the own team's presence, 0.
          one[at + 1] = other[at + 1] = value;
        }
      }
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
