import type { Selector } from "relay/share/selector.ts";

/** Share-all: every transition goes to every other agent (spec/super.md §4.5). */
export function all(): Selector {
  return (absTdErrors) => Array.from(absTdErrors, (_, t) => t);
}
