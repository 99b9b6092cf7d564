/**
 * Plotly figures as plain data: the part of Plotly's schema that our figures use, and nothing that runs.
 * @module
 */

/** Numbers of a trace; typed arrays are packed by `packJson` before they become JSON. */
export type Numbers = readonly number[] | Float64Array | Float32Array | Int32Array;

/** What a trace shows, for switching parts of a figure on and off. */
export type TraceRole = "curve" | "band" | "run" | "recorded" | "target" | "summary";

/** Position along an axis: numbers, or names of categories. */
type Coordinates = Numbers | readonly string[];

interface ErrorBars {
  readonly type: "data";
  readonly symmetric: false;
  readonly array: Numbers;
  readonly arrayminus: Numbers;
  readonly color: string;
  readonly thickness: number;
  readonly width: number;
}

/** A scatter trace, or bars. `scattergl` is left out on purpose: its shaders are compiled by `new Function`, which a page's CSP forbids. */
export interface Trace {
  readonly type: "scatter" | "bar";
  /** Of a scatter trace. */
  readonly mode?: "lines" | "markers" | "lines+markers" | "none";
  readonly name: string;
  readonly x: Coordinates;
  readonly y: Coordinates;
  /** Of bars: where they begin; `y` then counts from there. */
  readonly base?: Numbers;
  /** Of bars: in units of the x axis. */
  readonly width?: Numbers;
  /** Ours; Plotly hands it through. */
  readonly meta: { readonly arm: string; readonly role: TraceRole };
  readonly legendgroup?: string;
  readonly showlegend: boolean;
  /** Entries of higher rank come later in the legend; 1000 unless given. */
  readonly legendrank?: number;
  readonly line?: {
    readonly color?: string;
    readonly width: number;
    readonly dash?: string;
    readonly shape?: "linear" | "hv";
  };
  readonly marker?: {
    /** One colour, one a point, or numbers that the layout's colour axis turns into colours; those stay unpacked. */
    readonly color: string | readonly number[] | readonly string[];
    /** Pixels. */
    readonly size?: number;
    readonly coloraxis?: "coloraxis";
    readonly symbol?: string;
    readonly opacity?: number;
    readonly line?: { readonly color: string; readonly width: number };
  };
  readonly error_x?: ErrorBars;
  readonly error_y?: ErrorBars;
  readonly fill?: "toself";
  readonly fillcolor?: string;
  readonly opacity?: number;
  readonly customdata?: readonly (readonly (string | number)[])[];
  readonly hoverinfo?: "skip";
  readonly hovertemplate?: string;
  readonly connectgaps?: boolean;
}

interface Font {
  readonly family?: string;
  readonly size?: number;
  readonly color?: string;
}

/** An axis. */
export interface Axis {
  readonly title?: { readonly text: string; readonly standoff?: number; readonly font?: Font };
  readonly type?: "linear" | "log" | "category";
  readonly range?: readonly [number, number];
  readonly rangemode?: "tozero" | "normal";
  readonly automargin?: boolean;
  readonly gridcolor?: string;
  readonly linecolor?: string;
  readonly showline?: boolean;
  readonly showgrid?: boolean;
  readonly zeroline?: boolean;
  readonly zerolinecolor?: string;
  readonly ticks?: "outside" | "";
  readonly tickcolor?: string;
  readonly tickfont?: Font;
  readonly tickformat?: string;
  readonly tickvals?: readonly number[];
  readonly ticktext?: readonly string[];
  readonly hoverformat?: string;
  readonly separatethousands?: boolean;
  readonly fixedrange?: boolean;
  readonly nticks?: number;
  /** Pixels to the right, or up. */
  readonly ticklabelshift?: number;
}

/** Turns the numbers of markers into colours, with a bar that says how. */
interface ColorAxis {
  readonly cmin: number;
  readonly cmax: number;
  /** Colours at fractions of the range; the same in every theme, so they must stand out from each paper. */
  readonly colorscale: readonly (readonly [number, string])[];
  readonly colorbar: {
    readonly title: { readonly text: string; readonly side: "right" | "top"; readonly font: Font };
    readonly thickness: number;
    readonly outlinewidth: number;
    readonly tickfont: Font;
    readonly ticks: "";
    readonly nticks: number;
    readonly tickangle?: number;
    readonly orientation?: "h";
    readonly x?: number;
    readonly xanchor?: "left" | "right";
    readonly y?: number;
    readonly yanchor?: "bottom";
    /** Space around it, pixels. */
    readonly ypad?: number;
    readonly len?: number;
  };
}

/** The layout of a figure. */
export interface Layout {
  readonly font: Font;
  readonly paper_bgcolor: string;
  readonly plot_bgcolor: string;
  readonly colorway: readonly string[];
  readonly height: number;
  readonly margin: { readonly l: number; readonly r: number; readonly t: number; readonly b: number };
  readonly xaxis: Axis;
  readonly yaxis: Axis;
  readonly coloraxis?: ColorAxis;
  readonly showlegend: boolean;
  readonly legend?: {
    readonly orientation: "h";
    readonly x: number;
    readonly y: number;
    readonly xanchor: "left";
    readonly yanchor: "bottom";
    readonly font?: Font;
    readonly groupclick?: "togglegroup";
    readonly tracegroupgap?: number;
  };
  readonly hovermode: "x unified" | "closest";
  readonly barmode?: "overlay";
  readonly hoverlabel: { readonly bgcolor: string; readonly bordercolor: string; readonly font: Font };
  readonly separators: string;
  readonly shapes?: readonly Shape[];
  readonly annotations?: readonly Annotation[];
}

interface Shape {
  readonly type: "line";
  readonly xref: "x" | "paper";
  readonly yref: "y" | "paper";
  readonly x0: number;
  readonly x1: number;
  readonly y0: number;
  readonly y1: number;
  readonly layer: "below";
  readonly line: { readonly color: string; readonly width: number; readonly dash: string };
}

interface Annotation {
  readonly text: string;
  readonly xref: "x" | "paper";
  readonly yref: "y" | "paper";
  readonly x: number;
  readonly y: number;
  readonly xanchor: "left" | "center" | "right";
  readonly yanchor: "top" | "middle" | "bottom";
  readonly showarrow: false;
  readonly font: Font;
}

/** A figure for `Plotly.newPlot(element, data, layout)`. */
export interface Figure {
  readonly data: readonly Trace[];
  readonly layout: Layout;
}
