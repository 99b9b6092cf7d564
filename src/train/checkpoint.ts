/**
 * The whole state of an unfinished run on disk, so that a run killed at any instant goes on bit for bit.
 *
 * checkpoint/state.json names every other file with its length and SHA-256 and is replaced in one step after they are written.
 * Replays are stored in segments of slots; a save writes only the segments that changed since the last one.
 * @module
 */
import type { PrioritizedReplay, ReplayColumns } from "relay/replay/prioritized_replay.ts";
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from "relay/dataset/safetensors.ts";
import type { QNetworks } from "relay/tensor/q_network.ts";
import {
  DamagedFileError,
  type FileRef,
  readFile,
  readJson,
  writeAtomically,
  writeFile,
} from "relay/train/files.ts";
import type { FileLengths } from "relay/train/run_folder.ts";
import type { Session } from "relay/train/session.ts";

/** Slots a segment. */
const SEGMENT_SLOTS = 4096;
const FORMAT = 1;

interface State {
  readonly format: number;
  readonly envSteps: number;
  readonly elapsedMs: number;
  readonly progress: { updates: number; lastTargetUpdateEnvSteps: number };
  readonly adamStep: number;
  readonly streams: Readonly<Record<"epsilon" | "replay" | "share", number[][]>>;
  readonly log: ReturnType<Session["team"]["log"]["save"]>;
  readonly rollout: ReturnType<Session["rollout"]["save"]>;
  readonly meters: ReturnType<Session["meters"]["save"]>;
  readonly lengths: FileLengths;
  readonly tensors: FileRef;
  readonly replays: readonly { inserted: number; maxPriority: number; segments: FileRef[] }[];
}

/** What a resumed run needs beside its session. */
export interface Resumed {
  readonly elapsedMs: number;
  readonly lengths: FileLengths;
}

/** Saves and restores a session in a folder of its own. */
export class Checkpoint {
  readonly #path: string;
  #saves = 0;
  #segments: FileRef[][] = [];
  #inserted: number[] = [];

  /** @param path folder of the checkpoint */
  constructor(path: string) {
    this.#path = path;
  }

