/**
 * A user's own selector. It travels as source text (to Workers, into the run's identity and manifest), so it may use
 * its three arguments, what it declares itself and the language's globals, but no variable around it.
 * @module
 */
import { openStream } from "relay/rng/stream.ts";
import { checkSelection, type Selector, SelectorError } from "relay/share/selector.ts";
import { SlidingWindow } from "relay/share/td_error_window.ts";

/** The source text that rebuilds a selector elsewhere. */
export function selectorSource(selector: Selector): string {
  const source = selector.toString();
  if (source.includes("[native code]")) {
    throw new SelectorError(
      "Cannot use the selector: its source text is not available (a bound or native function), expected a function written out",
    );
  }
  return source;
}

/** What a selector is tried on: a fragment of F errors and a full window. */
export interface SelectorTrial {
  readonly F: number;
  /** Transitions. */
  readonly windowSize: number;
}

/**
 * Rebuilds a selector from its source text and tries it once on made-up errors, so that a mistake shows before training.
 * @throws {SelectorError} when the text is no function, reads an outer variable or breaks the contract on the trial
 *
 * @example
 * ```ts
 * import { compileSelector } from "relay/share/custom.ts";
 * import { SlidingWindow } from "relay/share/td_error_window.ts";
 * import { openStream } from "relay/rng/stream.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const largest = await compileSelector("(absTdErrors) => [absTdErrors.indexOf(Math.max(...absTdErrors))]");
 * assertEquals(largest(Float32Array.of(1, 3, 2), new SlidingWindow(9), openStream(0)), [1]);
 * ```
 */
export async function compileSelector(
  source: string,
  trial: SelectorTrial = { F: 4, windowSize: 8 },
): Promise<Selector> {
  const select = await importSelector(source);
  const guarded: Selector = (absTdErrors, window, stream) => {
    try {
      return select(absTdErrors, window, stream);
    } catch (error) {
      throw explain(error);
    }
  };
  tryOnce(guarded, trial);
  return guarded;
}

async function importSelector(source: string): Promise<Selector> {
  let module: { default?: unknown };
  try {
    module = await import(
      `data:application/typescript,${
        encodeURIComponent(`export default (${source.trim().replace(/;$/, "")}\n);`)
      }`
    );
  } catch (error) {
    throw new SelectorError(`Cannot read the selector as a function: ${firstLine(error)}`);
  }
  if (typeof module.default !== "function") {
    throw new SelectorError(
      `Cannot use the selector: its source is a ${typeof module
        .default}, expected a function (absTdErrors, window, stream) => indices`,
    );
  }
  return module.default as Selector;
}

function tryOnce(select: Selector, { F, windowSize }: SelectorTrial): void {
  const stream = openStream(0);
  const window = new SlidingWindow(windowSize);
  window.push(Float32Array.from({ length: windowSize }, () => stream.random()));
  const absTdErrors = Float32Array.from({ length: F }, () => stream.random());
  window.push(absTdErrors);
  checkSelection(select(absTdErrors.slice(), window, stream), F);
}

function explain(error: unknown): Error {
  if (error instanceof SelectorError) return error;
  if (error instanceof ReferenceError && error.message.endsWith("is not defined")) {
    const name = error.message.split(" ")[0];
    return new SelectorError(
      `Cannot use the selector: it reads the outer variable ${name}, which does not travel with it; ` +
        "a selector may use its arguments (absTdErrors, window, stream) and what it declares itself",
    );
  }
  return new SelectorError(`Cannot use the selector: it threw ${firstLine(error)}`);
}

function firstLine(error: unknown): string {
  return String(error).split("\n")[0]!;
}
