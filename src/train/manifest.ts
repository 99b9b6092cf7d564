/**
 * What a run was made with: enough to repeat it and to say on what the repetition is bit-exact.
 * @module
 */
import { arch, cpus, platform, totalmem } from "node:os";
import * as tf from "@tensorflow/tfjs";
import type { EngineChoice } from "relay/tensor/engine_choice.ts";
import { configHash, RESULTS_VERSION, type RunConfig, runIdOf } from "relay/train/config.ts";

/** One uninterrupted stretch of work on a run. */
export interface Sitting {
  readonly startedAt: string;
  /** Joint steps that were already done. */
  readonly fromEnvSteps: number;
  /** What this stretch was computed with; the run is bit-exact only where all of its sittings agree. Older manifests lack it. */
  readonly engine?: string;
  /** Threads at its beginning; they never change a bit. */
  readonly threads?: number;
  readonly commit: string | null;
  readonly versions: Readonly<Record<string, string>>;
  readonly hardware: Readonly<Record<string, string | number>>;
}

/** Plain data, manifest.json. */
export interface Manifest {
  readonly runId: string;
  readonly status: "running" | "finished";
  readonly config: RunConfig;
  readonly configHash: string;
  readonly resultsVersion: number;
  /** Arithmetic that the run began with: bit-exact again on the same engine and processor family. */
  readonly engine: string;
  /** Commit of the checkout, with `+` when it had local changes; null where it is not a git checkout. */
  readonly commit: string | null;
  readonly versions: Readonly<Record<string, string>>;
  readonly hardware: Readonly<Record<string, string | number>>;
  readonly sittings: readonly Sitting[];
  readonly endedAt: string | null;
  /** Working time over all sittings. */
  readonly elapsedMs: number;
}

/** The manifest of a run that begins now. */
export function newManifest(config: RunConfig, { arithmetic }: Pick<EngineChoice, "arithmetic">): Manifest {
  return {
    runId: runIdOf(config),
    status: "running",
    config,
    configHash: configHash(config),
    resultsVersion: RESULTS_VERSION,
    engine: arithmetic,
    commit: commitOfCheckout(),
    versions: { deno: Deno.version.deno, v8: Deno.version.v8, tfjs: tf.version.tfjs },
    hardware: {
      os: platform(),
      arch: arch(),
      cpu: cpus()[0]?.model ?? "unknown",
      cores: navigator.hardwareConcurrency,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
    },
    sittings: [],
    endedAt: null,
    elapsedMs: 0,
  };
}

let commit: string | null | undefined;

/** The commit of this checkout, with a `+` where its sources differ from it; null when git cannot say. */
export function commitOfCheckout(): string | null {
  if (commit === undefined) commit = askGit();
  return commit;
}

function askGit(): string | null {
  const git = (...args: string[]) => {
    const cwd = new URL(".", import.meta.url);
    const { success, stdout } = new Deno.Command("git", { args, cwd, stderr: "null" }).outputSync();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  };
  try {
    const head = git("rev-parse", "HEAD");
    return head === undefined ? null : head + (git("status", "--porcelain", "--", "src") ? "+" : "");
  } catch {
    return null; // no git on this machine, or no permission to run it
  }
}
