import type { Colour } from "./raster.ts";
import type { SceneGroup } from "./scene.ts";

// Vermilion and blue of the Okabe–Ito palette: told apart with every common colour blindness.
const FIRST_AGENTS: Colour = [213, 94, 0, 1];
const OTHERS: Colour = [0, 114, 178, 1];
const RED: Colour = [200, 30, 50, 1];

/**
 * Colours of the groups of a board, agents first: of their name where that is red or blue, else vermilion for the first agents and blue
 * for others.
 *
 * @example
 * ```ts
 * import { groupColours } from "relay/env/group_colours.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const [predator, prey] = groupColours([{ name: "predator", role: "agent" }, { name: "prey", role: "agent" }]);
 * const [blue, red] = groupColours([{ name: "blue", role: "agent" }, { name: "red", role: "other" }]);
 * assertEquals([predator, prey], [[213, 94, 0, 1], [0, 114, 178, 1]]);
 * assertEquals([red, blue], [[200, 30, 50, 1], prey]);
 * ```
 */
export function groupColours(groups: readonly Pick<SceneGroup, "name" | "role">[]): Colour[] {
  return groups.map(({ name, role }, g) => {
    if (name === "red") return RED;
    return name !== "blue" && g === 0 && role === "agent" ? FIRST_AGENTS : OTHERS;
  });
}
