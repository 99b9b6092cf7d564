/**
 * What a kernel of ours runs before its first cell, and the fence after each: code for the kernel, as text.
 * @module
 */

/** MIME type of {@link Uncaught}, of a kernel's private outputs. */
export const UNCAUGHT_MIME = "application/vnd.relay.uncaught.v1+json";
/** MIME type of the marker that a fence sends; its value is the fence's id. */
export const FENCE_MIME = "application/vnd.relay.fence.v1+json";

/** MIME type of an answer to a question of the runner's: `{ id, value }`. */
export const ANSWER_MIME = "application/vnd.relay.answer.v1+json";

/** An error that nobody catches: in a plain kernel it is silent, and ends it. */
export interface Uncaught {
  readonly kind: "rejection" | "error";
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

/** The value when it is what the prelude reports, else undefined. */
export function parseUncaught(value: unknown): Uncaught | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { kind, name, message, stack } = value as Record<string, unknown>;
  const isText = [name, message, stack].every((part) => typeof part === "string");
  return isText && (kind === "rejection" || kind === "error") ? value as Uncaught : undefined;
}

/**
 * Code to run silently before the first cell. From then on SIGINT does not end the kernel, uncaught errors are sent as
 * {@link Uncaught}, and the kernel ends with the process that started it.
 * @param parentPid the process that started the kernel
 */
export function preludeCode(parentPid: number = Deno.pid): string {
  return `(${prelude})(${JSON.stringify(UNCAUGHT_MIME)}, ${parentPid});void 0`;
}

/**
 * Code to run silently after a cell: when the marker with this id arrives, all that the cell sent before has arrived too, which the
 * kernel's `idle` does not promise.
 */
export function fenceCode(id: string): string {
  const content = { data: { [FENCE_MIME]: id }, metadata: {}, transient: {} };
  return `void Deno.jupyter.broadcast("display_data", ${JSON.stringify(content)})`;
}

/**
 * Code to run silently that sends the value of an expression, as JSON, under {@link ANSWER_MIME}.
 * @param expression may await
 */
export function questionCode(id: string, expression: string): string {
  return `void Deno.jupyter.broadcast("display_data", { data: { ${JSON.stringify(ANSWER_MIME)}: ` +
    `{ id: ${JSON.stringify(id)}, value: ${expression} } }, metadata: {}, transient: {} })`;
}

/** Runs in the kernel, so that it names nothing of this module. */
function prelude(uncaughtMime: string, parentPid: number): void {
  const ORPHAN_CHECK_MS = 2000;
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGINT", () => {});
  const report = (kind: "rejection" | "error", event: Event, error: unknown) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    const isError = error instanceof Error;
    const message = isError ? error.message : typeof error === "string" ? error : Deno.inspect(error);
    const data = {
      [uncaughtMime]: {
        kind,
        name: isError ? error.name : "Uncaught",
        message,
        stack: isError ? error.stack ?? "" : "",
      },
    };
    Deno.jupyter.broadcast("display_data", { data, metadata: {}, transient: {} });
  };
  addEventListener("unhandledrejection", (event) => report("rejection", event, event.reason));
  addEventListener("error", (event) => report("error", event, event.error ?? event.message));
  const timer = setInterval(() => {
    if (Deno.ppid !== parentPid) Deno.exit(1);
  }, ORPHAN_CHECK_MS);
  Deno.unrefTimer(timer);
}
