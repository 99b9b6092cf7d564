/**
 * Whether runs are the recorded ones, bit for bit.
 * @module
 */
import { rowsSha256 } from "relay/train/recording.ts";
import type { Row } from "relay/train/row.ts";
import { counted, listed, whole } from "relay/notebook/format.ts";
import { html } from "relay/notebook/html.ts";
import type { MimeBundle } from "relay/notebook/live/display.ts";
import type { RecordedPageRun } from "relay/notebook/recorded.ts";
import type { PageRun } from "relay/notebook/tables/page_input.ts";

/** Differing runs that are told of one by one. */
const MOST_TOLD = 4;

/**
 * One sentence or more on how the runs compare with the recorded ones of the same ids, by every number that they reported.
 * @returns undefined where no run has a recorded counterpart
 */
export function sameBits(
  runs: readonly PageRun[],
  recorded: readonly RecordedPageRun[],
): string | undefined {
  const byId = new Map(recorded.map((run) => [run.runId, run]));
  const pairs = runs.flatMap((run) => {
    const other = byId.get(run.runId);
    return other ? [{ run, other, isSame: rowsSha256(run.rows) === other.rowsSha256 }] : [];
  });
  if (pairs.length === 0) return undefined;
  const others = pairs.filter(({ isSame }) => !isSame);
  const same = pairs.length - others.length;
  const without = runs.length - pairs.length;
  const sentences = [
    ...(same === 0 ? [] : [sameSentence(same, runs.length)]),
    ...(without === 0 ? [] : [`${counted(without, "run")} ${without === 1 ? "is" : "are"} not recorded.`]),
    ...(others.length === 0 ? [] : [
      `${counted(others.length, "run")} ${others.length === 1 ? "differs" : "differ"} from the recorded: ${
        listed([
          ...others.slice(0, MOST_TOLD).map(({ run, other }) => difference(run, other)),
          ...(others.length > MOST_TOLD ? [`${others.length - MOST_TOLD} more`] : []),
        ])
      }.`,
      ...engines(others),
    ]),
  ];
  return sentences.join(" ");
}

/** See {@link sameBits}. */
export function sameBitsBundle(text: string): MimeBundle {
  return { "text/html": html`<p class="relay-note">${text}</p>`.toString(), "text/plain": text };
}

function sameSentence(same: number, all: number): string {
  if (same === all) {
    return all === 1
      ? "This run is the recorded one, to the last bit."
      : `These ${whole(all)} runs are the recorded ones, to the last bit.`;
  }
  return `Of these ${whole(all)} runs ${
    same === 1 ? "1 is the recorded one" : `${whole(same)} are the recorded ones`
  }, to the last bit.`;
}

/** Where a run first reports something else than the recorded one. */
function difference(run: PageRun, other: RecordedPageRun): string {
  const kept = new Set(other.rows.map(({ metric }) => metric));
  const rows = run.rows.filter(({ metric }) => kept.has(metric));
  const k = rows.findIndex((row, i) => !isSameRow(row, other.rows[i]));
  const from = rows[k];
  return from === undefined
    ? `${run.runId} (in what is not kept of it)`
    : `${run.runId} (from ${whole(from.envSteps)} joint steps on)`;
}

function isSameRow(row: Row, other: Row | undefined): boolean {
  return other !== undefined && row.envSteps === other.envSteps && row.updates === other.updates &&
    row.metric === other.metric && Object.is(row.value ?? NaN, other.value);
}

/** What computed them, where it was not the same. */
function engines(pairs: readonly { readonly run: PageRun; readonly other: PageRun }[]): string[] {
  const named = (runs: readonly PageRun[]) =>
    listed([...new Set(runs.map(({ manifest }) => String(manifest.engine)))]);
  const [here, there] = [named(pairs.map(({ run }) => run)), named(pairs.map(({ other }) => other))];
  return here === there ? [] : [`They were computed with ${here}; the recorded with ${there}.`];
}
