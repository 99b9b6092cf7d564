import type { Selector } from "relay/share/selector.ts";

/** Options of {@link random}. */
export interface RandomOptions {
  /** β ∈ [0, 1]: probability that a transition is sent. */
  readonly bandwidth: number;
}

/**
 * Sends every transition with probability β, whatever its TD error: the control that tells what *selecting* adds to sharing as much.
 * Not in the paper. One number of the agent's own stream a transition.
 *
 * @example
 * ```ts
 * import { random } from "relay/share/random.ts";
 * import { SlidingWindow } from "relay/share/td_error_window.ts";
 * import { openStream } from "relay/rng/stream.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const fragment = Float32Array.of(0, 9, 0, 0);
 * const window = new SlidingWindow(1);
 * assertEquals(random({ bandwidth: 1 })(fragment, window, openStream(0)), [0, 1, 2, 3]);
 * assertEquals(random({ bandwidth: 0 })(fragment, window, openStream(0)), []);
 * ```
 */
export function random({ bandwidth }: RandomOptions): Selector {
  return (absTdErrors, _window, stream) =>
    Array.from(absTdErrors, (_, t) => t).filter(() => stream.random() < bandwidth);
}
