import * as v from "valibot";
import type { Notebook } from "relay/notebook/notebook_file.ts";
import { duration } from "relay/notebook/format.ts";

const text = v.optional(v.string());

/** What the runner leaves in `metadata.relay`; all of it may be missing, and what is of another type counts as missing. */
const Facts = v.object({
  parameters: v.fallback(v.record(v.string(), v.unknown()), {}),
  /** When the run began, ISO 8601. */
  ranAt: v.fallback(text, undefined),
  /** How long it took. */
  ms: v.fallback(v.optional(v.number()), undefined),
  /** Version. */
  deno: v.fallback(text, undefined),
  commit: v.fallback(text, undefined),
  /** What to type to run it again. */
  command: v.fallback(text, undefined),
  /** `shown`: code is unfolded from the beginning. */
  code: v.fallback(text, undefined),
});
/** See {@link runFacts}. */
export type RunFacts = v.InferOutput<typeof Facts>;

/** What is known about the run of a notebook. */
export function runFacts({ metadata }: Notebook): RunFacts {
  const { relay } = metadata;
  const result = v.safeParse(Facts, typeof relay === "object" && relay !== null ? relay : {});
  return result.success ? result.output : v.parse(Facts, {});
}

/** The facts in words, each a part of one line. */
export function factParts({ ranAt, ms, deno, commit }: RunFacts): string[] {
  const parts: string[] = [];
  if (ranAt !== undefined && !Number.isNaN(Date.parse(ranAt))) {
    parts.push(`run ${dateText(ranAt)}`);
  }
  if (ms !== undefined) parts.push(`took ${duration(ms)}`);
  if (deno !== undefined) parts.push(`Deno ${deno}`);
  if (commit !== undefined) parts.push(`commit ${commit.slice(0, 12)}`);
  return parts;
}

function dateText(iso: string): string {
  const options = { dateStyle: "long", timeStyle: "short", timeZone: "UTC" } as const;
  return `${new Intl.DateTimeFormat("en-GB", options).format(new Date(iso))} UTC`;
}
