import { html, type Markup } from "relay/notebook/html.ts";
import type { PageParts } from "relay/notebook/page/page_parts.ts";
import type { SafeFigure } from "relay/notebook/page/safe_figure.ts";
import type { EpisodeView } from "relay/notebook/relay_output.ts";

/** What stands around a figure or replay. */
export interface ViewText {
  readonly title: string;
  readonly caption?: string | undefined;
  /** URL of a still for where scripts do not run. */
  readonly still?: string | undefined;
}

/** A place that the page's script draws the figure into, as high as the figure from the beginning. */
export function figureView(
  figure: SafeFigure,
  { title, caption, still }: ViewText,
  parts: PageParts,
): Markup {
  const label = caption === undefined
    ? title || "Figure"
    : `${title === "" ? "" : stopped(title)} ${caption}`.trim();
  return html`
    <figure
      class="figure"><div class="plot" data-figure="${parts.addFigure(
        figure,
      )}" role="img" aria-label="${label}" style="min-height:${figure.heightPx}px"></div>${stillView(
        title,
        still,
      )}${captionView(title, caption)}</figure>
  `;
}

/** A place that the page's script plays the episode in. */
export function replayView(
  episode: EpisodeView,
  { title, caption, still }: ViewText,
  parts: PageParts,
): Markup {
  return html`
    <figure
      class="figure"><div class="replay" data-replay-data="${parts.addReplay(episode)}"></div>${stillView(
        title,
        still,
      )}${caption !== undefined && html`<figcaption>${caption}</figcaption>`}</figure>
  `;
}

function stillView(title: string, still: string | undefined): Markup {
  return html`<noscript>${
    still === undefined
      ? html`<p class="note">This needs JavaScript.</p>`
      : html`<img alt="${title}" src="${still}">`
  }</noscript>`;
}

function captionView(title: string, caption: string | undefined): Markup | null {
  if (title === "" && caption === undefined) return null;
  return html`<figcaption>${title !== "" && html`<strong>${stopped(title)}</strong>`}${
    caption !== undefined && html`
      ${caption}
    `
  }</figcaption>`;
}

/** A title as a sentence of its own. */
function stopped(title: string): string {
  return /[.!?:…]$/.test(title) ? title : `${title}.`;
}
