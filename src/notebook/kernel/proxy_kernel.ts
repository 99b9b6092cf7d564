/**
 * A kernel for front ends that stands before Deno's and makes a live session right: a cell's outputs come before its end; after a cell
 * that failed or was stopped, those that were waiting do not run; what is no program is shown as an error; Stop never ends the kernel.
 * Everything else passes through.
 * @module
 */
import { type CellFailure, checkCell } from "relay/notebook/kernel/cell_failure.ts";
import { InnerKernel } from "relay/notebook/kernel/inner_kernel.ts";
import {
  type ConnectionFile,
  type JupyterMessage,
  JupyterWire,
  type MessageHeader,
  WireError,
} from "relay/notebook/kernel/jupyter_wire.ts";
import { Peers } from "relay/notebook/kernel/peers.ts";
import { parseUncaught, UNCAUGHT_MIME } from "relay/notebook/kernel/prelude.ts";
import { RawMessage } from "relay/notebook/kernel/raw_message.ts";
import type { ZmtpSocket } from "relay/notebook/kernel/zmtp_socket.ts";

/** What Run All has sent before a cell failed may arrive so much later, milliseconds. */
const LATE_REQUEST_MS = 250;
/** A cell that still runs so long after Stop hears of it, milliseconds. */
const DEAF_MS = 3000;

/** A cell that a front end wants to be run. */
interface Execution {
  readonly request: JupyterMessage;
  readonly frames: readonly Uint8Array[];
  readonly peer: ZmtpSocket;
  isStopped: boolean;
}

/** Why cells that wait do not run. */
interface Failure {
  readonly at: number;
  readonly note: string;
}

/** See the module's words. */
export class ProxyKernel {
  readonly #wire: JupyterWire;
  readonly #inner: Promise<InnerKernel>;
  readonly #shell: Peers;
  readonly #control: Peers;
  readonly #stdin: Peers;
  readonly #iopub: Peers;
  readonly #heartbeat: Peers;
  /** Who waits for the answer to a request, by its id. */
  readonly #askers = new Map<string, ZmtpSocket>();
  readonly #waiting: Execution[] = [];
  #running: Execution | undefined;
  /** Header of the last cell's request, to which belongs what comes between cells. */
  #lastCell: Partial<MessageHeader> = {};
  #failure: Failure | undefined;
  readonly #exit = Promise.withResolvers<number>();

