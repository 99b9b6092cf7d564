/**
 * The Stop button of a notebook, which arrives as SIGINT and would otherwise end the kernel with all its state.
 * @module
 */
import { isInKernel } from "relay/notebook/live/display.ts";

/** A second press so soon after the first means that the first did nothing. */
const SECOND_PRESS_MS = 3000;

const listeners = new Set<() => void>();
let isListening = false;
let controller = new AbortController();
/** Whether somebody has asked for the signal that stands now. */
let isSignalTaken = false;
let pressedAt = -Infinity;

/**
 * Calls `stop` at the next press of the Stop button, whichever cell is running.
 * @returns takes the listener away
 */
export function onStop(stop: () => void): () => void {
  listenToInterrupts();
  listeners.add(stop);
  return () => listeners.delete(stop);
}

/**
 * The signal of the next press of the Stop button. Take it once, when a loop begins: after a press there is a new one.
 *
 * @example
 * ```ts
 * import { stopSignal } from "relay/notebook/live/stop.ts";
 *
 * const stop = stopSignal();
 * for (let step = 0; step < 3 && !stop.aborted; step++) await Promise.resolve(step);
 * stop.throwIfAborted(); // the cell says that it was stopped, and cells that were waiting do not run
 * ```
 */
export function stopSignal(): AbortSignal {
  listenToInterrupts();
  isSignalTaken = true;
  return controller.signal;
}

/** From now on the Stop button no longer ends the kernel. */
export function listenToInterrupts(): void {
  if (isListening || !isInKernel() || Deno.build.os === "windows") return;
  isListening = true;
  Deno.addSignalListener("SIGINT", interrupt);
}

function interrupt(): void {
  const isHeard = listeners.size > 0 || isSignalTaken;
  const isSecond = performance.now() - pressedAt < SECOND_PRESS_MS;
  pressedAt = performance.now();
  const stopped = controller;
  controller = new AbortController();
  isSignalTaken = false;
  stopped.abort(new DOMException("stopped by the Stop button; everything is kept", "AbortError"));
  for (const stop of [...listeners]) stop();
  if (isSecond && !isHeard) {
    // deno-lint-ignore no-console
    console.warn(
      "This cell does not listen to Stop; to end it, restart the kernel (Restart the kernel … loses its variables).",
    );
  }
}
