import { EXPORTS_MIME, exportsProbeCode, parseExportsAnswer } from "relay/notebook/kernel/exports_probe.ts";
import type { JupyterWire } from "relay/notebook/kernel/jupyter_wire.ts";
import { KernelProcess } from "relay/notebook/kernel/kernel_process.ts";
import { FENCE_MIME, fenceCode, preludeCode } from "relay/notebook/kernel/prelude.ts";
import { RawMessage } from "relay/notebook/kernel/raw_message.ts";
import { type ClientType, ZmtpSocket } from "relay/notebook/kernel/zmtp_socket.ts";

const START_MS = 60_000;
const DIAL_MS = 15;
/** A subscriber that joins late misses messages, so that the first fence is repeated. */
const FIRST_FENCE_MS = 100;
/** A cell that has broken `Deno.jupyter` has no more markers; its answer must come all the same. */
const FENCE_MS = 10_000;
/** Of our own requests, outputs can still come for the last ones only. */
const REMEMBERED_REQUESTS = 16;

/** Where the kernel's messages go that belong to requests of others. */
export interface InnerListeners {
  /** Answers on the shell channel. */
  shell(message: RawMessage): void;
  control(message: RawMessage): void;
  /** `isOwn` when the kernel thinks that a request of ours has caused it: a fence, after which nothing else has run. */
  iopub(message: RawMessage, isOwn: boolean): void;
  stdin(message: RawMessage): void;
}

type Channel = "shell" | "control" | "stdin" | "iopub";

/** The real kernel behind the go-between. It signs with the same key, so that messages pass as they are. */
export class InnerKernel {
  readonly #process: KernelProcess;
  readonly #wire: JupyterWire;
  readonly #sockets: Readonly<Record<Channel, ZmtpSocket>>;
  readonly #listeners: InnerListeners;
  readonly #replies = new Map<string, (message: RawMessage) => void>();
  readonly #fences = new Map<string, () => void>();
  readonly #probes = new Map<string, (names: readonly string[] | undefined) => void>();
  readonly #own = new Set<string>();

  private constructor(
    process: KernelProcess,
    wire: JupyterWire,
    sockets: Readonly<Record<Channel, ZmtpSocket>>,
    listeners: InnerListeners,
  ) {
    this.#process = process;
    this.#wire = wire;
    this.#sockets = sockets;
    this.#listeners = listeners;
    this.#pump("shell", (message) => this.#takeReply(message));
    this.#pump("iopub", (message) => this.#takeOutput(message));
    this.#pump("control", (message) => listeners.control(message));
    this.#pump("stdin", (message) => listeners.stdin(message));
  }

  /** Starts the kernel in the folder given and waits until it answers. */
  static async start(
    { cwd, key, wire, listeners }: {
      readonly cwd: string;
      readonly key: string;
      readonly wire: JupyterWire;
      readonly listeners: InnerListeners;
    },
  ): Promise<InnerKernel> {
    const process = await KernelProcess.spawn({ cwd, key, isDetached: false });
    const { shell_port, control_port, stdin_port, iopub_port } = process.connection;
    const [shell, control, stdin, iopub] = await Promise.all([
      dial(shell_port, "DEALER"),
      dial(control_port, "DEALER"),
      dial(stdin_port, "DEALER"),
      dial(iopub_port, "SUB"),
    ]);
    const kernel = new InnerKernel(process, wire, { shell, control, stdin, iopub }, listeners);
    await kernel.#prepare();
    return kernel;
  }

  /** Settles with how the process ended, in words. */
  get ended(): Promise<string> {
    return this.#process.ended;
  }

  interrupt(): void {
    this.#process.signal("SIGINT");
  }

  async end(): Promise<void> {
    await this.#process.end();
  }

  /** Passes a request on; what answers it goes to the listeners. */
  forward(channel: "shell" | "control" | "stdin", frames: readonly Uint8Array[]): void {
    this.#sockets[channel].send(frames).catch(() => {}); // a kernel that has ended says so by `ended`
  }

  /** Passes a request to the shell channel on and gives its answer. */
  ask(id: string, frames: readonly Uint8Array[]): Promise<RawMessage> {
    const { promise, resolve } = Promise.withResolvers<RawMessage>();
    this.#replies.set(id, resolve);
    this.forward("shell", frames);
    return promise;
  }

  /** Resolves when everything that was sent before has gone to the listeners. */
  async fence(): Promise<void> {
    const id = crypto.randomUUID();
    const arrived = new Promise<void>((resolve) => this.#fences.set(id, resolve));
    const answered = this.runSilently(fenceCode(id));
    await Promise.race([arrived, answered.then(() => delay(FENCE_MS))]);
    this.#fences.delete(id);
  }

  /** What a module exports as the cells see it; nothing when it cannot be loaded. */
  async exportsOf(specifier: string): Promise<readonly string[] | undefined> {
    const id = crypto.randomUUID();
    const answered = new Promise<readonly string[] | undefined>((resolve) => this.#probes.set(id, resolve));
    const failed = this.runSilently(exportsProbeCode(id, specifier)).then(() => this.fence());
    const names = await Promise.race([answered, failed.then(() => undefined)]);
    this.#probes.delete(id);
    return names;
  }

  async #prepare(): Promise<void> {
    let isSubscribed = false;
    while (!isSubscribed) {
      isSubscribed = await Promise.race([
        this.fence().then(() => true),
        delay(FIRST_FENCE_MS).then(() => false),
      ]);
    }
    await this.runSilently(preludeCode());
    await this.fence();
  }

  /** Runs code of ours; what it shows goes to the listeners as our own. */
  async runSilently(code: string): Promise<void> {
    const message = this.#wire.compose("execute_request", {
      code,
      silent: true,
      store_history: false,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: false,
    });
    const id = message.header.msg_id;
    this.#own.add(id);
    const [oldest] = this.#own;
    if (this.#own.size > REMEMBERED_REQUESTS) this.#own.delete(oldest!);
    await this.ask(id, this.#wire.pack(message));
  }

  async #pump(channel: Channel, take: (message: RawMessage) => void): Promise<void> {
    try {
      for await (const frames of this.#sockets[channel]) take(new RawMessage(frames));
    } catch (error) {
      this.#process.fail((error as Error).message);
    }
  }

  #takeReply(message: RawMessage): void {
    const resolve = this.#replies.get(message.parentId);
    if (!resolve) return this.#listeners.shell(message);
    this.#replies.delete(message.parentId);
    resolve(message);
  }

  #takeOutput(message: RawMessage): void {
    const isDisplay = message.type === "display_data";
    const fence = isDisplay ? message.shortData(FENCE_MIME) : undefined;
    const answer = isDisplay ? parseExportsAnswer(message.shortData(EXPORTS_MIME)) : undefined;
    if (fence !== undefined) this.#fences.get(String(fence))?.();
    else if (answer) this.#probes.get(answer.id)?.(answer.names);
    else this.#listeners.iopub(message, this.#own.has(message.parentId));
  }
}

/** Knocks until the kernel opens. */
async function dial(port: number, type: ClientType): Promise<ZmtpSocket> {
  const deadline = performance.now() + START_MS;
  for (;;) {
    try {
      return await ZmtpSocket.connect(port, type, { identity: "relay" });
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(DIAL_MS);
    }
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
