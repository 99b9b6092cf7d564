import { html, Markup } from "relay/notebook/html.ts";
import { DARK, LIGHT } from "relay/plot/theme.ts";
import { themeColors } from "relay/plot/theme_colors.ts";
import drawFigure from "relay/notebook/browser/draw_figure.js" with { type: "text" };
import { REPLAY_PLAYER } from "relay/notebook/browser/replay_scripts.ts";
import pageScript from "relay/notebook/page/notebook_page.js" with { type: "text" };
import style from "relay/notebook/page/notebook_page.css" with { type: "text" };
import { cspHash, plotlyBundle } from "relay/notebook/plotly_bundle.ts";

/** The page's own script. */
const SCRIPT = `"use strict";\n${drawFigure}\n${REPLAY_PLAYER}\n${pageScript}`;

/** What a page is made of. */
export interface DocumentParts {
  /** Of the window; plain text. */
  readonly title: string;
  readonly body: Markup;
  /** Data blocks that the page's script reads, see notebook/html.ts. */
  readonly blocks: Markup;
  /** Whether Plotly comes along: 0.9 MB. */
  readonly hasFigures: boolean;
}

/**
 * One self-contained HTML file that makes no request. Its Content-Security-Policy lets at most two scripts run, named by their SHA-256:
 * the page's own and Plotly, which is embedded gzipped.
 */
export async function documentShell({ title, body, blocks, hasFigures }: DocumentParts): Promise<string> {
  const plotly = hasFigures ? await plotlyBundle() : undefined;
  const policy = contentSecurityPolicy([await cspHash(SCRIPT), ...(plotly ? [plotly.cspHash] : [])]);
  const plotlyBlock = plotly &&
    new Markup(`<script type="application/gzip" id="plotly">${plotly.gzipBase64}</script>`);
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
${html`<meta http-equiv="Content-Security-Policy" content="${policy}">`}
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${html`<title>${title}</title>`}
<style>${style}</style>
</head>
<body>
${body}
${blocks}
<script type="application/json" id="dark-colors">${JSON.stringify(themeColors(LIGHT, DARK))}</script>
${plotlyBlock ?? ""}
<script>${SCRIPT}</script>
</body>
</html>
`;
}

/** Plotly styles its elements inline, so styles cannot be hashed; images are stills and what the save button makes. */
function contentSecurityPolicy(scriptHashes: readonly string[]): string {
  return [
    "default-src 'none'",
    `script-src ${scriptHashes.join(" ")}`,
    "style-src 'unsafe-inline'",
    "img-src data: blob:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}
