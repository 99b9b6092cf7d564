// deno-lint-ignore no-control-regex -- terminals are steered by control characters
const SEQUENCES = /\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]/g;
// deno-lint-ignore no-control-regex -- as above; tab and line feed stay
const OTHER_CONTROLS = /[\x00-\x08\x0b-\x1f\x7f]/g;

/**
 * A log as a terminal would leave it, without colours: what a carriage return overwrites is gone.
 *
 * @example
 * ```ts
 * import { plainLog } from "relay/notebook/page/ansi.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(plainLog("\x1b[31mred\x1b[0m\r\n10 %\r20 %\n"), "red\n20 %\n");
 * ```
 */
export function plainLog(text: string): string {
  return text.replace(SEQUENCES, "").replace(/\r+\n/g, "\n").split("\n").map(lastWriting).join("\n")
    .replace(OTHER_CONTROLS, "");
}

function lastWriting(line: string): string {
  return line.split("\r").findLast((part) => part !== "") ?? "";
}
