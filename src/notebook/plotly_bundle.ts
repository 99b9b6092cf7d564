import source from "plotly.js-cartesian-dist-min/plotly-cartesian.min.js" with { type: "text" };

/** Plotly's cartesian build as a page carries it. */
export interface PlotlyBundle {
  /** Source text, gzipped, base64. */
  readonly gzipBase64: string;
  /** CSP source expression of the inflated script. */
  readonly cspHash: string;
}

let bundle: Promise<PlotlyBundle> | undefined;

/** Compresses Plotly once a process. */
export function plotlyBundle(): Promise<PlotlyBundle> {
  return bundle ??= compress();
}

async function compress(): Promise<PlotlyBundle> {
  const stream = new Blob([source]).stream().pipeThrough(new CompressionStream("gzip"));
  const zipped = await new Response(stream).bytes();
  return { gzipBase64: zipped.toBase64(), cspHash: await cspHash(source) };
}

/** `'sha256-…'` of an inline script, as script-src wants it. */
export async function cspHash(script: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(script));
  return `'sha256-${new Uint8Array(digest).toBase64()}'`;
}
