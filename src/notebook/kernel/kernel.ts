/**
 * A Deno kernel of our own: started without Jupyter, asked over ZMTP, and fenced, so that what a cell shows has arrived when
 * `execute` ends.
 * @module
 */
import { type JupyterMessage, JupyterWire } from "relay/notebook/kernel/jupyter_wire.ts";
import { KernelProcess } from "relay/notebook/kernel/kernel_process.ts";
import {
  ANSWER_MIME,
  FENCE_MIME,
  fenceCode,
  preludeCode,
  questionCode,
} from "relay/notebook/kernel/prelude.ts";
import { type ClientType, ZmtpSocket } from "relay/notebook/kernel/zmtp_socket.ts";

/** Longest time that a kernel may need to start, milliseconds; usually it is a third of a second. */
const START_MS = 60_000;
/** Its ports were free when they were chosen, but another process may be faster. */
const START_TRIES = 3;
const DIAL_MS = 15;
/** A subscriber that joins late misses messages, so that the first fence is repeated. */
const FIRST_FENCE_MS = 100;
/** A cell that has broken `Deno.jupyter` sends no more markers; the run goes on all the same. */
const FENCE_MS = 10_000;

/** The kernel did not start, or died; the message says how and what it last wrote. */
export class KernelError extends Error {
  override name = "KernelError";
}

/** The kernel's answer to a cell. */
export interface ExecuteReply {
  readonly hasFailed: boolean;
  /** N of "In [N]". */
  readonly executionCount: number | null;
}

/** Receives what a cell shows, in order: messages of types stream, display_data, update_display_data, execute_result, error, clear_output. */
export type OutputListener = (type: string, content: Readonly<Record<string, unknown>>) => void;

/** How to start a kernel. */
export interface KernelOptions {
  /** Folder that the cells run in, the notebook's. */
  readonly cwd: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

interface Sockets {
  readonly shell: ZmtpSocket;
  readonly iopub: ZmtpSocket;
}

/** A running kernel. */
export class Kernel implements AsyncDisposable {
  readonly #process: KernelProcess;
  readonly #wire: JupyterWire;
  readonly #sockets: Sockets;
  readonly #replies = new Map<string, (message: JupyterMessage) => void>();
  /** Who waits for which marker or answer, by its id. */
  readonly #marks = new Map<string, (value: unknown) => void>();
  /** Rejects when the kernel dies. */
  readonly #death: Promise<never>;
  #listener: OutputListener = () => {};

