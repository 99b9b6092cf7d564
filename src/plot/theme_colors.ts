import type { Theme } from "relay/plot/theme.ts";

/**
 * For each colour of one theme the colour with the same part in another, so that a figure can be recoloured without
 * being made again: exchange every string that is a key.
 *
 * @example
 * ```ts
 * import { themeColors } from "relay/plot/theme_colors.ts";
 * import { DARK, LIGHT } from "relay/plot/theme.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(themeColors(LIGHT, DARK)[LIGHT.ink], DARK.ink);
 * ```
 */
export function themeColors(from: Theme, to: Theme): Record<string, string> {
  const before = colorsOf(from);
  const after = colorsOf(to);
  return Object.fromEntries(before.map((color, i) => [color, after[i]!]));
}

function colorsOf(theme: Theme): string[] {
  const { paper, ink, muted, grid, axis, reference } = theme;
  return [paper, ink, muted, grid, axis, reference, ...theme.arms.flatMap(({ line, band }) => [line, band])];
}
