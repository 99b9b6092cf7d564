import sanitizeHtml from "sanitize-html";
import { Markup } from "relay/notebook/html.ts";
import { isImageUrl } from "relay/notebook/page/images.ts";

const TAGS = [
  ...["p", "div", "span", "br", "hr", "pre", "code", "kbd", "samp", "var", "blockquote", "q", "cite"],
  ...["strong", "em", "b", "i", "u", "s", "sub", "sup", "small", "abbr", "mark", "del", "ins", "time"],
  ...[
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "h3",
    "h4",
    "h5",
    "h6",
    "details",
    "summary",
    "figure",
    "figcaption",
  ],
  ...["table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td"],
  ...["progress", "meter", "img", "a"],
];

const OPTIONS = {
  allowedTags: TAGS,
  allowedAttributes: {
    "*": ["class", "role", "aria-*", "title", "lang", "dir", "style"],
    th: ["scope", "colspan", "rowspan"],
    td: ["colspan", "rowspan"],
    col: ["span"],
    progress: ["value", "max"],
    meter: ["value", "max", "min", "low", "high", "optimum"],
    img: ["src", "alt", "width", "height"],
    a: ["href", "target", "rel"],
    details: ["open"],
  },
  allowedStyles: { "*": { "text-align": [/^(left|right|center)$/] } },
  allowedSchemes: ["http", "https", "mailto"],
  allowedSchemesByTag: { img: ["data"] },
  allowedSchemesAppliedToAttributes: ["href", "src"],
  allowProtocolRelative: false,
  // The text of these goes with them.
  nonTextTags: ["script", "style", "textarea", "option", "noscript", "template", "title", "iframe", "object"],
  transformTags: {
    h1: "h3",
    h2: "h3",
    a: (_tag: string, { href }: Attributes) => ({
      tagName: "a",
      // What is relative leads nowhere from a page that stands alone.
      attribs:
        (/^(https?|mailto):/i.test(href ?? "")
          ? { href: href!, target: "_blank", rel: "noopener noreferrer" }
          : {}) as Attributes,
    }),
  },
  exclusiveFilter: ({ tag, attribs }: { tag: string; attribs: Attributes }) =>
    tag === "img" && !isImageUrl(attribs["src"] ?? ""),
};

type Attributes = Record<string, string>;

/**
 * HTML of an output without anything that acts, loads, or takes part in the page: no scripts, forms, frames, ids, event handlers, no
 * styles but alignment.
 */
export function safeHtml(text: string): Markup {
  return new Markup(sanitizeHtml(text, OPTIONS));
}
