/**
 * A game of two teams as one of the learning team: the other one belongs to the environment.
 * @module
 */
import type { EnvDescription, Frame, ParallelEnv } from "./parallel_env.ts";
import type { Scene } from "./scene.ts";
import { teamOfAgent, teamsOf } from "./teams.ts";
import { joinBytes, requireActions, splitBytes } from "./wrappers/env_wrapper.ts";

/** Who plays the other team. */
export interface OpponentPolicy {
  /**
   * Decides one joint step.
   * @param obs `[E, M, O]` of the M opponents
   * @param actions `[E, M]`, overwritten
   */
  act(obs: Float32Array, actions: Int32Array): void;
  /** What decides its future beside the observations. */
  save(): Uint8Array;
  load(saved: Uint8Array): void;
}

/**
 * The learning team's part of a game. Its agents are the agents; `step` asks the opponents, who see their own observations, and steps all
 * together. The picture, the state and the rules are the whole game's.
 */
export class OpposedEnv implements ParallelEnv {
  readonly E: number;
  readonly N: number;
  readonly O: number;
  readonly A: number;
  readonly obs: Float32Array;
  readonly nextObs: Float32Array;
  readonly rewards: Float64Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  readonly alive?: Uint8Array;
  readonly actionMask?: Uint8Array;
  readonly state?: Float32Array;
  readonly scene?: Scene;
  readonly updateState?: () => void;
  readonly #inner: ParallelEnv;
  readonly #policy: OpponentPolicy;
  /** Places of learners and opponents on the inner agent axis. */
  readonly #learners: readonly number[];
  readonly #opponents: readonly number[];
  readonly #opponentObs: Float32Array;
  readonly #opponentActions: Int32Array;
  readonly #jointActions: Int32Array;

  /**
   * @param inner already reset
   * @param team the opponents' name
   * @throws {RangeError} unless the team is one of several
   */
  constructor(inner: ParallelEnv, team: string, policy: OpponentPolicy) {
    const { agents } = inner.describe();
    requireOpponents(inner, team);
    this.#inner = inner;
    this.#policy = policy;
    this.#learners = agents.flatMap((name, i) => teamOfAgent(name) === team ? [] : [i]);
    this.#opponents = agents.flatMap((name, i) => teamOfAgent(name) === team ? [i] : []);
    const { E, O, A } = inner;
    const N = this.#learners.length;
    this.E = E;
    this.N = N;
    this.O = O;
    this.A = A;
    this.obs = new Float32Array(E * N * O);
    this.nextObs = new Float32Array(E * N * O);
    this.rewards = new Float64Array(E * N);
    this.terminated = new Uint8Array(E * N);
    this.truncated = new Uint8Array(E * N);
    if (inner.alive) this.alive = new Uint8Array(E * N);
    if (inner.actionMask) this.actionMask = new Uint8Array(E * N * A);
    if (inner.state) this.state = inner.state;
    if (inner.scene) this.scene = learnersFirst(inner.scene, this.#learners, inner.N);
    if (inner.updateState) this.updateState = () => inner.updateState!();
    this.#opponentObs = new Float32Array(E * this.#opponents.length * O);
    this.#opponentActions = new Int32Array(E * this.#opponents.length);
    this.#jointActions = new Int32Array(E * inner.N);
    this.#show();
  }

  describe(): EnvDescription {
    const { actionsOfTeam, ...whole } = this.#inner.describe();
    const agents = this.#learners.map((i) => whole.agents[i]!);
    const own = actionsOfTeam?.[teamOfAgent(agents[0]!)];
    return { ...whole, agents, actions: own ?? whole.actions };
  }

  reset(seeds?: ArrayLike<number>): void {
    this.#inner.reset(seeds);
    this.#show();
  }

  step(actions: Int32Array): void {
    requireActions(this, actions);
    take(this.#inner.obs, this.#opponentObs, this.#selection(this.#opponents, this.O));
    this.#policy.act(this.#opponentObs, this.#opponentActions);
    put(actions, this.#jointActions, this.#selection(this.#learners, 1));
    put(this.#opponentActions, this.#jointActions, this.#selection(this.#opponents, 1));
    this.#inner.step(this.#jointActions);
    this.#show();
  }

  render(e: number): Frame {
    return this.#inner.render(e);
  }

  save(): Uint8Array {
    return joinBytes(this.#policy.save(), this.#inner.save());
  }

  load(saved: Uint8Array): void {
    const [policy, inner] = splitBytes(saved, this.describe().id);
    this.#policy.load(policy);
    this.#inner.load(inner);
    this.#show();
  }

  #show(): void {
    const { obs, nextObs, rewards, terminated, truncated, alive, actionMask } = this.#inner;
    const rows = (width: number) => this.#selection(this.#learners, width);
    take(obs, this.obs, rows(this.O));
    take(nextObs, this.nextObs, rows(this.O));
    take(rewards, this.rewards, rows(1));
    take(terminated, this.terminated, rows(1));
    take(truncated, this.truncated, rows(1));
    if (alive) take(alive, this.alive!, rows(1));
    if (actionMask) take(actionMask, this.actionMask!, rows(this.A));
  }

  #selection(agents: readonly number[], width: number): Selection {
    return { E: this.E, N: this.#inner.N, agents, width };
  }
}

/**
 * @throws {RangeError} unless the team is one of several
 */
export function requireOpponents(env: Pick<ParallelEnv, "describe">, team: string): void {
  const { id, agents } = env.describe();
  const teams = teamsOf(agents);
  if (teams.length > 1 && teams.includes(team)) return;
  const expected = teams.length > 1 ? teams.join(" or ") : `no opponents: ${id} has one team, ${teams[0]}`;
  throw new RangeError(`opponents.team is ${JSON.stringify(team)}, expected ${expected}`);
}

/** Some agents' rows of an `[E, N, width]` array. */
interface Selection {
  readonly E: number;
  readonly N: number;
  readonly agents: readonly number[];
  readonly width: number;
}

type Values = Float32Array | Float64Array | Uint8Array | Int32Array;

function take<T extends Values>(from: T, into: T, { E, N, agents, width }: Selection): void {
  for (let e = 0; e < E; e++) {
    for (const [k, i] of agents.entries()) {
      const at = (e * N + i) * width;
      into.set(from.subarray(at, at + width), (e * agents.length + k) * width);
    }
  }
}

function put(from: Int32Array, into: Int32Array, { E, N, agents }: Selection): void {
  for (let e = 0; e < E; e++) {
    for (const [k, i] of agents.entries()) into[e * N + i] = from[e * agents.length + k]!;
  }
}

/** The scene with the learners as its only agents, which come first. */
function learnersFirst(scene: Scene, learners: readonly number[], agents: number): Scene {
  const entities = scene.groups.reduce((sum, { count }) => sum + count, 0);
  const rest = Array.from({ length: entities }, (_, k) => k).filter((k) => !learners.includes(k));
  const order = [...learners, ...rest];
  let first = 0;
  const groups = scene.groups.map((group) => {
    const isLearning = learners.includes(first);
    first += group.count;
    const role = isLearning && first <= agents ? "agent" : "other";
    return group.role === "wall" ? group : { ...group, role } as const;
  });
  return {
    ...scene,
    groups: [
      ...groups.filter(({ role }) => role === "agent"),
      ...groups.filter(({ role }) => role !== "agent"),
    ],
    cells: (e) => {
      const cells = scene.cells(e);
      return Int32Array.from(order, (k) => cells[k]!);
    },
  };
}
