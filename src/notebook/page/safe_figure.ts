/**
 * Figures from a notebook file are data of strangers: what could load, link or act is taken out before Plotly sees them.
 * @module
 */

/** Traces of Plotly's cartesian build that load nothing. */
const TRACE_TYPES = new Set([
  "scatter",
  "bar",
  "box",
  "contour",
  "heatmap",
  "histogram",
  "histogram2d",
  "histogram2dcontour",
  "pie",
  "scatterternary",
  "violin",
]);

/** Buttons and sliders call Plotly with what stands in the file; pictures and maps load. */
const LEFT_OUT = new Set([
  ...[
    "updatemenus",
    "sliders",
    "images",
    "source",
    "href",
    "mapbox",
    "map",
    "geo",
    "scene",
    "config",
    "modebar",
  ],
  ...["__proto__", "constructor", "prototype"],
]);

/** Least and greatest height of a figure, CSS pixels. */
const HEIGHT_PX = { least: 120, most: 1600, default: 420 };

/** What a page draws. */
export interface SafeFigure {
  readonly data: readonly unknown[];
  readonly layout: Readonly<Record<string, unknown>>;
  readonly heightPx: number;
}

/**
 * The part of a figure that a page may draw, as wide as the page lets it, or undefined when Plotly's cartesian build cannot draw it.
 * Strings keep the markup `<b> <i> <em> <br> <sub> <sup>`; of anything else the brackets are shown.
 */
export function safeFigure(value: unknown): SafeFigure | undefined {
  if (!isRecord(value) || !Array.isArray(value["data"])) return undefined;
  const layout = isRecord(value["layout"]) ? value["layout"] : {};
  const drawable = value["data"].every((trace) =>
    isRecord(trace) && TRACE_TYPES.has(String(trace["type"] ?? "scatter"))
  );
  if (!drawable) return undefined;
  const asked = Number(layout["height"]);
  const heightPx = asked > 0 ? Math.min(HEIGHT_PX.most, Math.max(HEIGHT_PX.least, asked)) : HEIGHT_PX.default;
  const { width: _, ...rest } = safe(layout) as Record<string, unknown>;
  return {
    data: safe(value["data"]) as unknown[],
    layout: { ...rest, height: heightPx, autosize: true },
    heightPx,
  };
}

/** A copy of JSON without what is left out, its strings without links. */
function safe(value: unknown): unknown {
  if (typeof value === "string") return safeText(value);
  if (Array.isArray(value)) return value.map(safe);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([key, child]) => !LEFT_OUT.has(key) && !isUrl(child))
      .map(([key, child]) => [key, safe(child)]),
  );
}

/** Plotly reads tags in names, titles, tick texts and hover texts; entities it shows as the characters that they name. */
function safeText(text: string): string {
  return text.replace(/<(?!\/?(?:b|i|em|br|sub|sup)\s*\/?>)/gi, "&lt;");
}

/** A colour that would be loaded; Plotly refuses it, but complains aloud. */
function isUrl(value: unknown): boolean {
  return typeof value === "string" && /^\s*url\(/i.test(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
