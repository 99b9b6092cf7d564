import { display, type MimeBundle } from "relay/notebook/live/display.ts";

/** What `display` does, for tests that look at what is sent. */
export type Display = typeof display;

/**
 * One output that is updated in place. What changes faster than it may be sent is left out, but the last state is not.
 */
export class LiveOutput {
  /** Name of the output. */
  readonly displayId = crypto.randomUUID();
  readonly #everyMs: number;
  readonly #send: Display;
  #isShown = false;
  #pending: (() => MimeBundle) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #nextAt = -Infinity;
  #sent: Promise<void> = Promise.resolve();

  /** @param everyMs shortest time between two updates, milliseconds */
  constructor(everyMs: number, send: Display = display) {
    this.#everyMs = everyMs;
    this.#send = send;
  }

  /** Shows what `bundle` makes, now or as soon as an update may be sent; a newer call takes the place of a waiting one. */
  update(bundle: () => MimeBundle): void {
    this.#pending = bundle;
    if (this.#timer !== undefined) return;
    const waitMs = this.#nextAt - performance.now();
    if (waitMs <= 0) this.#flush();
    else this.#timer = setTimeout(() => this.#flush(), waitMs);
  }

  /** Shows the last state and resolves when everything is sent. */
  async end(bundle: MimeBundle): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pending = () => bundle;
    this.#flush();
    await this.#sent;
  }

  #flush(): void {
    this.#timer = undefined;
    const startedAt = performance.now();
    const bundle = this.#pending!();
    this.#pending = undefined;
    const update = this.#isShown;
    this.#isShown = true;
    this.#sent = this.#sent.then(() => this.#send(bundle, { displayId: this.displayId, update }));
    const now = performance.now();
    // What is costly to make is made less often, so that the kernel has time for other cells.
    this.#nextAt = now + Math.max(this.#everyMs, 4 * (now - startedAt));
  }
}
