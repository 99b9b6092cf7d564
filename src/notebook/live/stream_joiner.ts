/** Standard output or standard error of a cell. */
export type StreamName = "stdout" | "stderr";

/** Longest text that is held back, characters. */
const MAX_HELD = 1 << 16;
/** Longest time that text is held back while the cell works without a pause, milliseconds. */
const MAX_HELD_MS = 200;
/** Shortest time between two messages once a cell has sent many, milliseconds. */
const PAUSE_MS = 50;
/** What many is. */
const MANY_MESSAGES = 40;

/**
 * Joins what a cell prints into few messages: each message costs the kernel about a millisecond, and those of a cell that prints
 * thousands of lines would still be on their way when the next cell runs.
 */
export class StreamJoiner {
  readonly #send: (name: StreamName, text: string) => void;
  #name: StreamName = "stdout";
  #held: string[] = [];
  #size = 0;
  #sentAt = 0;
  #sentCount = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(send: (name: StreamName, text: string) => void) {
    this.#send = send;
  }

  get isHolding(): boolean {
    return this.#held.length > 0;
  }

  put(name: StreamName, text: string): void {
    if (name !== this.#name) this.flush();
    this.#name = name;
    this.#held.push(text);
    this.#size += text.length;
    const sinceMs = performance.now() - this.#sentAt;
    if (this.#size > MAX_HELD || (sinceMs > MAX_HELD_MS && this.#held.length > 1)) return this.flush();
    const waitMs = this.#sentCount < MANY_MESSAGES ? 0 : Math.max(0, PAUSE_MS - sinceMs);
    this.#timer ??= setTimeout(() => this.flush(), waitMs);
  }

  /** Sends what is held. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.isHolding) return;
    const text = this.#held.join("");
    this.#held = [];
    this.#size = 0;
    this.#sentAt = performance.now();
    this.#sentCount++;
    this.#send(this.#name, text);
  }

  /** The next message may go out at once: a new cell begins. */
  endOfCell(): void {
    this.flush();
    this.#sentCount = 0;
  }
}
