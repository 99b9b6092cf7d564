import type { Figure } from "relay/plot/figure.ts";

/** A picture of a figure without a browser. */
export function stillPng(_figure: Figure): Promise<Uint8Array | undefined> {
  return Promise.resolve(undefined);
}
