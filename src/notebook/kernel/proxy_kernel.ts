/**
 * A kernel for front ends that stands before Deno's and makes a live session right: a cell's outputs come before its end; after a cell
 * that failed or was stopped, those that were waiting do not run; what is no program is shown as an error; Stop never ends the kernel.
 * Everything else passes through.
 * @module
 */
import { type FrontEndRequest, FrontEnds } from "relay/notebook/kernel/front_ends.ts";
import { InnerKernel } from "relay/notebook/kernel/inner_kernel.ts";
import type { ConnectionFile, JupyterMessage, MessageHeader } from "relay/notebook/kernel/jupyter_wire.ts";
import { parseUncaught, type Uncaught, UNCAUGHT_MIME } from "relay/notebook/kernel/prelude.ts";
import type { RawMessage } from "relay/notebook/kernel/raw_message.ts";
import type { ZmtpSocket } from "relay/notebook/kernel/zmtp_socket.ts";
import type { RunCell } from "relay/notebook/run/error_location.ts";
import type { LiveCellErrors } from "relay/notebook/run/live_cell_errors.ts";

/** What Run All has sent before a cell failed may arrive so much later, milliseconds. */
const LATE_REQUEST_MS = 250;
/** A cell that still runs so long after Stop hears of it, milliseconds. */
const DEAF_MS = 3000;
const DEAF_NOTE =
  "Still running 3 s after Stop. If this cell does not listen to Stop, only Kernel → Restart Kernel ends it; " +
  "variables are then lost.\n";

/** A cell that a front end wants to be run. */
interface Execution extends FrontEndRequest {
  isStopped: boolean;
  /** Number of the cell; a guess until the kernel has given it one. */
  count: number;
}

/** What a front end shows of a failed cell. */
interface CellFailure {
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
}

/** See the module's words. */
export class ProxyKernel {
  readonly #frontEnds: FrontEnds;
  readonly #inner: Promise<InnerKernel>;
  readonly #errors: Promise<LiveCellErrors>;
  /** Who waits for the answer to a request that was passed on, by its id. */
  readonly #askers = new Map<string, ZmtpSocket>();
  readonly #waiting: Execution[] = [];
  #running: Execution | undefined;
  /** Header of the last cell's request, to which belongs what comes between cells. */
  #lastCell: Partial<MessageHeader> = {};
  /** Number that the kernel gave to its last cell. */
  #count = 0;
  /** When a cell last kept others from running, and what those are told. */
  #failure: { readonly at: number; readonly note: string } | undefined;
  readonly #exit = Promise.withResolvers<number>();
  /** Set as soon as the end is wanted. */
  #exitCode: number | undefined;

