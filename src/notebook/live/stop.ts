/**
 * The Stop button of a notebook, which arrives as SIGINT and would otherwise end the kernel with all its state.
 * @module
 */
import { isInKernel } from "relay/notebook/live/display.ts";

const listeners = new Set<() => void>();
let isListening = false;

/**
 * Calls `stop` at the next press of the Stop button, whichever cell is running.
 * @returns takes the listener away
 */
export function onStop(stop: () => void): () => void {
  listenToInterrupts();
  listeners.add(stop);
  return () => listeners.delete(stop);
}

/** From now on the Stop button no longer ends the kernel. */
export function listenToInterrupts(): void {
  if (isListening || !isInKernel() || Deno.build.os === "windows") return;
  isListening = true;
  Deno.addSignalListener("SIGINT", () => {
    for (const stop of [...listeners]) stop();
  });
}
