import { html, type Markup } from "relay/notebook/html.ts";
import { type CodeCell, joined, type Output } from "relay/notebook/notebook_file.ts";
import { plainLog } from "relay/notebook/page/ansi.ts";
import { type Bundle, stillUrl, textIn } from "relay/notebook/page/bundle.ts";
import { claimsList } from "relay/notebook/page/claims_view.ts";
import { figureView, replayView } from "relay/notebook/page/figure_view.ts";
import { logView } from "relay/notebook/page/log_view.ts";
import { markdown } from "relay/notebook/page/markdown.ts";
import type { PageParts } from "relay/notebook/page/page_parts.ts";
import { type ErrorOutput, errorText } from "relay/notebook/page/run_state.ts";
import { safeFigure } from "relay/notebook/page/safe_figure.ts";
import { safeHtml } from "relay/notebook/page/safe_html.ts";
import { parseRelayOutput, PLOTLY_MIME, RELAY_MIME } from "relay/notebook/relay_output.ts";

/** An output as the page shows it, or undefined for one that shows nothing. Nothing in it is trusted. */
export function outputView(output: Output, cell: CodeCell, parts: PageParts): Markup | undefined {
  if (output.output_type === "stream") {
    const text = joined(output.text);
    return text.trim() === "" ? undefined : logView(text, output.name === "stderr" ? "stderr" : "stdout");
  }
  if (output.output_type === "error") return errorView(output, cell);
  return bundleView(output.data, parts);
}

function bundleView(bundle: Bundle, parts: PageParts): Markup | undefined {
  const relay = parseRelayOutput(bundle[RELAY_MIME]);
  if (relay?.kind === "loader") return undefined;
  if (relay?.kind === "claims") return claimsList(relay.claims.map((claim) => parts.addClaim(claim)));
  const still = stillUrl(bundle);
  if (relay?.kind === "replay") {
    const { episode, caption } = relay;
    return replayView(episode, { title: episode.title, caption, still }, parts);
  }
  const figure = safeFigure(bundle[PLOTLY_MIME]);
  if (figure) {
    const text = relay
      ? { title: relay.title, caption: relay.caption }
      : { title: textIn(bundle, "text/plain") ?? "Figure" };
    return figureView(figure, { ...text, still }, parts);
  }
  return plainBundleView(bundle, still);
}

/** The richest of what a bundle holds that is safe to show. */
function plainBundleView(bundle: Bundle, still: string | undefined): Markup | undefined {
  // The HTML beside a figure asks for trust that a page does not need.
  const htmlText = PLOTLY_MIME in bundle ? undefined : textIn(bundle, "text/html");
  const text = textIn(bundle, "text/plain");
  if (htmlText !== undefined) {
    const safe = safeHtml(htmlText);
    if (safe.toString().trim() !== "") return html`<div class="html-output">${safe}</div>`;
  }
  if (still) return html`<img class="image" alt="${text ?? "An image"}" src="${still}">`;
  const markdownText = textIn(bundle, "text/markdown");
  if (markdownText !== undefined) {
    return html`<div class="prose">${
      // Its headings are no parts of the page, so they get no ids.
      markdown(markdownText, { image: () => undefined })}</div>`;
  }
  if (text !== undefined) return text.trim() === "" ? undefined : logView(text, "result");
  const types = Object.keys(bundle);
  if (types.length === 0) return undefined;
  return html`<p class="note">An output that a page cannot show (${types.join(", ").slice(0, 200)}).</p>`;
}

function errorView(error: ErrorOutput, cell: CodeCell): Markup {
  const trace = plainLog(error.traceback.join("\n")).trim();
  const { place, message } = errorText(error, cell);
  return html`
    <div class="error" role="group"
      aria-label="Error"><p class="error-message"><strong>${place.replace(
        "cell",
        "Cell",
      )} failed.</strong> ${message}</p>${trace !== "" && html`
        <details>
          <summary>Traceback</summary>
          <pre tabindex="0">${trace}</pre>
        </details>
      `}</div>
  `;
}
