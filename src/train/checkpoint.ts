/**
 * A session on disk, so that a run killed at any instant goes on bit for bit.
 * @module
 */
import type { PrioritizedReplay, ReplayColumns } from "relay/replay/prioritized_replay.ts";
import type { StoredTensor } from "relay/dataset/safetensors.ts";
import type { QNetworks } from "relay/tensor/q_network.ts";
import {
  CheckpointFiles,
  memberTensors,
  restoreMembers,
  restoreMemberTensors,
  saveMembers,
  segmentSlots,
  type StoredRun,
  vector,
} from "relay/train/checkpoint_files.ts";
import type { FileLengths } from "relay/train/run_folder.ts";
import type { Session } from "relay/train/session.ts";

/** What a resumed run needs beside its session. */
export interface Resumed {
  readonly elapsedMs: number;
  readonly lengths: FileLengths;
}

/** Saves and restores a session in a folder of its own. */
export class Checkpoint {
  readonly #files: CheckpointFiles;

  /** @param path folder of the checkpoint */
  constructor(path: string) {
    this.#files = new CheckpointFiles(path);
  }

  /** Writes everything that decides the rest of the run. */
  save(session: Session, { elapsedMs, lengths }: Resumed): void {
    const { team, envSteps } = session;
    const adamStep = team.optimizer.state().step;
    this.#files.save({ envSteps, elapsedMs, adamStep, lengths, ...saveMembers(session) }, {
      tensors: tensorsOf(session),
      replays: team.replays.map((replay) => ({
        inserted: replay.inserted,
        maxPriority: replay.maxPriority,
        capacity: replay.options.capacity,
        segment: (segment) => segmentOf(replay, segment),
      })),
    });
  }

  /**
   * Puts a session at step 0 into the saved state.
   * @returns undefined when there is no checkpoint
   * @throws {DamagedFileError} naming the file that is missing or damaged
   */
  restore(session: Session): Resumed | undefined {
    const stored = this.#files.read();
    if (!stored) return undefined;
    session.envSteps = stored.state.envSteps;
    restoreMembers(session, stored.state);
    restoreTensors(session, stored);
    for (const [p, replay] of session.team.replays.entries()) {
      stored.readSegments(p, (segment) => segmentOf(replay, segment));
    }
    return stored.state;
  }
}

/** The networks' parameters under `<prefix>/<parameter>`. */
export function networkTensors(networks: QNetworks, prefix: string): Record<string, StoredTensor> {
  return Object.fromEntries(
    networks.parameters.map(({ name, variable }) => [
      `${prefix}/${name}`,
      { shape: variable.shape, data: variable.dataSync() as Float32Array },
    ]),
  );
}

function tensorsOf({ env, team }: Session): Record<string, StoredTensor> {
  const adam = team.optimizer.state();
  const tensors: Record<string, StoredTensor> = {
    ...networkTensors(team.online, "online"),
    ...networkTensors(team.target, "target"),
    ...memberTensors(env, team),
  };
  team.online.parameters.forEach(({ name, variable }, i) => {
    tensors[`adam/m/${name}`] = { shape: variable.shape, data: adam.m[i]! };
    tensors[`adam/v/${name}`] = { shape: variable.shape, data: adam.v[i]! };
  });
  team.replays.forEach((replay, p) => tensors[`replay/${p}/priorities`] = vector(replay.storedPriorities));
  return tensors;
}

function restoreTensors({ env, team }: Session, { tensors, state, replays }: StoredRun): void {
  const data = (name: string) => tensors[name]!.data;
  for (const [prefix, networks] of [["online", team.online], ["target", team.target]] as const) {
    networks.restore(networks.parameters.map(({ name }) => data(`${prefix}/${name}`) as Float32Array));
  }
  const moments = (kind: string) =>
    team.online.parameters.map(({ name }) => data(`adam/${kind}/${name}`) as Float32Array);
  team.optimizer.restore({ step: state.adamStep, m: moments("m"), v: moments("v") });
  restoreMemberTensors(env, team, tensors);
  for (const [p, replay] of team.replays.entries()) {
    const { inserted, maxPriority } = replays[p]!;
    const storedPriorities = data(`replay/${p}/priorities`) as Float64Array;
    replay.restore({ inserted, maxPriority, storedPriorities });
  }
}

/** Views of a segment's columns. */
function segmentOf({ columns, options }: PrioritizedReplay, segment: number): ReplayColumns {
  const { from, to } = segmentSlots(segment, options.capacity);
  const { O } = options.obs;
  return {
    obs: columns.obs.subarray(from * O, to * O),
    nextObs: columns.nextObs.subarray(from * O, to * O),
    actions: columns.actions.subarray(from, to),
    rewards: columns.rewards.subarray(from, to),
    terminated: columns.terminated.subarray(from, to),
    truncated: columns.truncated.subarray(from, to),
  };
}
