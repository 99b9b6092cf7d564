/**
 * What an agent sends to its team: a selector looks at the TD errors of the fragment that was just collected and
 * names the transitions worth relaying. The workbench's central gesture: write one in a cell, put it into a config.
 * @module
 */
import type { Stream } from "relay/rng/stream.ts";
import type { TdErrorWindow } from "relay/share/td_error_window.ts";

/**
 * @param absTdErrors `[F]`: |δ| of the fragment's transitions under the agent's own networks, in order of time
 * @param window the agent's latest |δ|, this fragment included
 * @param stream the agent's own random numbers for sharing
 * @returns indices into the fragment, each at most once
 */
export type Selector = (
  absTdErrors: Float32Array,
  window: TdErrorWindow,
  stream: Stream,
) => ArrayLike<number> & Iterable<number>;

/** A selector broke its contract; the message is for its author. */
export class SelectorError extends Error {
  override name = "SelectorError";
}

/**
 * The selection in ascending order.
 * @throws {SelectorError} for an index that is not an integer, out of range, or given twice
 */
export function checkSelection(selection: ArrayLike<number>, fragmentLength: number): number[] {
  if (selection === null || typeof selection !== "object" || typeof selection.length !== "number") {
    throw new SelectorError(
      `Cannot share: the selector returned ${
        String(selection)
      }, expected an array of indices (empty to send nothing)`,
    );
  }
  const indices: readonly unknown[] = Array.from(selection);
  const strange = indices.find((index) => !Number.isInteger(index));
  if (strange !== undefined || indices.includes(undefined)) {
    throw new SelectorError(
      `Cannot share: the selector returned the index ${describe(strange)}, expected an integer`,
    );
  }
  const ascending = (indices as readonly number[]).toSorted((a, b) => a - b);
  for (const [k, index] of ascending.entries()) {
    if (index < 0 || index >= fragmentLength) {
      throw new SelectorError(
        `Cannot share: the selector returned the index ${index}, expected 0 … ${fragmentLength - 1}`,
      );
    }
    if (k > 0 && index === ascending[k - 1]) {
      throw new SelectorError(
        `Cannot share: the selector returned the index ${index} twice, expected it at most once`,
      );
    }
  }
  return ascending;
}

function describe(value: unknown): string {
  return typeof value === "object" && value !== null ? "that is an object" : String(value);
}
