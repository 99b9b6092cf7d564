const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/**
 * A string from data as Plotly shows it literally: Plotly reads `<b>`, `<a href>` and entities in names, tick texts and
 * hover texts, and `%{…}` in hover templates.
 *
 * @example
 * ```ts
 * import { plotlyText } from "relay/plot/plotly_text.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(plotlyText("<b>R&D</b>"), "&lt;b&gt;R&amp;D&lt;/b&gt;");
 * ```
 */
export function plotlyText(text: string): string {
  return text.replace(/[&<>]/g, (character) => ENTITIES[character]!).replaceAll("%{", "%\u200b{");
}
