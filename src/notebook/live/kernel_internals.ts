/**
 * What of Deno's kernel is not public and yet decides where outputs land; each part is looked for before it is used.
 * @module
 */

/** Deno's console, made for a printer of our own: `level` above 1 is standard error. */
export type ConsoleMaker = new (print: (text: string, level: number) => void) => Console;

/** The functions that the kernel calls by itself at the end of a cell. */
export interface KernelInternals {
  readonly Console: ConsoleMaker;
  readonly jupyter: { broadcastResult(executionCount: number, result: unknown): Promise<void> };
}

/** @returns nothing when this version of Deno is made otherwise */
export function kernelInternals(): KernelInternals | undefined {
  const key = property(Deno, "internal");
  if (typeof key !== "symbol") return undefined;
  const internals = property(Deno, key);
  const isKnown = typeof property(internals, "Console") === "function" &&
    typeof property(property(internals, "jupyter"), "broadcastResult") === "function";
  return isKnown ? internals as KernelInternals : undefined;
}

function property(owner: unknown, key: PropertyKey): unknown {
  return owner instanceof Object ? Reflect.get(owner, key) : undefined;
}
