import hljs from "highlight.js/lib/core";
import typescript from "highlight.js/lib/languages/typescript";
import { Markup } from "relay/notebook/html.ts";

hljs.registerLanguage("typescript", typescript);

/** TypeScript in colours, as escaped HTML with highlight.js's classes. */
export function highlighted(source: string): Markup {
  return new Markup(hljs.highlight(source, { language: "typescript" }).value);
}
