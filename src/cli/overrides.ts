/**
 * `--set key.path=value`: changes to a preset from the command line.
 * @module
 */
import { SHARE } from "relay/share/share_config.ts";
import { ConfigError } from "relay/train/config.ts";

/** Plain JSON data. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * A copy of the config with every assignment carried out in order. `share.kind=…` also brings that kind's other settings, so
 * that the assignments after it have something to change; unknown keys are left to the config's own validation.
 *
 * @param assignments `key.path=value`; the value is JSON where it parses as such, else text
 *
 * @example
 * ```ts
 * import { withOverrides } from "relay/cli/overrides.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(withOverrides({ a: { b: 1 }, c: "x" }, ["a.b=2", "c=y"]), { a: { b: 2 }, c: "y" });
 * ```
 */
export function withOverrides(config: Json, assignments: readonly string[]): Json {
  const copy = structuredClone(config);
  for (const assignment of assignments) {
    const [, key, text] = /^([^=]+)=([\s\S]*)$/.exec(assignment) ?? [];
    if (key === undefined || text === undefined) {
      throw new ConfigError(
        `Cannot read --set ${assignment}: expected key=value, as in --set share.bandwidth=0.2`,
      );
    }
    assign(copy, key, parseValue(text));
  }
  return copy;
}

function assign(config: Json, key: string, value: Json): void {
  if (key === "share.kind" && typeof value === "string" && Object.hasOwn(SHARE, value)) {
    (config as Record<string, Json>).share = { ...SHARE[value as keyof typeof SHARE] };
    return;
  }
  const path = key.split(".");
  let holder = config;
  for (const [depth, name] of path.slice(0, -1).entries()) {
    const next = isObject(holder) ? holder[name] : undefined;
    if (!isObject(next)) {
      throw new ConfigError(
        `Cannot set ${key}: ${path.slice(0, depth + 1).join(".")} is not a group of settings`,
      );
    }
    holder = next;
  }
  (holder as Record<string, Json>)[path.at(-1)!] = value;
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseValue(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
