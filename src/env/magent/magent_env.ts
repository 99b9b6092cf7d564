/**
 * MAgent2's grid world as an environment (Zheng, Yang, Cai, Zhou, Zhang, Wang and Yu, "MAgent: A Many-Agent Reinforcement
 * Learning Platform for Artificial Collective Intelligence", 2018). Section numbers refer to spec/env_magent.md.
 * @module
 */

import type { EnvDescription, Frame, ParallelEnv } from "relay/env/parallel_env.ts";
import type { Scene } from "relay/env/scene.ts";
import { describeMagent } from "./describe.ts";
import type { GridGame } from "./grid_game.ts";
import { planGrid, type TeamPlan } from "./grid_plan.ts";
import { magentScene } from "./magent_scene.ts";
import { Observer } from "./observer.ts";
import type { MagentOptions } from "./options.ts";
import { renderMagent } from "./render.ts";
import { LIVING } from "./situation.ts";
import { loadMagent, saveMagent } from "./snapshot.ts";
import { GridWorld } from "./world.ts";

/** How to make the environment. */
export interface MagentSetup {
  /** Copies stepped at once; default 1. */
  readonly copies?: number;
  /** Registry id that `describe` reports; default `magent/battle_v4` or `magent/adversarial_pursuit_v4`. */
  readonly id?: string;
  /** Whether an ended copy starts its next episode at once, as the contract says; default true. */
  readonly autoReset?: boolean;
  /** `[E]`: seeds of the first episodes; default 0 … E−1. */
  readonly seeds?: ArrayLike<number>;
}

/** A team as a learner needs it. */
export interface MagentTeam {
  /** Such as `blue`; its agents are `blue_0`, `blue_1`, … */
  readonly name: string;
  /** Index of its first agent on every agent axis, and of the one after its last. */
  readonly first: number;
  readonly end: number;
  /** Its actions, the first ones of A. */
  readonly actions: number;
  /** Shape of its observations without padding: the upper left part, and the first channels, of `obsShape`. */
  readonly obsShape: readonly [number, number, number];
}

/**
 * Any two-team game of the grid world (make_magent.ts makes those of the paper).
 *
 * The agent axis is the first team, then the second. An agent that dies has its last reward, `terminated` 1 and a last
 * observation (its place without itself) in that step; from then on until its copy's next episode it stays `terminated` with `alive`
 * 0, reward 0 and observations of zeros, and its actions count for nothing. A copy's episode ends when all of its agents
 * are `terminated` or `truncated`: with a team's end everybody is terminated, with the time limit the living are truncated.
 */
export class MagentEnv implements ParallelEnv {
  readonly E: number;
  readonly N: number;
  readonly O: number;
  readonly A: number;
  readonly obs: Float32Array;
  readonly nextObs: Float32Array;
  readonly rewards: Float64Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  readonly alive: Uint8Array;
  readonly actionMask?: Uint8Array;
  /**
   * `[E, map_size, map_size, 5]` by x and y: walls, then presence and health of each team, a body in its upper left cell. Unlike the
   * original's, whose walls are those of the constructor's map, it has the walls of this episode, and never extra features.
   */
  readonly state: Float32Array;
  readonly scene: Scene;
  readonly teams: readonly [MagentTeam, MagentTeam];
  readonly #id: string;
  readonly #options: MagentOptions;
  readonly #game: GridGame;
  readonly #world: GridWorld;
  readonly #observer: Observer;
  readonly #autoReset: boolean;

