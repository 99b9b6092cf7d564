import { tex } from "@mdit/plugin-tex";
import MarkdownIt from "markdown-it";
import temml from "temml";
import { html, Markup } from "relay/notebook/html.ts";
import { highlighted } from "relay/notebook/page/code_view.ts";
import { type Headings, sectionId } from "relay/notebook/page/headings.ts";
import type { ImageSource } from "relay/notebook/page/images.ts";

type Parser = InstanceType<typeof MarkdownIt>;
type Token = ReturnType<Parser["parse"]>[number];

/** What a text may refer to. */
export interface MarkdownOptions {
  /** Takes the headings in and gives them ids; without it they have none. */
  readonly headings?: Headings;
  readonly image: ImageSource;
}

/**
 * Markdown as HTML without any of its own HTML, TeX as MathML. Web addresses become links that open elsewhere; links inside the
 * notebook go to its headings; files of the repository, which the page does not hold, are named only. No image is loaded.
 */
export function markdown(source: string, { headings, image }: MarkdownOptions): Markup {
  const tokens = parser.parse(source, {});
  for (const [i, token] of tokens.entries()) {
    if (token.type === "heading_open" && headings) nameHeading(token, tokens[i + 1]!, headings);
    if (token.type === "inline") tameLinks(token.children ?? []);
  }
  return new Markup(parser.renderer.render(tokens, parser.options, { image }));
}

/** What a reader sees of a run of Markdown, as plain text. */
export function inlineText(source: string): string {
  return textOf(parser.parseInline(source, {}));
}

/** Fences that are coloured; markdown-it escapes the others. */
const TYPESCRIPT = /^(ts|tsx|mts|typescript|js|jsx|mjs|javascript)$/i;

const parser = makeParser();

function makeParser(): Parser {
  const made = new MarkdownIt({
    html: false,
    linkify: false,
    highlight: (code: string, language: string) => TYPESCRIPT.test(language) ? `${highlighted(code)}` : "",
  });
  made.use(tex, { render: formula });
  // Whether a link may act is decided where it is rendered; a refused one would be shown as raw Markdown.
  made.validateLink = () => true;
  const { rules } = made.renderer;
  rules["image"] = (tokens, i, _options, env) =>
    `${picture(tokens[i]!, (env as { image: ImageSource }).image)}`;
  rules["table_open"] = () => `<div class="scroll" tabindex="0"><table>`;
  rules["table_close"] = () => `</table></div>`;
  return made;
}

/** Leaves links to the web and to headings; any other becomes words with the address as a hint. Links do not nest. */
function tameLinks(tokens: readonly Token[]): void {
  let tag = "a";
  for (const token of tokens) {
    if (token.type === "link_open") tag = tameLink(token);
    if (token.type === "link_open" || token.type === "link_close") token.tag = tag;
  }
}

/** Sets the attributes of a link and returns the tag that it becomes. */
function tameLink(token: Token): "a" | "span" {
  const href = attribute(token, "href");
  if (/^(https?|mailto):/i.test(href)) {
    token.attrs = [["href", href], ["target", "_blank"], ["rel", "noopener noreferrer"]];
    return "a";
  }
  if (href.startsWith("#")) {
    token.attrs = [["href", `#${sectionId(decoded(href.slice(1)))}`]];
    return "a";
  }
  const isFile = !/^[a-z][a-z0-9+.-]*:|^\/\//i.test(href);
  token.attrs = [["class", "reference"], [
    "title",
    `${isFile ? "In the repository" : "Not linked"}: ${href}`,
  ]];
  return "span";
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function picture(token: Token, image: ImageSource): Markup {
  const src = attribute(token, "src");
  const alt = textOf(token.children ?? []);
  const url = image(src);
  if (url) return html`<img src="${url}" alt="${alt}">`;
  return html`<span class="reference">[image “${alt}”, not in this page: ${src.slice(0, 200)}]</span>`;
}

function attribute(token: Token, name: string): string {
  return String(token.attrGet(name) ?? "");
}

function nameHeading(open: Token, inline: Token, headings: Headings): void {
  const { id } = headings.add(Number(open.tag.slice(1)), textOf(inline.children ?? []));
  open.attrSet("id", id);
}

function textOf(tokens: readonly Token[]): string {
  return tokens.map(({ type, content, children }) => {
    if (type === "softbreak" || type === "hardbreak") return " ";
    return children?.length ? textOf(children) : content;
  }).join("").trim();
}

/** temml's own error handling fails on Deno, which disables `__proto__`, so errors are caught here. */
function formula(source: string, displayMode: boolean): string {
  try {
    const math = temml.renderToString(source, { displayMode, throwOnError: true, maxSize: [20, 1000] });
    return displayMode ? `<div class="formula" tabindex="0">${math}</div>` : math;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return html`<code class="formula-error" title="${message}">${source}</code>`.toString();
  }
}
