/**
 * What N agents learn with: stacked networks, a replay each, their selectors and the buffers that batches pass through.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { type Batch, newBatch } from "relay/algo/batch.ts";
import { type Seats, seatsOf } from "relay/algo/seats.ts";
import type { SuperDqnConfig } from "relay/algo/super_dqn_config.ts";
import type { ParallelEnv } from "relay/env/parallel_env.ts";
import { learnersAmong } from "relay/env/teams.ts";
import { type Fragment, livingSteps, transitionBytes } from "relay/replay/fragment.ts";
import { PrioritizedReplay } from "relay/replay/prioritized_replay.ts";
import type { Stream } from "relay/rng/stream.ts";
import type { Selector } from "relay/share/selector.ts";
import { sharingTeam, windowSizeOf } from "relay/share/share_config.ts";
import { SharingLog } from "relay/share/sharing_log.ts";
import { SlidingWindow } from "relay/share/td_error_window.ts";
import { Captures } from "relay/tensor/capture/captures.ts";
import { QNetworks } from "relay/tensor/q_network.ts";
import { StackedAdam } from "relay/tensor/stacked_adam.ts";

/** One agent that takes part in sharing. */
export interface Relay {
  readonly agent: number;
  readonly select: Selector;
  readonly window: SlidingWindow;
  readonly stream: Stream;
}

/** What a team has beside networks and replays: who relays to whom, random numbers, accounts. */
export interface TeamMembers {
  readonly config: SuperDqnConfig;
  /** Number of stacked networks: one an agent, or with parameter sharing one for all of a team. */
  readonly P: number;
  readonly seats: Seats;
  /** Agents whose rewards make up returns: those of the learning team, all but the opponents. */
  readonly counted: readonly number[];
  readonly replayStreams: readonly Stream[];
  readonly epsilonStreams: readonly Stream[];
  readonly relays: readonly Relay[];
  readonly log: SharingLog;
  /** The network and replay that agent i learns with. */
  readonly learnerOf: (agent: number) => number;
  readonly progress: { updates: number; lastTargetUpdateEnvSteps: number };
}

/** Everything that learning reads and changes. */
export interface Team extends TeamMembers {
  readonly online: QNetworks;
  readonly target: QNetworks;
  readonly optimizer: StackedAdam;
  /** One a network. */
  readonly replays: readonly PrioritizedReplay[];
  /** Slots of the batch in hand, `[B]` a network. */
  readonly slots: readonly Int32Array[];
  readonly batch: Batch;
  /** B = S·F rows. */
  readonly fragmentBatch: Batch;
  /** What is computed in every iteration, recorded at its first. */
  readonly captures: Captures;
}

/** What relaying needs of a team, wherever its networks and replays lie. */
export interface RelayTeam extends Pick<TeamMembers, "config" | "relays" | "log" | "learnerOf"> {
  readonly replays: readonly Pick<PrioritizedReplay, "insert" | "maxPriority">[];
}

/**
 * A team at the start of a run.
 * @param select the selector that `config.share` names
 * @param stream the run's root; agent i uses `agent/i/…` below it, so another agent's draws never shift it
 */
export function newTeam(config: SuperDqnConfig, env: ParallelEnv, { select, stream }: {
  readonly select: Selector;
  readonly stream: Stream;
}): Team {
  const { obsShape, obsDtype } = env.describe();
  const members = newTeamMembers(config, env, { select, stream });
  const { P } = members;
  const spec = { ...config.network, dueling: config.dueling, obsShape, actions: env.A };
  const online = new QNetworks(spec, agentStreams(stream, "network", P));
  const target = new QNetworks(spec, agentStreams(stream, "network", P));
  target.copyFrom(online);
  const obs = { O: env.O, dtype: obsDtype };
  return {
    ...members,
    online,
    target,
    optimizer: new StackedAdam(online.variables, {
      learningRate: config.learningRate,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: config.adamEpsilon,
      clipNorm: config.clipNorm,
    }),
    replays: Array.from({ length: P }, () => new PrioritizedReplay({ ...config.replay, obs })),
    slots: Array.from({ length: P }, () => new Int32Array(config.batchSize)),
    batch: newBatch(P, config.batchSize, obsShape),
    fragmentBatch: newBatch(P, members.seats.S * config.rolloutEnvSteps, obsShape),
    captures: new Captures(),
  };
}

