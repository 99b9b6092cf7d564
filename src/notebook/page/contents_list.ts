import { html, type Markup } from "relay/notebook/html.ts";
import type { Heading } from "relay/notebook/page/headings.ts";

/** Deepest heading of the list. */
const DEEPEST = 3;

/**
 * The contents twice, of which a style shows one: beside the text where there is room, else above it, folded.
 * @param hasClaims whether a summary of claims stands above the text
 */
export function contentsList(headings: readonly Heading[], hasClaims: boolean): Markup | null {
  const listed = headings.filter(({ level }) => level <= DEEPEST);
  if (listed.length < 2) return null;
  const items = html`<ol>${hasClaims && html`<li class="level-2"><a href="#summary-title">Claims</a></li>`}${
    listed.map(({ level, id, text }) => html`<li class="level-${level}"><a href="#${id}">${text}</a></li>`)
  }</ol>`;
  return html`
    <nav class="contents beside" aria-label="Contents">${items}</nav>
    <nav class="contents above" aria-label="Contents">
      <details><summary>Contents</summary>${items}</details>
    </nav>
  `;
}
