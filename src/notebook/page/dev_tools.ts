/** An answer or event of the DevTools protocol. */
interface Message {
  readonly id?: number;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

/** A browser's DevTools protocol over a WebSocket, as far as printing needs it. */
export class DevTools {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, PromiseWithResolvers<Readonly<Record<string, unknown>>>>();
  #sessionId: string | undefined;
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#take(JSON.parse(String(data)));
    socket.onclose = () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("the browser ended"));
    };
  }

  /**
   * Opens an empty tab.
   * @param address of the browser, `ws://127.0.0.1:…`
   */
  static async openTab(address: string): Promise<DevTools> {
    const socket = new WebSocket(address);
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onerror = () => reject(new Error(`no answer from ${address}`));
    });
    const tools = new DevTools(socket);
    const { targetId } = await tools.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await tools.send("Target.attachToTarget", { targetId, flatten: true });
    tools.#sessionId = String(sessionId);
    return tools;
  }

  /** @throws {Error} when the browser refuses, or ends */
  async send(
    method: string,
    params: Readonly<Record<string, unknown>> = {},
  ): Promise<Readonly<Record<string, unknown>>> {
    const id = ++this.#lastId;
    const waiting = Promise.withResolvers<Readonly<Record<string, unknown>>>();
    this.#waiting.set(id, waiting);
    const { promise } = waiting;
    this.#socket.send(
      JSON.stringify({ id, method, params, ...(this.#sessionId && { sessionId: this.#sessionId }) }),
    );
    try {
      return await promise;
    } finally {
      this.#waiting.delete(id);
    }
  }

  /** The value of an expression in the page, undefined while the page is being changed. */
  async evaluate(expression: string): Promise<unknown> {
    const { result } = await this.send("Runtime.evaluate", { expression, returnByValue: true });
    return (result as { value?: unknown }).value;
  }

  close(): void {
    this.#socket.close();
  }

  #take({ id, result, error }: Message): void {
    const waiting = id === undefined ? undefined : this.#waiting.get(id);
    if (error) waiting?.reject(new Error(error.message));
    else waiting?.resolve(result ?? {});
  }
}
