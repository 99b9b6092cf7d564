/**
 * The whole state of an unfinished actor-critic run on disk, so that a run killed at any instant goes on bit for bit.
 *
 * checkpoint/state.json names the file of the arrays with its length and SHA-256 and is replaced in one step after that is written.
 * @module
 */
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from "relay/dataset/safetensors.ts";
import type { Resumed } from "relay/train/checkpoint.ts";
import {
  DamagedFileError,
  type FileRef,
  readFile,
  readJson,
  writeAtomically,
  writeFile,
} from "relay/train/files.ts";
import type { SeacSession } from "relay/train/seac_session.ts";

const FORMAT = "actor-critic 1";

interface State extends Resumed {
  readonly format: string;
  readonly envSteps: number;
  /** Older checkpoints, whose agents could not die, lack it. */
  readonly livingSteps?: number;
  readonly updates: number;
  readonly adamStep: number;
  readonly actionStreams: readonly number[][];
  readonly rollout: ReturnType<SeacSession["rollout"]["save"]>;
  readonly meters: ReturnType<SeacSession["meters"]["save"]>;
  readonly tensors: FileRef;
}

/** Saves and restores a session in a folder of its own. */
export class SeacCheckpoint {
  readonly #path: string;
  #saves = 0;

  /** @param path folder of the checkpoint */
  constructor(path: string) {
    this.#path = path;
  }

  /** Writes everything that decides the rest of the run. */
  save(session: SeacSession, { elapsedMs, lengths }: Resumed): void {
    Deno.mkdirSync(this.#path, { recursive: true });
    this.#saves++;
    const { team, rollout, meters, envSteps, livingSteps } = session;
    const bytes = encodeSafetensors({ tensors: tensorsOf(session), metadata: {} });
    const state: State = {
      format: FORMAT,
      envSteps,
      livingSteps,
      elapsedMs,
      lengths,
      updates: team.updates,
      adamStep: team.optimizer.state().step,
      actionStreams: team.actionStreams.map((stream) => stream.save()),
      rollout: rollout.save(),
      meters: meters.save(),
      tensors: writeFile(this.#path, `tensors-${this.#saves}.safetensors`, bytes),
    };
    writeAtomically(`${this.#path}/state.json`, JSON.stringify(state));
    for (const { name } of Deno.readDirSync(this.#path)) {
      if (name !== "state.json" && name !== state.tensors.file) Deno.removeSync(`${this.#path}/${name}`);
    }
  }

  /**
   * Puts a session at step 0 into the saved state.
   * @returns undefined when there is no checkpoint
   * @throws {DamagedFileError} naming the file that is missing or damaged
   */
  restore(session: SeacSession): Resumed | undefined {
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
    session.livingSteps = state.livingSteps ?? state.envSteps * session.env.N;
    team.updates = state.updates;
    team.actionStreams.forEach((stream, i) => stream.restore(state.actionStreams[i]!));
    rollout.restore(state.rollout);
    meters.restore(state.meters);
    restoreTensors(session, decodeSafetensors(readFile(this.#path, state.tensors)).tensors, state.adamStep);
    this.#saves = Number(/-(\d+)\./.exec(state.tensors.file)![1]);
    return { elapsedMs: state.elapsedMs, lengths: state.lengths };
  }
}

/** The actors' and critics' parameters under `online/<parameter>`. */
export function actorCriticTensors({ team }: SeacSession): Record<string, StoredTensor> {
  return Object.fromEntries(team.networks.parameters.map(({ name, variable }) => [
    `online/${name}`,
    { shape: variable.shape, data: variable.dataSync() as Float32Array },
  ]));
}

function tensorsOf(session: SeacSession): Record<string, StoredTensor> {
  const { m, v } = session.team.optimizer.state();
  const tensors = actorCriticTensors(session);
  session.team.networks.parameters.forEach(({ name, variable: { shape } }, i) => {
    tensors[`adam/m/${name}`] = { shape, data: m[i]! };
    tensors[`adam/v/${name}`] = { shape, data: v[i]! };
  });
  const env = session.env.save();
  return { ...tensors, env: { shape: [env.length], data: env } };
}

function restoreTensors(
  { env, team: { networks, optimizer } }: SeacSession,
  tensors: Readonly<Record<string, StoredTensor>>,
  adamStep: number,
): void {
  const floats = (prefix: string) =>
    networks.parameters.map(({ name }) => tensors[`${prefix}/${name}`]!.data as Float32Array);
  networks.restore(floats("online"));
  optimizer.restore({ step: adamStep, m: floats("adam/m"), v: floats("adam/v") });
  env.load(tensors.env!.data as Uint8Array);
}
