import * as tf from "@tensorflow/tfjs";
import { type Batch, newBatch } from "relay/algo/batch.ts";
import { dqnTarget, SUPER_STEPS } from "relay/algo/super_dqn.ts";
import { insertItems, type Team } from "relay/algo/team.ts";
import { type Fragment, livingSteps, newFragment, transitionBytes } from "relay/replay/fragment.ts";
import { checkSelection } from "relay/share/selector.ts";
import { huberTdLoss } from "relay/tensor/td_loss.ts";

/** How far back an agent looks in its memory: all of it would be thousands of transitions an iteration. */
const LOOKS_BACK = 64;

/** Buffers of one team. */
interface Buffers {
  readonly batch: Batch;
  /** What the batch holds, as a fragment that can be inserted. */
  readonly found: Fragment;
  readonly slots: Int32Array;
}

/**
 * Item 4 of spec/super.md §12: in the place of the fragment just collected, the selector looks at the latest 64 transitions of the agent's
 * memory, received ones among them, in every iteration anew. Their errors are fresh here; stale ones are a fault of their own.
 */
export class Rescan {
  #buffers: Buffers | undefined;

  /** Lines 2 and 3 of the box, with the fault in line 3. */
  relay(team: Team, fragment: Fragment, absTdErrors: Float32Array): void {
    const silent = team.relays.map((relay) => ({ ...relay, select: () => [] }));
    SUPER_STEPS.relay({ ...team, relays: silent }, fragment, absTdErrors);
    if (team.replays.some(({ size }) => size < LOOKS_BACK)) return;
    const buffers = this.#buffers ??= newBuffers(team, fragment);
    fill(buffers, team);
    const found = { ...buffers.found, envSteps: buffers.found.envSteps.fill(fragment.envSteps.at(-1)!) };
    const errors = errorsOf(team, buffers);
    const present = team.relays.filter(({ agent }) => livingSteps(fragment, agent).length > 0);
    const sent = present.map(({ agent, select, window, stream }) => {
      const own = errors.slice(agent * LOOKS_BACK, (agent + 1) * LOOKS_BACK);
      return checkSelection(select(own, window, stream), LOOKS_BACK).map((t) => ({ agent, t }));
    }).flat();
    for (const { agent: receiver } of present) {
      const items = sent.filter(({ agent }) => agent !== receiver);
      insertItems(team, found, { receiver, items, absTdErrors: errors });
    }
    book(team, found, { sent, errors });
  }

  /** Frees the buffers. */
  dispose(): void {
    if (!this.#buffers) return;
    const { values: _, ...tensors } = this.#buffers.batch;
    tf.dispose(tensors);
    this.#buffers = undefined;
  }
}

function newBuffers({ P, online, replays }: Team, { O }: Fragment): Buffers {
  const { dtype } = replays[0]!.options.obs;
  return {
    batch: newBatch(P, LOOKS_BACK, online.spec.obsShape),
    found: newFragment(LOOKS_BACK, P, { O, dtype }),
    slots: new Int32Array(LOOKS_BACK),
  };
}

/** Copies the latest transitions of every memory. */
function fill({ batch, found, slots }: Buffers, { replays, config: { bootstrapAtTimeLimit } }: Team): void {
  for (const [p, replay] of replays.entries()) {
    const { capacity } = replay.options;
    for (let k = 0; k < LOOKS_BACK; k++) slots[k] = (replay.inserted - LOOKS_BACK + k) % capacity;
    replay.gather(slots, batch.values, { p, bootstrapAtTimeLimit });
    for (const [k, slot] of slots.entries()) {
      found.terminated[p * LOOKS_BACK + k] = replay.columns.terminated[slot]!;
      found.truncated[p * LOOKS_BACK + k] = replay.columns.truncated[slot]!;
    }
  }
  found.obs.set(batch.values.obs);
  found.nextObs.set(batch.values.nextObs);
  found.actions.set(batch.values.actions);
  found.rewards.set(batch.values.rewards);
}

/** `[P, 64]` under each agent's own networks. */
function errorsOf({ online, target, config }: Team, { batch }: Buffers): Float32Array {
  let tdErrors!: Float32Array; // not returned from tidy, which would walk through every number
  tf.tidy(() => {
    const q = { online: online.forward.bind(online), target: target.forward.bind(target) };
    const targets = dqnTarget(q, batch, config);
    const { actions, isWeights } = batch;
    tdErrors = huberTdLoss(online.forward(batch.obs), { actions, targets, isWeights }).tdErrors
      .dataSync() as Float32Array;
  });
  return tdErrors.map(Math.abs);
}

function book({ log, relays }: Team, found: Fragment, { sent, errors }: {
  readonly sent: readonly { readonly agent: number; readonly t: number }[];
  readonly errors: Float32Array;
}): void {
  for (const { agent, t } of sent) {
    const row = agent * LOOKS_BACK + t;
    log.sent({
      envStep: found.envSteps[t]!,
      sender: agent,
      receivers: relays.length - 1,
      absTdError: errors[row]!,
      reward: found.rewards[row]!,
    }, transitionBytes(found));
  }
}
