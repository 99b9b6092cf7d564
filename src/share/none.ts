import type { Selector } from "relay/share/selector.ts";

/** No sharing: independent DDQN (spec/super.md §4.5). */
export function none(): Selector {
  return () => [];
}
