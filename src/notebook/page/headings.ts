/** A heading of the page's text. */
export interface Heading {
  /** 1 to 6. */
  readonly level: number;
  readonly text: string;
  /** Id of its element. */
  readonly id: string;
}

/**
 * The headings of a page in their order. Ids start with `section-`, so that no heading takes the id of a part of the page.
 */
export class Headings {
  readonly list: Heading[] = [];

  /** Adds a heading; a second one of the same text gets a number. */
  add(level: number, text: string): Heading {
    const wanted = sectionId(text);
    const taken = new Set(this.list.map(({ id }) => id));
    let id = wanted;
    for (let i = 2; taken.has(id); i++) id = `${wanted}-${i}`;
    const heading = { level, text, id };
    this.list.push(heading);
    return heading;
  }
}

/**
 * The id of the heading with this text, or with the anchor that Jupyter makes of it.
 *
 * @example
 * ```ts
 * import { sectionId } from "relay/notebook/page/headings.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(sectionId("What was sent?"), "section-what-was-sent");
 * assertEquals(sectionId("What-was-sent?"), "section-what-was-sent");
 * ```
 */
export function sectionId(text: string): string {
  const slug = text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "");
  return `section-${slug}`;
}
