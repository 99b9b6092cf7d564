import { html, jsonBlock, type Markup } from "relay/notebook/html.ts";
import type { ClaimView, EpisodeView } from "relay/notebook/relay_output.ts";
import { Headings } from "relay/notebook/page/headings.ts";
import type { SafeFigure } from "relay/notebook/page/safe_figure.ts";

/** A claim and where it stands in the page. */
export interface PlacedClaim {
  readonly claim: ClaimView;
  /** Id of its element. */
  readonly id: string;
}

/** What the cells of a page add to the page as a whole. */
export class PageParts {
  readonly headings = new Headings();
  readonly claims: PlacedClaim[] = [];
  /** Roles of the traces of all figures, see plot/figure.ts. */
  readonly traceRoles = new Set<string>();
  readonly #blocks: Markup[] = [];
  #figures = 0;
  #replays = 0;

  /** Adds a figure's data; the page's script draws it into the element that names its id. */
  addFigure({ data, layout }: SafeFigure): string {
    for (const trace of data as { meta?: { role?: unknown } }[]) {
      this.traceRoles.add(String(trace.meta?.role));
    }
    const id = `figure-${++this.#figures}`;
    this.#blocks.push(jsonBlock(id, JSON.stringify({ data, layout })));
    return id;
  }

  /** Adds an episode's data, as {@link addFigure}. */
  addReplay(episode: EpisodeView): string {
    const id = `replay-${++this.#replays}`;
    this.#blocks.push(jsonBlock(id, JSON.stringify(episode)));
    return id;
  }

  /** Adds a claim to the summary. */
  addClaim(claim: ClaimView): PlacedClaim {
    const placed = { claim, id: `claim-${this.claims.length + 1}` };
    this.claims.push(placed);
    return placed;
  }

  /** Whether the page needs Plotly. */
  get hasFigures(): boolean {
    return this.#figures > 0;
  }

  /** The data blocks, which a browser does not run. */
  get blocks(): Markup {
    return html`${this.#blocks}`;
  }
}