/**
 * The members of a team at the start of a run.
 * @param stream the run's root, as for {@link newTeam}
 */
export function newTeamMembers(config: SuperDqnConfig, env: ParallelEnv, { select, stream }: {
  readonly select: Selector;
  readonly stream: Stream;
}): TeamMembers {
  const { agents } = env.describe();
  const N = agents.length;
  const seats = seatsOf(config.share, agents);
  const { P } = seats;
  return {
    config,
    P,
    seats,
    counted: learnersAmong(agents, config.opponents),
    replayStreams: agentStreams(stream, "replay", P),
    epsilonStreams: agentStreams(stream, "epsilon", N),
    relays: sharingTeam(config.share, agents).map((agent) => ({
      agent,
      select,
      window: new SlidingWindow(windowSizeOf(config.share)),
      stream: stream.fork(`agent/${agent}/share`),
    })),
    log: new SharingLog(N),
    learnerOf: (agent) => seats.networkOf[agent]!,
    progress: { updates: 0, lastTargetUpdateEnvSteps: 0 },
  };
}

/** One stream an agent, below the run's root. */
export function agentStreams(root: Stream, name: string, count: number): Stream[] {
  return Array.from({ length: count }, (_, i) => root.fork(`agent/${i}/${name}`));
}

/** Frees the networks' and batches' memory. */
export function disposeTeam(team: Team): void {
  team.captures.dispose();
  team.online.dispose();
  team.target.dispose();
  team.optimizer.dispose();
  for (const { values: _, ...tensors } of [team.batch, team.fragmentBatch]) tf.dispose(tensors);
}

/** Draws a prioritized batch for every network into `team.batch`. */
export function fillFromReplay(team: Team): void {
  const { bootstrapAtTimeLimit } = team.config;
  for (const [p, replay] of team.replays.entries()) {
    replay.sample(team.slots[p]!, team.replayStreams[p]!);
    replay.gather(team.slots[p]!, team.batch.values, { p, bootstrapAtTimeLimit });
  }
}

/**
 * Gives the transitions of the batch in hand their new priorities |δ| + ε.
 * @param tdErrors `[P, B]`
 */
export function writePriorities({ replays, slots }: Team, tdErrors: Float32Array): void {
  for (const [p, replay] of replays.entries()) {
    const B = slots[p]!.length;
    replay.updatePriorities(slots[p]!, tdErrors.subarray(p * B, (p + 1) * B));
  }
}

/** Appends transitions with a new item's priority, spec/super.md §3: 1, the sender's |δ| + ε (its networks), or the receiver's largest so far. */
export function insertItems(team: RelayTeam, fragment: Fragment, insertion: {
  receiver: number;
  items: readonly { agent: number; t: number }[];
  absTdErrors: Float32Array;
}): void {
  const { receiver, items, absTdErrors } = insertion;
  const { epsilon, insertPriority, quirkFirstWeight } = team.config.replay;
  const replay = team.replays[receiver]!;
  for (const item of items) {
    const { agent, t } = quirkFirstWeight ? items[0]! : item;
    const bySender = absTdErrors[agent * fragment.F + t]! + epsilon;
    replay.insert(fragment, item, { one: 1, sender: bySender, max: replay.maxPriority }[insertPriority]);
  }
}

/** Books what was collected and sent. */
export function account(team: RelayTeam, fragment: Fragment, shared: {
  chosen: readonly { agent: number; t: number }[];
  absTdErrors: Float32Array;
}): void {
  const present = team.relays.map(({ agent }) => livingSteps(fragment, agent).length);
  for (const [k, { agent }] of team.relays.entries()) team.log.collected(agent, present[k]!);
  const receivers = present.filter((steps) => steps > 0).length - 1;
  for (const { agent, t } of shared.chosen) {
    const row = agent * fragment.F + t;
    team.log.sent({
      envStep: fragment.envSteps[t]!,
      sender: agent,
      receivers,
      absTdError: shared.absTdErrors[row]!,
      reward: fragment.rewards[row]!,
    }, transitionBytes(fragment));
  }
}
