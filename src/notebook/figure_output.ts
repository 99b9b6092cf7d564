import type { Figure } from "relay/plot/figure.ts";
import { packJson } from "relay/plot/pack_json.ts";
import { html, inScript, Markup, scriptJson } from "relay/notebook/html.ts";
import { display, isInKernel, type MimeBundle } from "relay/notebook/live/display.ts";
import { PLOTLY_MIME, RELAY_MIME, type RelayOutput } from "relay/notebook/relay_output.ts";
import { stillPng } from "relay/notebook/still.ts";

/** A figure of anybody's, as Plotly takes it. */
export interface PlainFigure {
  readonly data: readonly object[];
  readonly layout?: object;
}

/** Height of a figure that says none, CSS pixels. */
const DEFAULT_HEIGHT_PX = 420;

/** What stands around a figure. */
export interface FigureText {
  /** A few words; without them the figure has no caption. */
  readonly title: string;
  /** What is drawn and how to read it. */
  readonly caption?: string;
}

/** How a figure is shown. */
export interface FigureBundleOptions extends FigureText {
  /** The still for where scripts do not run, a PNG at twice the size that it is shown in. */
  readonly still?: Uint8Array | undefined;
  /** Name of an output that is updated in place: zoom and legend outlive an update. */
  readonly key?: string;
}

/**
 * Shows a figure under the running cell: interactive, with a still for where scripts do not run. Outside a notebook it does nothing.
 *
 * @example
 * ```ts ignore
 * await show(learningCurves(results.input), { title: "Learning curves", caption: "Line: interquartile mean over seeds." });
 * ```
 */
export async function show(figure: Figure | PlainFigure, text: Partial<FigureText> = {}): Promise<void> {
  if (!isInKernel()) return;
  await display(await bundleWithStill(withLayout(figure), { title: "", ...text }));
}

/** A plain figure with the height that its place is given; what else it lacks Plotly fills in. */
function withLayout({ data, layout }: Figure | PlainFigure): Figure {
  return { data, layout: { height: DEFAULT_HEIGHT_PX, ...layout } } as unknown as Figure;
}

/** The bundle with its still; where none can be drawn, the figure itself is shown all the same and the text says why. */
export async function bundleWithStill(figure: Figure, options: FigureBundleOptions): Promise<MimeBundle> {
  try {
    return figureBundle(figure, { ...options, still: await stillPng(figure) });
  } catch (error) {
    const bundle = figureBundle(figure, options);
    return { ...bundle, "text/plain": `${bundle["text/plain"]} (${(error as Error).message})` };
  }
}

/** A figure as every front end and the exporter want it: Plotly's JSON, HTML that draws itself, a PNG, words. */
export function figureBundle(figure: Figure, options: FigureBundleOptions): MimeBundle {
  const { title, caption, still } = options;
  const json = packJson(figure);
  const output: RelayOutput = { kind: "figure", title, ...(caption === undefined ? {} : { caption }) };
  return {
    [PLOTLY_MIME]: JSON.parse(json),
    [RELAY_MIME]: output,
    "text/html": figureHtml(json, figure.layout.height, options),
    ...(still === undefined ? {} : { "image/png": still.toBase64() }),
    "text/plain": figureWords(title, caption),
  };
}

/** The script names no id: front ends rename ids, and the same output may be shown twice. */
function figureHtml(
  json: string,
  heightPx: number,
  { title, caption, still, key }: FigureBundleOptions,
): string {
  const place =
    html`<div class="relay-plot" role="img" aria-label="${title}" style="min-height:${heightPx}px">${
      still !== undefined &&
      html`
        <img alt="${title}" src="data:image/png;base64,${still
          .toBase64()}" style="width:100%;max-width:700px"><p
          class="relay-trust">Trust this notebook for the interactive figure.</p>
      `
    }</div>`;
  const queued = `(function (place) {
(window.relayQueue ??= []).push((Plotly, draw) => draw(place, ${inScript(json)}, ${scriptJson(key ?? null)}));
})(document.currentScript.previousElementSibling);`;
  const words = (title !== "" || caption !== undefined) &&
    html`<figcaption class="relay-caption">${
      title !== "" && html`
        <strong>${title}${caption !== undefined && "."}</strong>
      `
    }${caption ?? null}</figcaption>`;
  return html`<figure class="relay-figure" style="margin:0">${place}<script>${new Markup(
    queued,
  )}</script>${words}</figure>`.toString();
}

function figureWords(title: string, caption: string | undefined): string {
  const words = [title, caption].filter((part) => part !== undefined && part !== "").join(". ");
  return words === "" ? "Figure" : `Figure: ${words}`;
}
