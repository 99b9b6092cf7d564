/**
 * Iterations with faults: parts of `superIteration` that take the place of the healthy ones.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { fillFromFragment } from "relay/algo/batch.ts";
import type { DefectName } from "relay/algo/defects/catalogue.ts";
import { Rescan } from "relay/algo/defects/rescan.ts";
import { SUPER_STEPS, type SuperSteps } from "relay/algo/super_dqn.ts";
import { insertItems, type Team } from "relay/algo/team.ts";
import { type Fragment, livingSteps } from "relay/replay/fragment.ts";
import type { QNetworks } from "relay/tensor/q_network.ts";
import { huberTdLoss, tdTarget } from "relay/tensor/td_loss.ts";

/** The parts of an iteration, and what frees their memory. */
export interface FaultySteps extends SuperSteps {
  readonly dispose: () => void;
}

/** The parts with the faults that are named. */
export function faultySteps(defects: readonly DefectName[]): FaultySteps {
  const rescan = defects.includes("wholeReplayRescanned") ? new Rescan() : undefined;
  const has = (name: DefectName) => defects.includes(name);
  const errors: SuperSteps["tdErrors"] = has("selectionByOtherError")
    ? (team, fragment) => errorsUnder({ value: team.online, next: team.online }, team, fragment)
    : has("staleErrors")
    ? (team, fragment) => errorsUnder({ value: team.target, next: team.target }, team, fragment)
    : SUPER_STEPS.tdErrors;
  return {
    tdErrors: has("endsIgnored") ? (team, fragment) => errors(team, withoutEnds(fragment)) : errors,
    relay: (team, fragment, absTdErrors) => {
      if (rescan) return rescan.relay(team, fragment, absTdErrors);
      const sent = relayNotingSent(team, fragment, absTdErrors);
      if (has("senderReceivesOwn")) returnOwn(team, fragment, { sent, absTdErrors });
      if (has("foreignErrorsInWindow")) pushForeign(team, fragment, { sent, absTdErrors });
    },
    countUpdate: has("emptyAgentList")
      ? ({ progress }) => {
        progress.updates++;
        return false; // the loop that would copy runs over nobody
      }
      : SUPER_STEPS.countUpdate,
    dispose: () => rescan?.dispose(),
  };
}

/** Item 17: no end is ever known of. */
function withoutEnds(fragment: Fragment): Fragment {
  fragment.terminated.fill(0);
  fragment.truncated.fill(0);
  return fragment;
}

/**
 * `[N, F]`: |Q(o, a) − (r + γ max Q′(o′, ·))| with other networks than the learner's: the online ones for both (item 11), or the
 * target ones, which are what the online ones were up to `targetUpdateEverySteps` ago (item 5).
 */
function errorsUnder(
  { value, next }: { readonly value: QNetworks; readonly next: QNetworks },
  team: Team,
  fragment: Fragment,
): Float32Array {
  const { fragmentBatch: batch, config: { gamma, bootstrapAtTimeLimit }, seats: { rowOf } } = team;
  fillFromFragment(batch, fragment, { bootstrapAtTimeLimit, rowOf });
  let tdErrors!: Float32Array; // not returned from tidy, which would walk through every number
  tf.tidy(() => {
    const { rewards, notTerminal, actions, isWeights } = batch;
    const q = next.forward(batch.nextObs);
    const targets = tdTarget(q, q, { rewards, notTerminal, gamma });
    tdErrors = huberTdLoss(value.forward(batch.obs), { actions, targets, isWeights }).tdErrors
      .dataSync() as Float32Array;
  });
  const { N, F } = fragment;
  return Float32Array.from({ length: N * F }, (_, row) => {
    const [agent, t] = [Math.floor(row / F), row % F];
    return Math.abs(tdErrors[rowOf[agent]! * F + t]!);
  });
}

/** Transition t of an agent in the fragment at hand. */
interface Item {
  readonly agent: number;
  readonly t: number;
}

interface Sent {
  readonly sent: readonly Item[];
  readonly absTdErrors: Float32Array;
}

/** Relays as it should be and returns what was sent. */
function relayNotingSent(team: Team, fragment: Fragment, absTdErrors: Float32Array): Item[] {
  const sent: Item[] = [];
  const relays = team.relays.map((relay) => ({
    ...relay,
    select: (...asked: Parameters<typeof relay.select>) => {
      const chosen = relay.select(...asked);
      const steps = livingSteps(fragment, relay.agent);
      for (const k of chosen) sent.push({ agent: relay.agent, t: steps[k]! });
      return chosen;
    },
  }));
  SUPER_STEPS.relay({ ...team, relays }, fragment, absTdErrors);
  return sent;
}

/** Item 6. */
function returnOwn(team: Team, fragment: Fragment, { sent, absTdErrors }: Sent): void {
  for (const { agent } of team.relays) {
    const items = sent.filter((item) => item.agent === agent);
    insertItems(team, fragment, { receiver: agent, items, absTdErrors });
  }
}

/** Item 9. */
function pushForeign({ relays }: Team, { F }: Fragment, { sent, absTdErrors }: Sent): void {
  for (const { agent, window } of relays) {
    const foreign = sent.filter((item) => item.agent !== agent);
    window.push(foreign.map((item) => absTdErrors[item.agent * F + item.t]!));
  }
}