  private constructor(process: KernelProcess, wire: JupyterWire, sockets: Sockets) {
    this.#process = process;
    this.#wire = wire;
    this.#sockets = sockets;
    this.#death = process.ended.then((how) => {
      throw new KernelError(`The kernel died: ${how}`);
    });
    this.#death.catch(() => {});
    this.#pump(sockets.shell, (message) => this.#takeReply(message));
    this.#pump(sockets.iopub, (message) => this.#takeOutput(message));
  }

  /**
   * Starts a kernel and waits until it answers.
   * @throws {KernelError} when it does not
   */
  static async start(options: KernelOptions): Promise<Kernel> {
    for (let triesLeft = START_TRIES - 1;; triesLeft--) {
      try {
        return await Kernel.#startOnce(options);
      } catch (error) {
        if (triesLeft === 0 || !(error instanceof KernelError)) throw error;
      }
    }
  }

  static async #startOnce(options: KernelOptions): Promise<Kernel> {
    const process = await KernelProcess.spawn(options);
    try {
      const sockets = await dialAll(process);
      const kernel = new Kernel(process, new JupyterWire(process.connection.key), sockets);
      await kernel.#prepare();
      return kernel;
    } catch (error) {
      await process.end();
      throw error;
    }
  }

  /** Process id of the kernel. */
  get pid(): number {
    return this.#process.pid;
  }

  /**
   * Runs code as a cell; when it ends, everything that the cell sent has gone to `listener`.
   * @throws {KernelError} when the kernel dies meanwhile
   */
  async execute(code: string, listener: OutputListener): Promise<ExecuteReply> {
    this.#listener = listener;
    try {
      const { content } = await this.#request("execute_request", {
        code,
        silent: false,
        store_history: true,
        user_expressions: {},
        allow_stdin: false,
        stop_on_error: true,
      });
      await this.#fence();
      const { status, execution_count: count } = content;
      return { hasFailed: status !== "ok", executionCount: typeof count === "number" ? count : null };
    } finally {
      this.#listener = () => {};
    }
  }

  /**
   * The value, as JSON has it, of an expression in the kernel; undefined when it fails. What it displays is dropped.
   * @param expression may await
   */
  async ask(expression: string): Promise<unknown> {
    const id = crypto.randomUUID();
    const guarded = `await (async () => (${expression}))().catch(() => undefined)`;
    return await this.#mark(id, questionCode(id, guarded));
  }

  /** Presses Stop: the cell sees it if it listens; a synchronous loop does not. */
  interrupt(): void {
    this.#process.signal("SIGINT");
  }

  /** Ends the kernel, whatever it is doing. */
  async stop(): Promise<void> {
    await this.#process.end();
    this.#sockets.shell.close();
    this.#sockets.iopub.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #prepare(): Promise<void> {
    let isConnected = false;
    while (!isConnected) {
      isConnected = await Promise.race([
        this.#fence().then(() => true),
        delay(FIRST_FENCE_MS).then(() => false),
      ]);
    }
    this.#marks.clear();
    await this.#silently(preludeCode());
    await this.#fence();
  }

  async #fence(): Promise<void> {
    const id = crypto.randomUUID();
    await this.#mark(id, fenceCode(id));
  }

  /** Runs code that sends a marker, and waits for it. */
  async #mark(id: string, code: string): Promise<unknown> {
    const arrived = new Promise<unknown>((resolve) => this.#marks.set(id, resolve));
    const answered = this.#silently(code).then(() => delay(FENCE_MS, { isWaitedFor: false }));
    try {
      return await Promise.race([arrived, answered, this.#death]);
    } finally {
      this.#marks.delete(id);
    }
  }

  async #silently(code: string): Promise<void> {
    await this.#request("execute_request", {
      code,
      silent: true,
      store_history: false,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: false,
    });
  }

  async #request(type: string, content: Readonly<Record<string, unknown>>): Promise<JupyterMessage> {
    const message = this.#wire.compose(type, content);
    const { msg_id: id } = message.header;
    const reply = new Promise<JupyterMessage>((resolve) => this.#replies.set(id, resolve));
    try {
      return await Promise.race([this.#sent(message).then(() => reply), this.#death]);
    } finally {
      this.#replies.delete(id);
    }
  }

  /** A write that fails means that the kernel is gone, which `#death` explains. */
  async #sent(message: JupyterMessage): Promise<void> {
    await this.#sockets.shell.send(this.#wire.pack(message)).catch(() => this.#death);
  }

  async #pump(socket: ZmtpSocket, take: (message: JupyterMessage) => void): Promise<void> {
    try {
      for await (const frames of socket) take(this.#wire.unpack(frames));
    } catch (error) {
      this.#process.fail((error as Error).message);
    }
  }

  #takeReply(message: JupyterMessage): void {
    this.#replies.get(message.parentHeader.msg_id ?? "")?.(message);
  }

  #takeOutput({ header, content }: JupyterMessage): void {
    const mark = markOf(content);
    if (mark) this.#marks.get(mark.id)?.(mark.value);
    else this.#listener(header.msg_type, content);
  }
}

/** The id of a fence's marker, or of an answer with its value. */
function markOf({ data }: Readonly<Record<string, unknown>>): { id: string; value?: unknown } | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const { [FENCE_MIME]: fence, [ANSWER_MIME]: answer } = data as Record<string, unknown>;
  if (typeof fence === "string") return { id: fence };
  return answer === undefined ? undefined : answer as { id: string; value: unknown };
}

async function dialAll(process: KernelProcess): Promise<Sockets> {
  const { shell_port, iopub_port } = process.connection;
  const deadline = performance.now() + START_MS;
  const dialing = Promise.all([dial(shell_port, "DEALER", deadline), dial(iopub_port, "SUB", deadline)]);
  const death = process.ended.then((how) => {
    throw new KernelError(`Cannot start the kernel: ${how}`);
  });
  const [shell, iopub] = await Promise.race([dialing, death]);
  return { shell, iopub };
}

/** Knocks until the kernel opens. */
async function dial(port: number, type: ClientType, deadline: number): Promise<ZmtpSocket> {
  for (;;) {
    try {
      return await ZmtpSocket.connect(port, type, { identity: "relay" });
    } catch (error) {
      if (performance.now() > deadline) {
        throw new KernelError(`Cannot reach the kernel on port ${port}: ${(error as Error).message}`);
      }
      await delay(DIAL_MS);
    }
  }
}

/** @param options without `isWaitedFor` the delay does not keep the process alive */
function delay(ms: number, { isWaitedFor = true } = {}): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    if (!isWaitedFor) Deno.unrefTimer(timer);
  });
}
