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
});
/** See {@link ClaimView}. */
export type ClaimView = v.InferOutput<typeof ClaimView>;

const base64 = v.pipe(v.string(), v.base64());

/** An episode on a board, see notebook/replay.ts; the packed arrays are little-endian, base64. */
export const EpisodeView = v.looseObject({
  title: v.string(),
  /** Columns and rows of the board. */
  width: v.number(),
  height: v.number(),
  packed: v.record(v.string(), base64),
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
