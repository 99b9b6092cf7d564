/** Text that is already HTML; only `html` makes it. */
export class Markup {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** What a template takes: text and numbers are escaped, markup is not, lists are joined, `null` and `false` are nothing. */
export type Content = string | number | Markup | null | false | readonly Content[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * HTML in which every interpolated string is escaped, for text and for quoted attribute values alike. Escaping cannot be
 * forgotten: only the template's own words are taken as markup.
 *
 * @example
 * ```ts
 * import { html } from "relay/notebook/html.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const name = `<img src=x onerror="alert(1)">`;
 * assertEquals(String(html`<td>${name}</td>`), "<td>&lt;img src=x onerror=&quot;alert(1)&quot;&gt;</td>");
 * assertEquals(String(html`<ul>${["a", "b"].map((item) => html`<li>${item}</li>`)}</ul>`), "<ul><li>a</li><li>b</li></ul>");
 * ```
 */
export function html(strings: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  return new Markup(
    strings.map((string, i) => string + (i < contents.length ? render(contents[i]!) : "")).join(""),
  );
}

/**
 * JSON inside a `<script type="application/json">`, which the browser does not run: no `<` is left that could end it.
 * @param id of the element
 * @param json valid JSON
 */
export function jsonBlock(id: string, json: string): Markup {
  return new Markup(`<script type="application/json" id="${id}">${json.replaceAll("<", "\\u003c")}</script>`);
}

function render(content: Content): string {
  if (content === null || content === false) return "";
  if (content instanceof Markup) return content.toString();
  if (Array.isArray(content)) return content.map(render).join("");
  return String(content).replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** A value as a JavaScript expression inside a script element: JSON in which nothing ends the script or a line. */
export function scriptJson(value: unknown): string {
  return inScript(JSON.stringify(value));
}

/** JSON text as a JavaScript expression inside a script element. */
export function inScript(json: string): string {
  return json.replace(
    /[<\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
