/**
 * A checkpoint's files: the whole state of an unfinished run as plain data, so that a run killed at any instant goes on bit for bit.
 *
 * checkpoint/state.json names every other file with its length and SHA-256 and is replaced in one step after they are written.
 * Replays are stored in segments of slots; a save writes only the segments that changed since the last one.
 * @module
 */
import type { TeamMembers } from "relay/algo/team.ts";
import type { RolloutSteps } from "relay/algo/rollout.ts";
import type { ReplayColumns } from "relay/replay/prioritized_replay.ts";
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from "relay/dataset/safetensors.ts";
import {
  DamagedFileError,
  type FileRef,
  readFile,
  readJson,
  writeAtomically,
  writeFile,
} from "relay/train/files.ts";
import type { Meters } from "relay/train/meters.ts";
import type { FileLengths } from "relay/train/run_folder.ts";

/** Slots a segment. */
const SEGMENT_SLOTS = 4096;
const FORMAT = 1;

/** The numbers of a run's state that are no arrays. */
export interface RunState {
  readonly envSteps: number;
  readonly elapsedMs: number;
  readonly progress: { updates: number; lastTargetUpdateEnvSteps: number };
  readonly adamStep: number;
  readonly streams: Readonly<Record<"epsilon" | "replay" | "share", number[][]>>;
  readonly log: ReturnType<TeamMembers["log"]["save"]>;
  readonly rollout: ReturnType<RolloutSteps["save"]>;
  readonly meters: ReturnType<Meters["save"]>;
  readonly lengths: FileLengths;
}

/** How far a replay is. */
export interface ReplayCounts {
  /** Transitions ever inserted. */
  readonly inserted: number;
  readonly maxPriority: number;
}

/** One network's replay as a checkpoint writes it. */
export interface StoredReplay extends ReplayCounts {
  /** Slots. */
  readonly capacity: number;
  /** The columns of a segment of the ring; asked for the changed ones. */
  readonly segment: (segment: number) => ReplayColumns;
}

interface StateFile extends RunState {
  readonly format: number;
  readonly tensors: FileRef;
  readonly replays: readonly (ReplayCounts & { readonly segments: FileRef[] })[];
}

/** A checkpoint read back. */
export interface StoredRun {
  readonly state: RunState;
  readonly replays: readonly ReplayCounts[];
  readonly tensors: Readonly<Record<string, StoredTensor>>;
  /** Hands over every stored segment of network p's replay: its bytes are those of {@link ReplayColumns} one after the other. */
  readonly readSegments: (p: number, into: (segment: number) => ReplayColumns) => void;
}

/** Writes and reads a run's state in a folder of its own. */
export class CheckpointFiles {
  readonly #path: string;
  #saves = 0;
  #segments: FileRef[][] = [];
  #inserted: number[] = [];

  /** @param path folder of the checkpoint */
  constructor(path: string) {
    this.#path = path;
  }