  /** Listens on the ports of a connection file and starts the real kernel in the folder given. */
  constructor(connection: ConnectionFile, cwd: string) {
    this.#wire = new JupyterWire(connection.key);
    this.#inner = InnerKernel.start({
      cwd,
      key: connection.key,
      wire: this.#wire,
      listeners: {
        shell: (message) => this.#answer(message),
        control: (message) => this.#answer(message),
        iopub: (message, isOwn) => this.#passOutput(message, isOwn),
        stdin: ({ frames }) => this.#stdin.sendToAll(frames), // only the one who asked knows the parent
      },
    });
    this.#shell = new Peers(
      connection.shell_port,
      "ROUTER",
      (frames, peer) => this.#take("shell", frames, peer),
    );
    this.#control = new Peers(
      connection.control_port,
      "ROUTER",
      (frames, peer) => this.#take("control", frames, peer),
    );
    this.#stdin = new Peers(
      connection.stdin_port,
      "ROUTER",
      (frames, peer) => this.#take("stdin", frames, peer),
    );
    this.#iopub = new Peers(connection.iopub_port, "PUB", () => {}); // subscriptions: everyone gets everything
    this.#heartbeat = new Peers(connection.hb_port, "REP", (frames, peer) => peer.send(frames));
    this.#watch();
  }

  /** Settles with the exit code when the kernel is to end. */
  get exited(): Promise<number> {
    return this.#exit.promise;
  }

  /** Stop: the running cell hears of it if it listens, and those that wait do not run. */
  async interrupt(options: { readonly isHeard?: boolean } = {}): Promise<void> {
    const running = this.#running;
    const inner = await this.#inner;
    if (running) {
      running.isStopped = true;
      setTimeout(() => this.#warnDeaf(running), DEAF_MS);
    }
    if (!options.isHeard) inner.interrupt();
  }

  /** Ends both kernels. */
  async end(exitCode: number): Promise<void> {
    this.#exit.resolve(exitCode);
    await (await this.#inner).end();
    for (const port of [this.#shell, this.#control, this.#stdin, this.#iopub, this.#heartbeat]) port.close();
  }

  async #watch(): Promise<void> {
    try {
      await this.#died(await (await this.#inner).ended);
    } catch (error) {
      await this.#died((error as Error).message);
    }
  }

  /** The front end learns of it by our end; the running cell says why. */
  async #died(how: string): Promise<void> {
    const running = this.#running;
    if (running) {
      await this.#print(running.request.header, `The kernel has ended and its variables are lost: ${how}\n`);
      await this.#finish(running, { ename: "KernelError", evalue: "the kernel has ended", traceback: [] });
    }
    this.#exit.resolve(1);
  }

  async #take(channel: "shell" | "control" | "stdin", frames: Uint8Array[], peer: ZmtpSocket): Promise<void> {
    // Requests of the first moments wait here for the kernel, in order.
    const inner = await this.#inner;
    const request = this.#read(frames);
    if (!request) return;
    const { msg_type: type, msg_id: id } = request.header;
    if (type === "execute_request") return this.#enqueue({ request, frames, peer, isStopped: false });
    if (type === "interrupt_request") return await this.#acknowledge(request, peer, () => this.interrupt());
    if (type === "shutdown_request") return await this.#acknowledge(request, peer, () => this.end(0));
    this.#askers.set(id, peer);
    inner.forward(channel, frames);
  }

  /** A message that is not signed with our key is nobody's. */
  #read(frames: readonly Uint8Array[]): JupyterMessage | undefined {
    try {
      return this.#wire.unpack(frames);
    } catch (error) {
      if (error instanceof WireError) return undefined;
      throw error;
    }
  }

  async #acknowledge(request: JupyterMessage, peer: ZmtpSocket, act: () => Promise<void>): Promise<void> {
    const content = { ...request.content, status: "ok" };
    await this.#publish("status", { execution_state: "busy" }, request.header);
    const type = request.header.msg_type.replace("_request", "_reply");
    await peer.send(this.#wire.pack(this.#wire.compose(type, content, { parentHeader: request.header })));
    await this.#publish("status", { execution_state: "idle" }, request.header);
    await act();
  }

  #enqueue(execution: Execution): void {
    if (this.#comesTooLate(execution)) {
      this.#abort(execution, this.#failure!.note);
      return;
    }
    this.#waiting.push(execution);
    if (!this.#running) this.#work();
  }

  /** Whether it was sent before a cell failed; a cell that is run after the failure was seen does run. */
  #comesTooLate({ request: { header, content } }: Execution): boolean {
    if (!this.#failure || content.stop_on_error === false) return false;
    return Date.now() - this.#failure.at < LATE_REQUEST_MS && Date.parse(header.date) <= this.#failure.at;
  }

  async #work(): Promise<void> {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      this.#running = next;
      const succeeded = await this.#execute(next);
      this.#running = undefined;
      const { content } = next.request;
      if (next.isStopped) await this.#abortWaiting("Not run: a cell before this one was stopped.");
      else if (!succeeded && content.stop_on_error !== false && content.silent !== true) {
        await this.#abortWaiting("Not run: a cell before this one failed.");
      }
    }
  }

  async #execute(execution: Execution): Promise<boolean> {
    const { request, frames } = execution;
    const { header, content } = request;
    if (content.silent !== true) this.#lastCell = header;
    const failure = await checkCell(String(content.code));
    if (failure) {
      await this.#publish("status", { execution_state: "busy" }, header);
      await this.#finish(execution, failure);
      return false;
    }
    const inner = await this.#inner;
    const reply = await inner.ask(header.msg_id, frames);
    await inner.fence();
    await execution.peer.send(reply.frames);
    await this.#publish("status", { execution_state: "idle" }, header);
    return reply.shortContent().status !== "error";
  }

  /** Shows an error and gives the answer of a failed cell. */
  async #finish({ request: { header }, peer }: Execution, failure: CellFailure): Promise<void> {
    await this.#publish("error", { ...failure }, header);
    const content = { status: "error", execution_count: null, ...failure };
    await peer.send(
      this.#wire.pack(this.#wire.compose("execute_reply", content, { parentHeader: header })),
    );
    await this.#publish("status", { execution_state: "idle" }, header);
  }

  async #abortWaiting(note: string): Promise<void> {
    this.#failure = { at: Date.now(), note };
    for (const waiting of this.#waiting.splice(0)) await this.#abort(waiting, note);
  }

  async #abort({ request: { header }, peer }: Execution, note: string): Promise<void> {
    await this.#publish("status", { execution_state: "busy" }, header);
    await this.#print(header, `${note}\n`, "stdout");
    const reply = this.#wire.compose("execute_reply", { status: "aborted" }, { parentHeader: header });
    await peer.send(this.#wire.pack(reply));
    await this.#publish("status", { execution_state: "idle" }, header);
  }

  async #warnDeaf(execution: Execution): Promise<void> {
    if (this.#running !== execution) return;
    await this.#print(
      execution.request.header,
      "Still running 3 s after Stop. If this cell does not listen to Stop, only Kernel → Restart Kernel ends it; variables are then lost.\n",
    );
  }

  #answer(message: RawMessage): void {
    const peer = this.#askers.get(message.parentId);
    this.#askers.delete(message.parentId);
    peer?.send(message.frames).catch(() => {}); // who has gone needs no answer
  }

  #passOutput(message: RawMessage, isOwn: boolean): void {
    if (message.type === "status" || message.type === "execute_input") {
      if (!isOwn && !this.#endsRunningCell(message)) this.#iopub.sendToAll(message.frames);
      return;
    }
    const uncaught = message.type === "display_data" && parseUncaught(message.shortData(UNCAUGHT_MIME));
    if (uncaught) {
      const what = uncaught.kind === "rejection" ? "A promise that nobody awaits failed" : "Uncaught error";
      this.#print(this.#lastCell, `${what}: ${uncaught.stack || `${uncaught.name}: ${uncaught.message}`}\n`);
    } else if (isOwn) this.#iopub.sendToAll(this.#wire.pack(this.#ofLastCell(message)));
    else this.#iopub.sendToAll(message.frames);
  }

  /** The kernel says `idle` too early; we say it ourselves. */
  #endsRunningCell(message: RawMessage): boolean {
    return message.type === "status" && message.parentId === this.#running?.request.header.msg_id &&
      message.shortContent().execution_state === "idle";
  }

  /** Between cells the kernel takes our fence for what runs. */
  #ofLastCell({ frames }: RawMessage): JupyterMessage {
    return { ...this.#wire.unpack(frames), parentHeader: this.#lastCell };
  }

  async #print(parent: Partial<MessageHeader>, text: string, name = "stderr"): Promise<void> {
    await this.#publish("stream", { name, text }, parent);
  }

  async #publish(
    type: string,
    content: Readonly<Record<string, unknown>>,
    parentHeader: Partial<MessageHeader>,
  ): Promise<void> {
    await this.#iopub.sendToAll(this.#wire.pack(this.#wire.compose(type, content, { parentHeader })));
  }
}
