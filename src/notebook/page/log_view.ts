import { counted, whole } from "relay/notebook/format.ts";
import { html, type Markup } from "relay/notebook/html.ts";
import { plainLog } from "relay/notebook/page/ansi.ts";

/** Lines that are shown at once. */
const SHOWN_LINES = 200;
/** Characters of what is folded away; the rest stays in the notebook file. */
const FOLDED_CHARACTERS = 300_000;

/**
 * Text as it was printed, without colours; of a long one the first 200 lines, the others folded.
 * @param className of the block
 */
export function logView(text: string, className: string): Markup {
  const lines = plainLog(text).replace(/\n+$/, "").split("\n");
  const first = block(lines.slice(0, SHOWN_LINES), className);
  if (lines.length <= SHOWN_LINES) return first;
  const others = lines.slice(SHOWN_LINES);
  const kept = fitting(others);
  const leftOut = others.length - kept.length;
  return html`${first}<details class="more"><summary>${counted(others.length, "more line")}</summary>${
    block(kept, className)
  }${
    leftOut > 0 &&
    html`<p class="note">${whole(leftOut)} lines are left out of this page; the notebook file has them.</p>`
  }</details>`;
}

function block(lines: readonly string[], className: string): Markup {
  const label = className.includes("stderr") && html`<span class="label">stderr</span>`;
  const text = lines.join("\n");
  const cut = text.length - FOLDED_CHARACTERS;
  return html`<div class="log ${className}">${label}<pre tabindex="0">${text.slice(0, FOLDED_CHARACTERS)}${
    cut > 0 && ` … (${whole(cut)} characters are left out of this page)`
  }</pre></div>`;
}

function fitting(lines: readonly string[]): readonly string[] {
  let characters = 0;
  const end = lines.findIndex((line) => (characters += line.length + 1) > FOLDED_CHARACTERS);
  return end < 0 ? lines : lines.slice(0, end);
}