  constructor(
    game: GridGame,
    options: MagentOptions,
    setup: MagentSetup & { readonly id: string; readonly masksPaddedActions?: boolean },
  ) {
    const { copies = 1, id, autoReset = true, seeds } = setup;
    if (!(Number.isSafeInteger(copies) && copies >= 1)) {
      throw new RangeError(`Cannot make ${id}: copies is ${copies}, expected an integer >= 1`);
    }
    const plan = planGrid(game, options);
    this.#id = id;
    this.#options = options;
    this.#game = game;
    this.#autoReset = autoReset;
    this.#world = new GridWorld(game, plan, { copies, hasFirstStepQuirk: options.firstStepQuirk });
    this.#observer = new Observer(this.#world);
    this.scene = magentScene(this.#world);
    this.teams = [teamOf(plan.teams[0]), teamOf(plan.teams[1])];
    this.E = copies;
    this.N = plan.agents;
    this.O = this.#observer.O;
    this.A = plan.maxActions;
    this.obs = new Float32Array(copies * this.N * this.O);
    this.nextObs = new Float32Array(copies * this.N * this.O);
    this.rewards = new Float64Array(copies * this.N);
    this.terminated = new Uint8Array(copies * this.N);
    this.truncated = new Uint8Array(copies * this.N);
    this.alive = new Uint8Array(copies * this.N);
    this.state = new Float32Array(copies * plan.mapSize ** 2 * 5);
    if (setup.masksPaddedActions) this.actionMask = this.#maskOfTeams();
    this.reset(seeds);
  }

  describe(): EnvDescription {
    return describeMagent({ id: this.#id, game: this.#game, plan: this.#world.plan, options: this.#options });
  }

  reset(seeds?: ArrayLike<number>): void {
    if (seeds && seeds.length !== this.E) {
      throw new RangeError(
        `Cannot reset ${this.#id}: got ${seeds.length} seeds, expected ${this.E}, one a copy`,
      );
    }
    for (let e = 0; e < this.E; e++) {
      if (seeds) this.#world.seed(e, seeds[e]!);
      this.#world.startEpisode(e);
    }
    this.#showFresh();
  }

  step(actions: Int32Array): void {
    const { E, N } = this;
    this.#checkActions(actions);
    for (let e = 0; e < E; e++) {
      this.#world.step(e, actions);
      this.#observer.showBoth(e, this.nextObs, this.obs);
      const hasEnded = this.#report(e);
      if (!hasEnded || !this.#autoReset) continue;
      this.#world.startEpisode(e);
      this.#observer.showOne(e, this.obs);
      this.alive.fill(1, e * N, (e + 1) * N);
    }
  }

  updateState(): void {
    for (let e = 0; e < this.E; e++) this.#observer.writeState(e, this.state);
  }

  /** Teams by colour, health as a bar, and the attacks of the last step: misses thin, hits thick, a cross where somebody died. */
  render(e: number): Frame {
    this.#checkCopy(e);
    return renderMagent(this.#world, e);
  }

  save(): Uint8Array {
    return saveMagent(this.#world.situation, this.#world.plan);
  }

  load(saved: Uint8Array): void {
    loadMagent(saved, { id: this.#id, world: this.#world });
    for (let e = 0; e < this.E; e++) this.#world.layOut(e);
    this.#showFresh();
  }

  /** Upper left cell `[x, y]` of each agent of copy e (after an auto-reset: in the new episode); null for the dead. */
  positions(e: number): (readonly [number, number] | null)[] {
    this.#checkCopy(e);
    const { plan, situation } = this.#world;
    return Array.from({ length: this.N }, (_, i) => {
      if (situation.status[e * this.N + i] !== LIVING) return null;
      const place = situation.places[e * this.N + i]!;
      return [plan.xOf(place), plan.yOf(place)] as const;
    });
  }

  /** Health points of each agent of copy e. */
  healthPoints(e: number): Float32Array {
    this.#checkCopy(e);
    return this.#world.situation.hp.slice(e * this.N, (e + 1) * this.N);
  }

  /** Inner walls `[x, y]` of copy e, without the ring around the map. */
  walls(e: number): (readonly [number, number])[] {
    this.#checkCopy(e);
    const { plan, situation } = this.#world;
    const cells = situation.walls.subarray(e * plan.walls, (e + 1) * plan.walls);
    return Array.from(cells, (cell) => [plan.xOf(cell), plan.yOf(cell)] as const);
  }

  /** Writes rewards and flags of copy e's last step; whether its episode ended with it. */
  #report(e: number): boolean {
    const { N } = this;
    const { status, rewards, frames } = this.#world.situation;
    const isOver = this.#world.isOver(e);
    const isCut = frames[e]! >= this.#options.max_cycles;
    for (let i = e * N; i < (e + 1) * N; i++) {
      const lives = status[i] === LIVING;
      const isActor = this.alive[i] === 1;
      this.rewards[i] = isActor ? rewards[i]! : 0;
      this.terminated[i] = isOver || !lives ? 1 : 0;
      this.truncated[i] = isCut && lives && !isOver ? 1 : 0;
      this.alive[i] = lives ? 1 : 0;
    }
    return isOver || isCut;
  }

  #checkCopy(e: number): void {
    if (!(Number.isInteger(e) && e >= 0 && e < this.E)) {
      throw new RangeError(
        `Cannot look into copy ${e} of ${this.#id}: expected an integer in [0, ${this.E})`,
      );
    }
  }

  #checkActions(actions: Int32Array): void {
    const { E, N, A } = this;
    if (actions.length !== E * N) {
      throw new RangeError(`Cannot step ${this.#id}: got ${actions.length} actions, expected ${E * N}`);
    }
    for (let i = 0; i < actions.length; i++) {
      if (actions[i]! >>> 0 < A) continue;
      const agent = this.describe().agents[i % N];
      const where = `copy ${Math.floor(i / N)}, ${agent}`;
      throw new RangeError(
        `Cannot step ${this.#id}: action of ${where} is ${actions[i]}, expected 0 to ${A - 1}`,
      );
    }
  }

  /** Observations and zero outcomes for a situation that no step has led to. */
  #showFresh(): void {
    const { status } = this.#world.situation;
    for (let e = 0; e < this.E; e++) this.#observer.showBoth(e, this.nextObs, this.obs);
    for (let i = 0; i < this.alive.length; i++) this.alive[i] = status[i] === LIVING ? 1 : 0;
    this.rewards.fill(0);
    this.terminated.fill(0);
    this.truncated.fill(0);
    this.updateState();
  }

  #maskOfTeams(): Uint8Array {
    const { E, N, A } = this;
    const mask = new Uint8Array(E * N * A);
    for (let i = 0; i < E * N; i++) {
      const team = this.teams[i % N < this.teams[0].end ? 0 : 1];
      mask.fill(1, i * A, i * A + team.actions);
    }
    return mask;
  }
}

function teamOf({ name, first, end, actions, side, channels }: TeamPlan): MagentTeam {
  return { name, first, end, actions, obsShape: [side, side, channels] };
}
