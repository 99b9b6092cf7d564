/**
 * Policies kept as data: greedy networks of one team, which others play against. `<path>.safetensors` has the parameters, one slice an agent;
 * `<path>.json` says where they come from. The path ends with the first 8 digits of the parameters' SHA-256, so that a run that
 * names it always plays against the same.
 * @module
 */
import * as v from "valibot";
import { createHash } from "node:crypto";
import { NetworkConfig } from "relay/algo/super_dqn_config.ts";
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from "relay/dataset/safetensors.ts";
import type { ParallelEnv } from "relay/env/parallel_env.ts";
import { teamOfAgent } from "relay/env/teams.ts";
import { ConfigError } from "relay/train/config.ts";
import { readIfThere, writeAtomically } from "relay/train/files.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(1));

/** What stored policies fit, and where they come from. */
const StoredPoliciesManifest = v.looseObject({
  format: v.literal(1),
  env: v.looseObject({ id: v.string() }),
  agents: v.pipe(v.array(v.string()), v.minLength(1)),
  obsShape: v.array(count),
  actions: count,
  network: NetworkConfig,
  sha256: v.string(),
});

/** See {@link StoredPoliciesManifest}; everything else in it is for a reader. */
export type StoredPoliciesManifest = Readonly<v.InferOutput<typeof StoredPoliciesManifest>>;

/** Policies read back. */
export interface StoredPolicies {
  readonly path: string;
  readonly manifest: StoredPoliciesManifest;
  /** Parameters `[M, …]` of torso and advantage head by name: a greedy action needs no more. */
  readonly tensors: Readonly<Record<string, StoredTensor>>;
}

const REPOSITORY = new URL("../../", import.meta.url);

/**
 * Reads stored policies.
 * @param path without ending; a relative one is taken from the folder of deno.json
 * @throws {ConfigError} when they are missing or are not what the path says
 */
export function readPolicies(path: string): StoredPolicies {
  const file = (ending: string) =>
    path.startsWith("/") ? path + ending : new URL(path + ending, REPOSITORY).pathname;
  const bytes = readIfThere(file(".safetensors"));
  const text = readIfThere(file(".json"));
  if (!bytes || !text) {
    throw new ConfigError(
      `Cannot play against ${path}: ${
        file(bytes ? ".json" : ".safetensors")
      } is missing, expected what deno task pretrain writes`,
    );
  }
  const sha256 = sha256Of(bytes);
  if (!path.endsWith(`_${sha256.slice(0, 8)}`)) {
    throw new ConfigError(
      `Cannot play against ${path}: its parameters have the SHA-256 ${
        sha256.slice(0, 8)
      }…, expected a path that ends with _ and these digits`,
    );
  }
  const manifest = v.safeParse(StoredPoliciesManifest, parseJson(text));
  if (!manifest.success) {
    const [issue] = manifest.issues;
    throw new ConfigError(
      `Cannot play against ${path}: ${
        v.getDotPath(issue) ?? "the manifest"
      } is ${issue.received}, expected ${issue.expected}`,
    );
  }
  return { path, manifest: manifest.output, tensors: decodeSafetensors(bytes).tensors };
}

/**
 * Stores policies.
 * @param into path up to the digits of the SHA-256
 * @param manifest all but `format` and `sha256`
 * @returns the whole path, without ending
 */
export function writePolicies(
  into: string,
  tensors: Readonly<Record<string, StoredTensor>>,
  manifest: Omit<StoredPoliciesManifest, "format" | "sha256">,
): string {
  const bytes = encodeSafetensors({ tensors, metadata: {} });
  const sha256 = sha256Of(bytes);
  const path = `${into}_${sha256.slice(0, 8)}`;
  Deno.mkdirSync(path.slice(0, Math.max(1, path.lastIndexOf("/"))), { recursive: true });
  writeAtomically(`${path}.safetensors`, bytes);
  writeAtomically(`${path}.json`, JSON.stringify({ format: 1, ...manifest, sha256 }, null, 2) + "\n");
  return path;
}

/**
 * @param env of both teams
 * @throws {ConfigError} unless the policies are those of this environment's team
 */
export function requireFit({ path, manifest }: StoredPolicies, env: ParallelEnv, team: string): void {
  const { id, agents, obsShape } = env.describe();
  const own = describeFit({
    id: manifest.env.id,
    team: teamOfAgent(manifest.agents[0]!),
    M: manifest.agents.length,
    obsShape: manifest.obsShape,
    actions: manifest.actions,
  });
  const M = agents.filter((name) => teamOfAgent(name) === team).length;
  const needed = describeFit({ id, team, M, obsShape, actions: env.A });
  if (own !== needed) {
    throw new ConfigError(`Cannot play against ${path}: it holds ${own}, expected ${needed}`);
  }
}

function describeFit({ id, team, M, obsShape, actions }: {
  readonly id: string;
  readonly team: string;
  readonly M: number;
  readonly obsShape: readonly number[];
  readonly actions: number;
}): string {
  return `${M} ${team} agents of ${id} with observations [${obsShape}] and ${actions} actions`;
}

function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function parseJson(text: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(text));
  } catch {
    return undefined;
  }
}