  /** Listens on the ports of a connection file and starts the real kernel in the folder given. */
  constructor(connection: ConnectionFile, cwd: string) {
    this.#frontEnds = new FrontEnds(connection, (request) => this.#take(request));
    this.#inner = InnerKernel.start({
      cwd,
      key: connection.key,
      wire: this.#frontEnds.wire,
      listeners: {
        shell: (message) => this.#answer(message),
        control: (message) => this.#answer(message),
        iopub: (message, isOwn) => this.#passOutput(message, isOwn),
        stdin: ({ frames }) => this.#frontEnds.passQuestion(frames),
      },
    });
    this.#errors = this.#loadErrors();
    this.#watch();
  }

  /** Settles with the exit code when the kernel is to end. */
  get exited(): Promise<number> {
    return this.#exit.promise;
  }

  /**
   * Stop: the running cell hears of it if it listens, and those that wait do not run.
   * @param options `isHeard` when the real kernel has got the signal by itself
   */
  async interrupt(options: { readonly isHeard?: boolean } = {}): Promise<void> {
    const running = this.#running;
    if (running) {
      running.isStopped = true;
      setTimeout(() => this.#warnDeaf(running), DEAF_MS);
    }
    if (!options.isHeard) (await this.#inner).interrupt();
  }

  /** Ends the real kernel; `exited` then settles with the exit code given. */
  async end(exitCode: number): Promise<void> {
    this.#exitCode ??= exitCode;
    await this.#inner.then((inner) => inner.end(), () => {});
    this.#exit.resolve(this.#exitCode);
  }

  /** Parsers take a moment to load, in which the real kernel starts. */
  async #loadErrors(): Promise<LiveCellErrors> {
    const { LiveCellErrors } = await import("relay/notebook/run/live_cell_errors.ts");
    const errors = new LiveCellErrors(async (specifier) => (await this.#inner).exportsOf(specifier));
    await errors.check({ number: 0, code: "" }); // the parsers' first use is slow
    return errors;
  }

  async #watch(): Promise<void> {
    const how = await this.#inner.then((inner) => inner.ended, (error: Error) => error.message);
    const running = this.#running;
    // The front end learns of it by our end; the running cell says why.
    if (running && this.#exitCode === undefined) {
      const evalue = "the kernel has ended and its variables are lost";
      await this.#finish(running, {
        ename: "KernelError",
        evalue,
        traceback: [`KernelError: ${evalue}: ${how}`],
      });
    }
    await this.end(1);
  }

  async #take(request: FrontEndRequest): Promise<void> {
    // Requests of the first moments wait here for the kernel, in order.
    const inner = await this.#inner;
    const { msg_type: type, msg_id: id } = request.message.header;
    if (type === "execute_request") {
      return this.#enqueue({ ...request, isStopped: false, count: this.#count + 1 });
    }
    if (type === "interrupt_request") return await this.#obey(request, () => this.interrupt());
    if (type === "shutdown_request") return await this.#obey(request, () => this.end(0));
    this.#askers.set(id, request.peer);
    inner.forward(request.channel, request.frames);
  }

  async #obey(request: FrontEndRequest, act: () => Promise<void>): Promise<void> {
    const { header, content } = request.message;
    await this.#frontEnds.publish("status", { execution_state: "busy" }, header);
    await this.#frontEnds.reply(request, { ...content, status: "ok" });
    await this.#frontEnds.publish("status", { execution_state: "idle" }, header);
    await act();
  }

  #enqueue(execution: Execution): void {
    if (this.#wasSentBeforeFailure(execution)) {
      this.#abort(execution, this.#failure!.note);
      return;
    }
    this.#waiting.push(execution);
    if (!this.#running) this.#work();
  }

  /** A cell that is run after the failure was seen does run. */
  #wasSentBeforeFailure({ message: { header, content } }: Execution): boolean {
    if (!this.#failure || content.stop_on_error === false) return false;
    return Date.now() - this.#failure.at < LATE_REQUEST_MS && Date.parse(header.date) <= this.#failure.at;
  }

  async #work(): Promise<void> {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      this.#running = next;
      const hasSucceeded = await this.#execute(next);
      this.#running = undefined;
      const stopsOnError = next.message.content.stop_on_error !== false;
      if (next.isStopped) await this.#abortWaiting("Not run: a cell before this one was stopped.");
      else if (!hasSucceeded && stopsOnError) {
        await this.#abortWaiting("Not run: a cell before this one failed.");
      }
    }
  }

  async #execute(execution: Execution): Promise<boolean> {
    const { message, frames, peer } = execution;
    const { header, content } = message;
    const inner = await this.#inner;
    if (content.silent === true) {
      await peer.send((await inner.ask(header.msg_id, frames)).frames).catch(() => {});
      return true;
    }
    this.#lastCell = header;
    const errors = await this.#errors;
    const failure = await errors.check(cellOf(execution));
    // The kernel counts a cell that cannot run too, so that numbers go on as they do elsewhere.
    const asked = failure ? this.#packed({ ...message, content: { ...content, code: "void 0" } }) : frames;
    const reply = await inner.ask(header.msg_id, asked);
    const loadedBefore = failure ? [] : errors.importsAgain(cellOf(execution));
    for (const module of loadedBefore.filter(isNotebookRoom)) await inner.runSilently(setupCode(module));
    await inner.fence();
    const { content: answer } = this.#frontEnds.wire.unpack(reply.frames);
    if (failure || answer.status === "error") {
      await this.#finish(execution, failure ?? errors.describe(answer, cellOf(execution)));
      return false;
    }
    errors.remember(cellOf(execution));
    await peer.send(reply.frames).catch(() => {});
    await this.#frontEnds.publish("status", { execution_state: "idle" }, header);
    return true;
  }

  /** Shows an error and gives the answer of a failed cell. */
  async #finish(execution: Execution, { ename, evalue, traceback }: CellFailure): Promise<void> {
    const { header } = execution.message;
    const failure = { ename, evalue, traceback };
    await this.#frontEnds.publish("error", failure, header);
    await this.#frontEnds.reply(execution, { status: "error", execution_count: execution.count, ...failure });
    await this.#frontEnds.publish("status", { execution_state: "idle" }, header);
  }

  async #abortWaiting(note: string): Promise<void> {
    this.#failure = { at: Date.now(), note };
    for (const waiting of this.#waiting.splice(0)) await this.#abort(waiting, note);
  }

  async #abort(execution: Execution, note: string): Promise<void> {
    const { header } = execution.message;
    await this.#frontEnds.publish("status", { execution_state: "busy" }, header);
    await this.#frontEnds.print(header, `${note}\n`, "stdout");
    await this.#frontEnds.reply(execution, { status: "aborted" });
    await this.#frontEnds.publish("status", { execution_state: "idle" }, header);
  }

  async #warnDeaf(execution: Execution): Promise<void> {
    if (this.#running !== execution) return;
    await this.#frontEnds.print(execution.message.header, DEAF_NOTE, "stderr");
  }

  #answer(message: RawMessage): void {
    const peer = this.#askers.get(message.parentId);
    this.#askers.delete(message.parentId);
    peer?.send(message.frames).catch(() => {}); // who has gone needs no answer
  }

  #passOutput(message: RawMessage, isOwn: boolean): void {
    const { type } = message;
    if (type === "execute_input" && !isOwn) this.#takeCount(message);
    if (type === "status" || type === "execute_input") {
      if (!isOwn && !this.#endsRunningCell(message)) this.#frontEnds.pass(message.frames);
      return;
    }
    // The error of the running cell is shown with its place when the cell ends.
    if (type === "error" && this.#isOfRunningCell(message)) return;
    const uncaught = type === "display_data" && parseUncaught(message.shortData(UNCAUGHT_MIME));
    if (uncaught) this.#showUncaught(uncaught);
    else this.#frontEnds.pass(isOwn ? this.#packed(this.#ofLastCell(message)) : message.frames);
  }

  async #showUncaught({ kind, name, message, stack }: Uncaught): Promise<void> {
    const what = kind === "rejection" ? "A promise that nobody awaits failed" : "Uncaught error";
    const [parent, running] = [this.#lastCell, this.#running];
    const located = (await this.#errors).locate(stack || `${name}: ${message}`, running && cellOf(running));
    await this.#frontEnds.print(parent, `${what}: ${located}\n`, "stderr");
  }

  #takeCount(message: RawMessage): void {
    const { execution_count: count } = this.#frontEnds.wire.unpack(message.frames).content;
    if (typeof count !== "number" || !this.#isOfRunningCell(message)) return;
    this.#count = this.#running!.count = count;
  }

  /** The kernel says `idle` too early; we say it ourselves. */
  #endsRunningCell(message: RawMessage): boolean {
    return message.type === "status" && message.shortContent().execution_state === "idle" &&
      this.#isOfRunningCell(message) && this.#running!.message.content.silent !== true;
  }

  #isOfRunningCell({ parentId }: RawMessage): boolean {
    return parentId === this.#running?.message.header.msg_id;
  }

  /** Between cells the kernel takes our fence for what runs. */
  #ofLastCell({ frames }: RawMessage): JupyterMessage {
    return { ...this.#frontEnds.wire.unpack(frames), parentHeader: this.#lastCell };
  }

  #packed(message: JupyterMessage): Uint8Array[] {
    return this.#frontEnds.wire.pack(message);
  }
}

function isNotebookRoom(specifier: string): boolean {
  return specifier.endsWith("notebook/mod.ts");
}

/** Importing the room puts Plotly into the page; run again, its cell would lose it. */
function setupCode(module: string): string {
  return `await import(${JSON.stringify(module)}).then(({ setup }) => setup?.()); void 0`;
}

function cellOf({ message: { content }, count }: Execution): RunCell {
  return { number: count, code: String(content.code) };
}
