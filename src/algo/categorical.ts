import type { Stream } from "relay/rng/stream.ts";

/** Actions drawn from policies, and log π of each. */
export interface SampledActions {
  readonly actions: Int32Array;
  readonly logProbs: Float64Array;
}

/**
 * a ~ softmax(logits), row by row; rows of one agent lie together and use its stream.
 * @param logits `[rows, A]`
 * @param streams one an agent
 * @param into `[rows]` each, overwritten
 *
 * @example An action far more likely than the other is drawn.
 * ```ts
 * import { sampleActions } from "relay/algo/categorical.ts";
 * import { openStream } from "relay/rng/stream.ts";
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 *
 * const into = { actions: new Int32Array(2), logProbs: new Float64Array(2) };
 * sampleActions(Float32Array.of(50, 0, 0, 50), [openStream(1)], into);
 * assertEquals([...into.actions], [0, 1]);
 * assertAlmostEquals(into.logProbs[1]!, 0);
 * ```
 */
export function sampleActions(logits: Float32Array, streams: readonly Stream[], into: SampledActions): void {
  const rows = into.actions.length;
  const A = logits.length / rows;
  for (let row = 0; row < rows; row++) {
    const own = logits.subarray(row * A, (row + 1) * A);
    const stream = streams[Math.floor(row * streams.length / rows)]!;
    const logNormalizer = logSumExp(own);
    let rest = stream.random();
    let action = 0;
    // the last action takes what rounding leaves
    while (action < A - 1 && (rest -= Math.exp(own[action]! - logNormalizer)) >= 0) action++;
    into.actions[row] = action;
    into.logProbs[row] = own[action]! - logNormalizer;
  }
}

/** argmax of each row, the first of equals. */
export function likeliestActions(logits: Float32Array, actions: Int32Array): void {
  const A = logits.length / actions.length;
  for (let row = 0; row < actions.length; row++) {
    const own = logits.subarray(row * A, (row + 1) * A);
    let best = 0;
    for (let action = 1; action < A; action++) if (own[action]! > own[best]!) best = action;
    actions[row] = best;
  }
}

function logSumExp(logits: Float32Array): number {
  let largest = -Infinity;
  for (const logit of logits) largest = Math.max(largest, logit);
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - largest);
  return largest + Math.log(sum);
}
