/**
 * The leaves of plain JSON by dotted path, in the order of the data; leaves are JSON text, empty objects and lists count
 * as leaves, and so does a list of numbers or strings.
 *
 * @example
 * ```ts
 * import { flattenJson } from "relay/notebook/tables/flatten_json.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const leaves = flattenJson({ env: { id: "pursuit" }, hidden: [64, 64] });
 * assertEquals([...leaves], [["env.id", "pursuit"], ["hidden", "[64,64]"]]);
 * ```
 */
export function flattenJson(value: unknown): Map<string, string> {
  const leaves = new Map<string, string>();
  collect(value, "", leaves);
  return leaves;
}

function collect(value: unknown, path: string, leaves: Map<string, string>): void {
  if (isLeaf(value)) {
    leaves.set(path, typeof value === "string" ? value : JSON.stringify(value) ?? "");
    return;
  }
  for (const [key, child] of Object.entries(value as object)) {
    collect(child, path === "" ? key : `${path}.${key}`, leaves);
  }
}

function isLeaf(value: unknown): boolean {
  if (value === null || typeof value !== "object") return true;
  const children = Object.values(value);
  if (Array.isArray(value)) return children.every((child) => child === null || typeof child !== "object");
  return children.length === 0;
}