  /** Segments of network p's replay that changed since the last save. */
  changedSegments(p: number, { inserted, capacity }: { inserted: number; capacity: number }): number[] {
    const changed = new Set<number>();
    const first = Math.max(this.#inserted[p] ?? 0, inserted - capacity);
    for (let n = first; n < inserted; n++) changed.add(Math.floor((n % capacity) / SEGMENT_SLOTS));
    return [...changed];
  }

  /** Writes everything that decides the rest of the run. */
  save(
    state: RunState,
    { tensors, replays }: { tensors: Record<string, StoredTensor>; replays: readonly StoredReplay[] },
  ): void {
    Deno.mkdirSync(this.#path, { recursive: true });
    this.#saves++;
    const bytes = encodeSafetensors({ tensors, metadata: {} });
    const file: StateFile = {
      format: FORMAT,
      ...state,
      tensors: writeFile(this.#path, `tensors-${this.#saves}.safetensors`, bytes),
      replays: replays.map((replay, p) => this.#saveReplay(replay, p)),
    };
    writeAtomically(`${this.#path}/state.json`, JSON.stringify(file));
    this.#removeUnreferenced(file);
  }

  /**
   * The last save's numbers alone.
   * @returns undefined when there is no checkpoint
   * @throws {DamagedFileError} naming the file that is damaged
   */
  readState(): RunState | undefined {
    return this.#readStateFile();
  }

  /**
   * The last save.
   * @returns undefined when there is no checkpoint
   * @throws {DamagedFileError} naming the file that is missing or damaged
   */
  read(): StoredRun | undefined {
    const state = this.#readStateFile();
    if (!state) return undefined;
    const { tensors } = decodeSafetensors(readFile(this.#path, state.tensors));
    this.#saves = Number(/-(\d+)\./.exec(state.tensors.file)![1]);
    this.#segments = state.replays.map(({ segments }) => [...segments]);
    this.#inserted = state.replays.map(({ inserted }) => inserted);
    const readSegments: StoredRun["readSegments"] = (p, into) => {
      for (const [k, ref] of this.#segments[p]!.entries()) fill(into(k), readFile(this.#path, ref));
    };
    return { state, replays: state.replays, tensors, readSegments };
  }

  #readStateFile(): StateFile | undefined {
    const path = `${this.#path}/state.json`;
    const state = readJson(path) as StateFile | undefined;
    if (state && state.format !== FORMAT) {
      throw new DamagedFileError(`Cannot resume: ${path} has format ${state.format}, expected ${FORMAT}`);
    }
    return state;
  }

  #saveReplay(replay: StoredReplay, p: number): StateFile["replays"][number] {
    const segments = this.#segments[p] ??= [];
    for (const k of this.changedSegments(p, replay)) {
      const file = `replay-${p}-${k}-${this.#saves}.bin`;
      segments[k] = writeFile(this.#path, file, joined(replay.segment(k)));
    }
    this.#inserted[p] = replay.inserted;
    return { inserted: replay.inserted, maxPriority: replay.maxPriority, segments };
  }

  #removeUnreferenced(state: StateFile): void {
    const keep = new Set(["state.json", state.tensors.file]);
    for (const { segments } of state.replays) segments.forEach(({ file }) => keep.add(file));
    for (const { name } of Deno.readDirSync(this.#path)) {
      if (!keep.has(name)) Deno.removeSync(`${this.#path}/${name}`);
    }
  }
}

/** The slots of a segment of a ring. */
export function segmentSlots(segment: number, capacity: number): { from: number; to: number } {
  const from = segment * SEGMENT_SLOTS;
  return { from, to: Math.min(from + SEGMENT_SLOTS, capacity) };
}

/** What a checkpoint holds of a team's members, of the episode under way and of the meters. */
export function saveMembers(
  { team, rollout, meters }: RunMembers,
): Pick<RunState, "progress" | "streams" | "log" | "rollout" | "meters"> {
  return {
    progress: team.progress,
    streams: {
      epsilon: team.epsilonStreams.map((stream) => stream.save()),
      replay: team.replayStreams.map((stream) => stream.save()),
      share: team.relays.map(({ stream }) => stream.save()),
    },
    log: team.log.save(),
    rollout: rollout.save(),
    meters: meters.save(),
  };
}

/** Inverse of {@link saveMembers}. */
export function restoreMembers({ team, rollout, meters }: RunMembers, state: RunState): void {
  Object.assign(team.progress, state.progress);
  team.epsilonStreams.forEach((stream, i) => stream.restore(state.streams.epsilon[i]!));
  team.replayStreams.forEach((stream, i) => stream.restore(state.streams.replay[i]!));
  team.relays.forEach(({ stream }, i) => stream.restore(state.streams.share[i]!));
  team.log.restore(state.log);
  rollout.restore(state.rollout);
  meters.restore(state.meters);
}

/** The parts of a run that are the same wherever its networks are. */
export interface RunMembers {
  readonly team: TeamMembers;
  readonly rollout: Pick<RolloutSteps, "save" | "restore">;
  readonly meters: Meters;
}

/** The environment and the relays' windows as tensors. */
export function memberTensors(
  env: { save(): Uint8Array },
  { relays }: TeamMembers,
): Record<string, StoredTensor> {
  const windows = relays.map(({ window }, i) =>
    [`window/${i}`, vector(Float64Array.from(window.save()))] as const
  );
  return { env: vector(env.save()), ...Object.fromEntries(windows) };
}

/** Inverse of {@link memberTensors}. */
export function restoreMemberTensors(
  env: { load(saved: Uint8Array): void },
  { relays }: TeamMembers,
  tensors: StoredRun["tensors"],
): void {
  env.load(tensors.env!.data as Uint8Array);
  relays.forEach(({ window }, i) => window.restore([...tensors[`window/${i}`]!.data]));
}

/** An array of one dimension. */
export function vector(data: StoredTensor["data"]): StoredTensor {
  return { shape: [data.length], data };
}

function bytesOf(columns: ReplayColumns): Uint8Array[] {
  const { obs, nextObs, actions, rewards, terminated, truncated } = columns;
  return [obs, nextObs, actions, rewards, terminated, truncated].map(({ buffer, byteOffset, byteLength }) =>
    new Uint8Array(buffer, byteOffset, byteLength)
  );
}

function joined(columns: ReplayColumns): Uint8Array {
  const views = bytesOf(columns);
  const bytes = new Uint8Array(views.reduce((sum, view) => sum + view.length, 0));
  let at = 0;
  for (const view of views) {
    bytes.set(view, at);
    at += view.length;
  }
  return bytes;
}

function fill(columns: ReplayColumns, bytes: Uint8Array): void {
  let at = 0;
  for (const view of bytesOf(columns)) {
    view.set(bytes.subarray(at, at + view.length));
    at += view.length;
  }
}
