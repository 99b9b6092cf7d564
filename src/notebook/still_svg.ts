/**
 * Plotly in jsdom, which has no layout: what Plotly asks of text, its width and height, is measured in the font of the still.
 * @module
 */
import { JSDOM } from "jsdom";
import plotlySource from "plotly.js-cartesian-dist-min/plotly-cartesian.min.js" with { type: "text" };
import type { StillFont } from "relay/notebook/still_text.ts";

/** Size of a still in CSS pixels. */
export interface StillSize {
  readonly width: number;
  readonly height: number;
}

interface PlotlyWindow {
  eval(source: string): void;
  readonly JSON: typeof JSON;
  readonly URL: { createObjectURL?: () => string; revokeObjectURL?: () => void };
  readonly SVGElement: { readonly prototype: Element };
  readonly HTMLCanvasElement: { readonly prototype: { getContext: () => null } };
  readonly Plotly: {
    toImage(figure: unknown, options: StillSize & { format: "svg" }): Promise<string>;
  };
}

/** Draws Plotly figures as SVG. */
export class StillSvg {
  readonly #window: PlotlyWindow;

  /** Starts Plotly, which takes most of a second. */
  constructor(font: StillFont) {
    const dom = new JSDOM("<!doctype html><body></body>", {
      runScripts: "outside-only",
      pretendToBeVisual: true,
    });
    this.#window = dom.window as PlotlyWindow;
    measureText(this.#window, font);
    this.#window.URL.createObjectURL = () => "blob:none";
    this.#window.URL.revokeObjectURL = () => {};
    this.#window.HTMLCanvasElement.prototype.getContext = () => null;
    this.#window.eval(plotlySource);
  }

  /** @param json the figure as `packJson` makes it */
  async draw(json: string, { width, height }: StillSize): Promise<string> {
    const { Plotly, JSON } = this.#window;
    const url = await Plotly.toImage(JSON.parse(json), { format: "svg", width, height });
    const svg = decodeURIComponent(url.slice(url.indexOf(",") + 1));
    // jsdom quotes the references of styles, which resvg does not know: a colour bar would be black
    return svg.replace(/url\('(#[^')]*)'\)/g, "url($1)");
  }
}

function measureText(window: PlotlyWindow, font: StillFont): void {
  const svg = window.SVGElement.prototype as unknown as Record<string, unknown>;
  svg.getBBox = function (this: Element) {
    return boxOf(this, this, font);
  };
  svg.getComputedTextLength = function (this: Element) {
    return boxOf(this, this, font).width;
  };
  svg.getBoundingClientRect = function (this: Element) {
    return boxOf(this, null, font);
  };
}

/** The box around all text in an element, in the coordinates of `frame`, which holds it; of the whole drawing when null. */
function boxOf(element: Element, frame: Element | null, font: StillFont): DOMRect {
  const texts = element.tagName === "text" ? [element] : [...element.querySelectorAll("text")];
  const corners = (texts.length > 0 || element.tagName !== "tspan" ? texts : [element]).flatMap((text) => {
    const toFrame = transformTo(frame, text);
    return cornersOf(text, font).map(([x, y]) =>
      toFrame.reduce(([u, v], move) => move(u, v), [x, y] as Point)
    );
  });
  if (corners.length === 0) return rectangle(0, 0, 0, 0);
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  return rectangle(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys));
}

type Point = [x: number, y: number];

function rectangle(left: number, top: number, right: number, bottom: number): DOMRect {
  return { x: left, y: top, width: right - left, height: bottom - top, left, top, right, bottom } as DOMRect;
}

/** The corners of a text element before its own transform. */
function cornersOf(element: Element, font: StillFont): Point[] {
  const sizePx = sizeOf(element);
  const broken = [...element.querySelectorAll("tspan.line")];
  const lines = (broken.length > 0 ? broken : [element]).map((line) => line.textContent ?? "");
  const width = Math.max(...lines.map((line) => font.width(line, sizePx)));
  if (width === 0) return [];
  const anchor = styled(element, "text-anchor") ?? "start";
  const left = Number(element.getAttribute("x") ?? 0) - width * ({ middle: 0.5, end: 1 }[anchor] ?? 0);
  const top = Number(element.getAttribute("y") ?? 0) - font.ascent(sizePx);
  const bottom = top + font.height(sizePx) + (lines.length - 1) * 1.3 * sizePx;
  return [[left, top], [left + width, top], [left, bottom], [left + width, bottom]];
}

type Move = (x: number, y: number) => Point;

/** The moves of the element's own transform and those around it, innermost first, up to `frame`. */
function transformTo(frame: Element | null, element: Element): Move[] {
  const moves: Move[] = [];
  for (let at: Element | null = element; at && at !== frame; at = at.parentElement) {
    const transform = at.getAttribute("transform");
    if (transform) moves.push(...movesOf(transform).reverse());
  }
  return moves;
}

/** `translate(x,y)`, `rotate(degrees,x,y)` and `scale(k)`, which is all that Plotly writes. */
function movesOf(transform: string): Move[] {
  return [...transform.matchAll(/(translate|rotate|scale)\(([^)]*)\)/g)].map(([, name, list]): Move => {
    const [a = 0, b = 0, c = 0] = list!.split(/[ ,]+/).map(Number);
    if (name === "translate") return (x, y) => [x + a, y + b];
    if (name === "scale") return (x, y) => [x * a, y * (b || a)];
    const [cos, sin] = [Math.cos(a * Math.PI / 180), Math.sin(a * Math.PI / 180)];
    return (x, y) => [b + cos * (x - b) - sin * (y - c), c + sin * (x - b) + cos * (y - c)];
  });
}

function sizeOf(element: Element): number {
  return parseFloat(styled(element, "font-size") ?? "12") || 12;
}

/** A property that the element or one above it states. */
function styled(element: Element | null, property: string): string | undefined {
  for (let at = element; at; at = at.parentElement) {
    const own = (at as unknown as { style?: CSSStyleDeclaration }).style?.getPropertyValue(property);
    if (own) return own;
    const attribute = at.getAttribute(property);
    if (attribute) return attribute;
  }
  return undefined;
}
