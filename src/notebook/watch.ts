import type { Row } from "relay/train/row.ts";
import { liveCurves } from "relay/notebook/live_curves.ts";
import { display } from "relay/notebook/live/display.ts";
import { progress } from "relay/notebook/progress.ts";
import type { Results } from "relay/notebook/results.ts";
import { sameBits, sameBitsBundle } from "relay/notebook/same_bits.ts";
import { Training } from "relay/notebook/training.ts";

/**
 * Shows progress and growing learning curves until the runs have ended.
 *
 * @param training or the rows of one `train(config)`
 * @returns its results, or the rows
 * @throws {StoppedError} when the Stop button ended the training
 *
 * @example
 * ```ts ignore
 * const results = await watch(trainAll(comparison));
 * ```
 */
export function watch(training: Training): Promise<Results>;
export function watch(rows: AsyncIterable<Row>): Promise<readonly Row[]>;
export async function watch(source: Training | AsyncIterable<Row>): Promise<Results | readonly Row[]> {
  if (!(source instanceof Training)) return await Array.fromAsync(liveCurves(progress(source)));
  // Both displays show their last state before the cell ends, also when the training was stopped.
  const shown = await Promise.allSettled([drain(progress(source)), drain(liveCurves(source))]);
  const results = await source.results();
  const broken = shown.find(({ status }) => status === "rejected");
  if (broken) throw (broken as PromiseRejectedResult).reason;
  await showSameBits(source, results);
  return results;
}

/** Says whether the runs are the recorded ones; nothing where none is recorded. */
async function showSameBits({ recorded }: Training, { runs }: Results): Promise<void> {
  const text = await recorded.then((others) => sameBits(runs, others), (error: Error) => error.message);
  if (text !== undefined) await display(sameBitsBundle(text));
}

async function drain(rows: AsyncIterable<Row>): Promise<void> {
  for await (const _ of rows);
}
