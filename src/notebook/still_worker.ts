/** A Worker that draws figures as PNG: the same figure gives the same bytes on every machine. */
import { initWasm, Resvg } from "@resvg/resvg-wasm";
import { encodeIndexedPng } from "relay/notebook/indexed_png.ts";
import { type StillSize, StillSvg } from "relay/notebook/still_svg.ts";
import { STILL_FONT_FAMILY, StillFont } from "relay/notebook/still_text.ts";

/** A figure to be drawn. */
export interface StillRequest extends StillSize {
  readonly id: number;
  /** The figure as `packJson` makes it. */
  readonly json: string;
}

/** The PNG, or why there is none. */
export type StillReply =
  & { readonly id: number }
  & ({ readonly png: Uint8Array } | { readonly error: string });

/** Pixels of the PNG a CSS pixel, so that it is sharp on fine screens and paper. */
const ZOOM = 2;

const started = start();

async function start(): Promise<{ svg: StillSvg; font: StillFont }> {
  const wasm = new URL(import.meta.resolve("@resvg/resvg-wasm/index_bg.wasm"));
  await initWasm(await Deno.readFile(wasm));
  const font = await StillFont.read();
  return { svg: new StillSvg(font), font };
}

async function draw({ json, width, height }: StillRequest): Promise<Uint8Array> {
  const { svg, font } = await started;
  const picture = new Resvg(await svg.draw(json, { width, height }), {
    fitTo: { mode: "zoom", value: ZOOM },
    background: "white",
    font: {
      fontBuffers: [font.bytes],
      defaultFontFamily: STILL_FONT_FAMILY,
      sansSerifFamily: STILL_FONT_FAMILY,
    },
  });
  const { width: widthPx, height: heightPx, pixels } = picture.render();
  return await encodeIndexedPng({ width: widthPx, height: heightPx, data: pixels });
}

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<StillRequest>) => void;
  postMessage: (reply: StillReply) => void;
};
scope.onmessage = async ({ data }) => {
  try {
    scope.postMessage({ id: data.id, png: await draw(data) });
  } catch (error) {
    scope.postMessage({ id: data.id, error: error instanceof Error ? error.message : String(error) });
  }
};
