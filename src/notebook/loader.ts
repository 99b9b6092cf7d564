import { DARK, LIGHT } from "relay/plot/theme.ts";
import { themeColors } from "relay/plot/theme_colors.ts";
import drawFigure from "relay/notebook/browser/draw_figure.js" with { type: "text" };
import liveLoader from "relay/notebook/browser/live_loader.js" with { type: "text" };
import { scriptJson } from "relay/notebook/html.ts";
import { display, type MimeBundle } from "relay/notebook/live/display.ts";
import { RELAY_MIME, type RelayOutput } from "relay/notebook/relay_output.ts";

/**
 * Puts Plotly and the scripts that draw into the notebook, once and for all of its figures; importing relay/notebook/mod.ts has done it
 * already. Call it again when the cell with the import was run again and its output is gone.
 */
export async function setup(): Promise<void> {
  await display(await loaderBundle());
}

/** What {@link setup} displays: about 0.9 MB of HTML, and nothing to see. */
export async function loaderBundle(): Promise<MimeBundle> {
  // Plotly's megabyte is read and compressed only where it is shown.
  const { plotlyBundle } = await import("relay/notebook/plotly_bundle.ts");
  const { gzipBase64 } = await plotlyBundle();
  const dark = scriptJson(themeColors(LIGHT, DARK));
  const output: RelayOutput = { kind: "loader" };
  return {
    [RELAY_MIME]: output,
    "text/html": `<script>${drawFigure}${liveLoader}relayStartLive("${gzipBase64}", ${dark});</script>`,
    "text/plain": "Relay: figures in this notebook are interactive.",
  };
}
