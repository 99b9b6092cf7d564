import { printLine } from "relay/cli/command.ts";

/** A terminal and `deno task` each deliver the same Ctrl-C, some milliseconds apart. */
const SAME_INTERRUPT_MS = 1000;

/**
 * Calls `stop` at the first Ctrl-C; one more, a second later or after, ends the process at once.
 * @returns takes the listener away
 */
export function onInterrupt(stop: () => void): () => void {
  let firstAt: number | undefined;
  const listener = () => {
    const now = performance.now();
    if (firstAt === undefined) {
      firstAt = now;
      printLine("Stopping and keeping everything (Ctrl-C again to end at once) …");
      stop();
    } else if (now - firstAt > SAME_INTERRUPT_MS) {
      Deno.exit(130);
    }
  };
  Deno.addSignalListener("SIGINT", listener);
  return () => Deno.removeSignalListener("SIGINT", listener);
}
