/**
 * Asks a kernel what a module exports: code for the kernel, as text.
 * @module
 */

/** MIME type of the answer. */
export const EXPORTS_MIME = "application/vnd.relay.exports.v1+json";

/** The answer: names, or none when the module cannot be loaded. */
export interface ExportsAnswer {
  readonly id: string;
  readonly names?: readonly string[];
}

/** Code to run silently; the answer arrives as a display of {@link EXPORTS_MIME}. */
export function exportsProbeCode(id: string, specifier: string): string {
  return `await import(${
    JSON.stringify(specifier)
  }).then((m) => Object.keys(m), () => undefined).then((names) =>
  Deno.jupyter.broadcast("display_data", { data: { ${JSON.stringify(EXPORTS_MIME)}: { id: ${
    JSON.stringify(id)
  }, names } }, metadata: {}, transient: {} })); void 0`;
}

/** The value when it is an answer, else undefined. */
export function parseExportsAnswer(value: unknown): ExportsAnswer | undefined {
  return value instanceof Object && typeof Reflect.get(value, "id") === "string"
    ? value as ExportsAnswer
    : undefined;
}
