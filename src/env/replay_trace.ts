/**
 * Replays recordings of original environments against ours.
 * @module
 */

import { isMagentTrace, replayMagentTrace } from "./magent/magent_trace.ts";
import { replayPursuitTrace } from "./pursuit/pursuit_trace.ts";
import { isRecord, type JsonRecord } from "./trace_fields.ts";

/** The first place where our environment and the recording part. */
export interface TraceDifference {
  readonly ok: false;
  /** Index in the recording's steps; −1 for the situation after reset. */
  readonly step: number;
  /** Name of the agent, or null where the whole environment differs. */
  readonly agent: string | null;
  /** Field of the recording, for example `rewards`. */
  readonly what: string;
  readonly expected: unknown;
  readonly got: unknown;
}

/** Agreement in every recorded value of so many joint steps, or the first difference. */
export type TraceResult = { readonly ok: true; readonly steps: number } | TraceDifference;

/** Where in a batch the recorded episode is replayed. */
export interface ReplayOptions {
  /** Copies of the environment; all but one play other episodes. Default 1. */
  readonly copies?: number;
  /** Index of the copy that plays the recorded episode. Default 0. */
  readonly copy?: number;
}

interface TraceFormat {
  readonly name: string;
  /** Whether the fields that only this format has are there. */
  readonly recognises: (trace: JsonRecord) => boolean;
  readonly replay: (trace: JsonRecord, options: ReplayOptions) => TraceResult;
}

const FORMATS: readonly TraceFormat[] = [
  {
    name: "pursuit (seed, initial.pursuers, initial.evaders, steps)",
    recognises: ({ initial }) => isRecord(initial) && ("pursuers" in initial || "evaders" in initial),
    replay: replayPursuitTrace,
  },
  {
    name: "MAgent (env battle or adversarial_pursuit, seed, kwargs, initial_positions, steps)",
    recognises: isMagentTrace,
    replay: replayMagentTrace,
  },
];

/**
 * Drives our environment with a recording's actions and compares everything recorded, without tolerance.
 *
 * @param trace parsed JSON of a recording (spec/env_pursuit.md §11, spec/env_magent.md §8)
 * @throws {TypeError} naming what is missing or unfit in a damaged recording, or the known formats for another file
 *
 * @example
 * ```ts
 * import { replayTrace } from "relay/env/replay_trace.ts";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => replayTrace({ seed: 0 }), TypeError, "expected one of the known formats");
 * ```
 */
export function replayTrace(trace: unknown, options: ReplayOptions = {}): TraceResult {
  const format = isRecord(trace) && FORMATS.find(({ recognises }) => recognises(trace));
  if (!format) {
    const fields = isRecord(trace)
      ? `has the fields ${Object.keys(trace).join(", ") || "(none)"}`
      : "is no object";
    const known = FORMATS.map(({ name }) => name).join("; ");
    throw new TypeError(`Cannot replay trace: it ${fields}, expected one of the known formats: ${known}`);
  }
  return format.replay(trace, options);
}
