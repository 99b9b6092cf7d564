import type { Figure } from "relay/plot/figure.ts";
import { packJson } from "relay/plot/pack_json.ts";
import { isInKernel } from "relay/notebook/live/display.ts";
import type { StillReply, StillRequest } from "relay/notebook/still_worker.ts";

/** Width of every still, CSS pixels; the PNG has twice as many. */
const WIDTH_PX = 700;

/**
 * A picture of a figure without a browser, light, 700 CSS pixels wide at twice the resolution. It is drawn in a Worker, so that the
 * kernel answers meanwhile.
 * @returns PNG; the same figure gives the same bytes
 * @throws {Error} when Plotly refuses the figure
 */
export async function stillPng(figure: Figure): Promise<Uint8Array> {
  const artist = artists.at(-1) ?? new Artist();
  return await artist.draw(packJson(figure), figure.layout.height);
}

/** Starts what draws stills, so that the first one does not wait for it: a second and a half of one core, in the background. */
export function prepareStills(): void {
  if (artists.length === 0) new Artist();
}

/** The one at work, if any. */
const artists: Artist[] = [];

type Waiting = PromiseWithResolvers<Uint8Array>;

/** The Worker and what it owes. In a notebook it stays; elsewhere it ends with its last picture, so that a program can end. */
class Artist {
  readonly #worker = new Worker(new URL("./still_worker.ts", import.meta.url), { type: "module" });
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  constructor() {
    artists.push(this);
    this.#worker.onmessage = ({ data }: MessageEvent<StillReply>) => this.#take(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      const error = new Error(`Cannot draw a still: ${event.message}`);
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#end();
    };
  }

  draw(json: string, height: number): Promise<Uint8Array> {
    const id = ++this.#lastId;
    const waiting: Waiting = Promise.withResolvers();
    this.#waiting.set(id, waiting);
    const request: StillRequest = { id, json, width: WIDTH_PX, height };
    this.#worker.postMessage(request);
    return waiting.promise;
  }

  #take(reply: StillReply): void {
    const { resolve, reject } = this.#waiting.get(reply.id)!;
    this.#waiting.delete(reply.id);
    if ("png" in reply) resolve(reply.png);
    else reject(new Error(`Cannot draw a still: ${reply.error}`));
    if (this.#waiting.size === 0 && !isInKernel()) this.#end();
  }

  #end(): void {
    this.#worker.terminate();
    artists.length = 0;
  }
}
