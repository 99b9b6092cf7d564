/**
 * What Relay's own notebook outputs carry beside HTML, PNG and text, under the MIME type `RELAY_MIME`: the data that the
 * exporter draws from. A notebook is read from disk, so none of it is trusted: `parseRelayOutput` checks it.
 * @module
 */
import * as v from "valibot";

/** MIME type of {@link RelayOutput}. */
export const RELAY_MIME = "application/vnd.relay.v1+json";
/** MIME type of a Plotly figure as JSON. */
export const PLOTLY_MIME = "application/vnd.plotly.v1+json";

/** JSON has no NaN: an estimate that does not exist is null. */
const estimate = v.nullable(v.number());

/** A verdict as readers see it. */
export const ClaimView = v.object({
  /** The claim in words, without a full stop. */
  text: v.string(),
  holds: v.union([v.boolean(), v.literal("undecided")]),
  estimate,
  low: estimate,
  high: estimate,
  /** Runs an arm. */
  n: v.number(),
  /** The evidence in words, one sentence. */
  evidence: v.string(),
  /** Whose runs these are, where they are not those that the notebook has trained: "recorded runs of preset fc". */
  about: v.optional(v.string()),
});
/** See {@link ClaimView}. */
export type ClaimView = v.InferOutput<typeof ClaimView>;

/** gzipped bytes, little-endian, as base64. */
const packed = v.pipe(v.string(), v.base64(), v.maxLength(2_000_000));
const upTo = (most: number) => v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(most));
const names = v.pipe(v.array(v.string()), v.maxLength(256));

/**
 * An episode of T joint steps on a board, made by notebook/episode_view.ts, played by notebook/browser/replay_scripts.ts. The limits
 * keep a made-up file from keeping the reader's browser busy.
 */
export const EpisodeView = v.strictObject({
  title: v.string(),
  /** Columns and rows of the board. */
  width: upTo(1024),
  height: upTo(1024),
  /** Where rising y points. */
  yAxis: v.picklist(["up", "down"]),
  /** Who is on the board, agents first. */
  groups: v.array(
    v.strictObject({ name: v.string(), role: v.picklist(["agent", "other", "wall"]), count: upTo(10_000) }),
  ),
  /** Names of the N agents and the A actions. */
  agents: v.pipe(v.array(v.string()), v.maxLength(10_000)),
  actions: names,
  /** Side of the square that an agent sees, cells; null where it sees something else. */
  sight: v.nullable(upTo(2047)),
  /** T. */
  steps: upTo(100_000),
  /** What ended the episode; `cut`: whoever recorded it. */
  end: v.picklist(["terminated", "truncated", "cut"]),
  seed: v.number(),
  teamReturn: v.number(),
  /** The Q-values that 0 and 4095 stand for; null without Q-values. */
  qRange: v.nullable(v.tuple([v.number(), v.number()])),
  /** What stands in the place of the Q-values, if anything. */
  numbers: v.optional(v.literal("probabilities")),
  packed: v.strictObject({
    /** uint8 `[height, width]`, 1 where nobody can stand. */
    walls: packed,
    /**
     * uint16 `[T + 1, entities]`: cell y · width + x before every step and after the last, 65535: gone; each as its difference to the
     * step before, modulo 65536, which takes half of the space.
     */
    cellChanges: packed,
    /** uint8 `[T, N]` */
    actions: packed,
    /** float32 `[T, N]` */
    rewards: packed,
    /** 12-bit numbers `[T, N, A]`, see `qRange`: the low bytes of all, then the high bytes of all. */
    q12: v.optional(packed),
  }),
});
/** See {@link EpisodeView}. */
export type EpisodeView = v.InferOutput<typeof EpisodeView>;

/** What an output of Relay's is. */
export const RelayOutput = v.variant("kind", [
  /** The Plotly JSON stands beside it under `PLOTLY_MIME`. */
  v.object({ kind: v.literal("figure"), title: v.string(), caption: v.optional(v.string()) }),
  v.object({ kind: v.literal("claims"), claims: v.array(ClaimView) }),
  v.object({ kind: v.literal("replay"), episode: EpisodeView, caption: v.optional(v.string()) }),
  /** Plotly and the scripts that draw, for live front ends; an exported page has its own. */
  v.object({ kind: v.literal("loader") }),
]);
/** See {@link RelayOutput}. */
export type RelayOutput = v.InferOutput<typeof RelayOutput>;

/** The output when the value is one, else undefined. */
export function parseRelayOutput(value: unknown): RelayOutput | undefined {
  const result = v.safeParse(RelayOutput, value);
  return result.success ? result.output : undefined;
}