  /** Writes everything that decides the rest of the run. */
  save(session: Session, { elapsedMs, lengths }: Resumed): void {
    Deno.mkdirSync(this.#path, { recursive: true });
    this.#saves++;
    const { team, rollout, meters } = session;
    const state: State = {
      format: FORMAT,
      envSteps: session.envSteps,
      elapsedMs,
      progress: team.progress,
      adamStep: team.optimizer.state().step,
      streams: {
        epsilon: team.epsilonStreams.map((stream) => stream.save()),
        replay: team.replayStreams.map((stream) => stream.save()),
        share: team.relays.map(({ stream }) => stream.save()),
      },
      log: team.log.save(),
      rollout: rollout.save(),
      meters: meters.save(),
      lengths,
      tensors: writeFile(this.#path, `tensors-${this.#saves}.safetensors`, encodeTensors(session)),
      replays: team.replays.map((replay, p) => this.#saveReplay(replay, p)),
    };
    writeAtomically(`${this.#path}/state.json`, JSON.stringify(state));
    this.#removeUnreferenced(state);
  }

  /**
   * Puts a session at step 0 into the saved state.
   * @returns undefined when there is no checkpoint
   * @throws {DamagedFileError} naming the file that is missing or damaged
   */
  restore(session: Session): Resumed | undefined {
    const statePath = `${this.#path}/state.json`;
    const state = readJson(statePath) as State | undefined;
    if (!state) return undefined;
    if (state.format !== FORMAT) {
      throw new DamagedFileError(
        `Cannot resume: ${statePath} has format ${state.format}, expected ${FORMAT}`,
      );
    }
    const { team, rollout, meters } = session;
    session.envSteps = state.envSteps;
    Object.assign(team.progress, state.progress);
    team.epsilonStreams.forEach((stream, i) => stream.restore(state.streams.epsilon[i]!));
    team.replayStreams.forEach((stream, i) => stream.restore(state.streams.replay[i]!));
    team.relays.forEach(({ stream }, i) => stream.restore(state.streams.share[i]!));
    team.log.restore(state.log);
    rollout.restore(state.rollout);
    meters.restore(state.meters);
    restoreTensors(session, decodeSafetensors(readFile(this.#path, state.tensors)).tensors, state);
    this.#saves = Number(/-(\d+)\./.exec(state.tensors.file)![1]);
    this.#segments = state.replays.map(({ segments }) => [...segments]);
    this.#inserted = state.replays.map(({ inserted }) => inserted);
    for (const [p, replay] of team.replays.entries()) {
      for (const [k, ref] of this.#segments[p]!.entries()) readSegment(replay, k, readFile(this.#path, ref));
    }
    return { elapsedMs: state.elapsedMs, lengths: state.lengths };
  }

  #saveReplay(replay: PrioritizedReplay, p: number): State["replays"][number] {
    const segments = this.#segments[p] ??= [];
    for (const k of changedSegments(replay, this.#inserted[p] ?? 0)) {
      segments[k] = writeFile(this.#path, `replay-${p}-${k}-${this.#saves}.bin`, segmentBytes(replay, k));
    }
    this.#inserted[p] = replay.inserted;
    return { inserted: replay.inserted, maxPriority: replay.maxPriority, segments };
  }

  #removeUnreferenced(state: State): void {
    const keep = new Set(["state.json", state.tensors.file]);
    for (const { segments } of state.replays) segments.forEach(({ file }) => keep.add(file));
    for (const { name } of Deno.readDirSync(this.#path)) {
      if (!keep.has(name)) Deno.removeSync(`${this.#path}/${name}`);
    }
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

function encodeTensors({ env, team }: Session): Uint8Array {
  const adam = team.optimizer.state();
  const tensors: Record<string, StoredTensor> = {
    ...networkTensors(team.online, "online"),
    ...networkTensors(team.target, "target"),
    env: vector(env.save()),
  };
  team.online.parameters.forEach(({ name, variable }, i) => {
    tensors[`adam/m/${name}`] = { shape: variable.shape, data: adam.m[i]! };
    tensors[`adam/v/${name}`] = { shape: variable.shape, data: adam.v[i]! };
  });
  team.replays.forEach((replay, p) => tensors[`replay/${p}/priorities`] = vector(replay.storedPriorities));
  team.relays.forEach(({ window }, i) => tensors[`window/${i}`] = vector(Float64Array.from(window.save())));
  return encodeSafetensors({ tensors, metadata: {} });
}

function restoreTensors(
  { env, team }: Session,
  tensors: Readonly<Record<string, StoredTensor>>,
  state: State,
): void {
  const data = (name: string) => tensors[name]!.data;
  for (const [prefix, networks] of [["online", team.online], ["target", team.target]] as const) {
    networks.restore(networks.parameters.map(({ name }) => data(`${prefix}/${name}`) as Float32Array));
  }
  const moments = (kind: string) =>
    team.online.parameters.map(({ name }) => data(`adam/${kind}/${name}`) as Float32Array);
  team.optimizer.restore({ step: state.adamStep, m: moments("m"), v: moments("v") });
  env.load(data("env") as Uint8Array);
  for (const [p, replay] of team.replays.entries()) {
    const { inserted, maxPriority } = state.replays[p]!;
    replay.restore({
      inserted,
      maxPriority,
      storedPriorities: data(`replay/${p}/priorities`) as Float64Array,
    });
  }
  team.relays.forEach(({ window }, i) => window.restore([...data(`window/${i}`)]));
}

function vector(data: StoredTensor["data"]): StoredTensor {
  return { shape: [data.length], data };
}

/** Segments with a slot written since `inserted` insertions, or all that the ring has. */
function changedSegments(replay: PrioritizedReplay, inserted: number): Set<number> {
  const { capacity } = replay.options;
  const changed = new Set<number>();
  const first = Math.max(inserted, replay.inserted - capacity);
  for (let n = first; n < replay.inserted; n++) changed.add(Math.floor((n % capacity) / SEGMENT_SLOTS));
  return changed;
}

function segmentViews({ columns, options }: PrioritizedReplay, k: number): Uint8Array[] {
  const from = k * SEGMENT_SLOTS;
  const to = Math.min(from + SEGMENT_SLOTS, options.capacity);
  return Object.entries(columns as ReplayColumns).map(([name, column]) => {
    const perSlot = (name === "obs" || name === "nextObs" ? options.obs.O : 1) * column.BYTES_PER_ELEMENT;
    return new Uint8Array(column.buffer, from * perSlot, (to - from) * perSlot);
  });
}

function segmentBytes(replay: PrioritizedReplay, k: number): Uint8Array {
  const views = segmentViews(replay, k);
  const bytes = new Uint8Array(views.reduce((sum, view) => sum + view.length, 0));
  let at = 0;
  for (const view of views) {
    bytes.set(view, at);
    at += view.length;
  }
  return bytes;
}

function readSegment(replay: PrioritizedReplay, k: number, bytes: Uint8Array): void {
  let at = 0;
  for (const view of segmentViews(replay, k)) {
    view.set(bytes.subarray(at, at + view.length));
    at += view.length;
  }
}
