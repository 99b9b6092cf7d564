/**
 * Outputs land under the cell that made them. The kernel says that a cell is finished before all of its messages are out, and a front
 * end puts what comes later under the next cell. Importing this module once is enough: what is printed travels in few messages and in
 * order with what is displayed, and a cell ends when its messages have left. Numbers are measured (JupyterLab 4.6, Deno 2.9; the hard
 * notebook of test/notebook/live).
 * @module
 */
import { isInKernel } from "relay/notebook/live/display.ts";
import { type KernelInternals, kernelInternals } from "relay/notebook/live/kernel_internals.ts";
import { StreamJoiner, type StreamName } from "relay/notebook/live/stream_joiner.ts";

/** Time that any message needs to leave the kernel, and each one more, milliseconds. */
const SETTLE_MS = 25;
const MESSAGE_MS = 2;
/** What the kernel packs in a millisecond, and the longest wait for it. */
const BYTES_A_MS = 20_000;
const MAX_PACKING_MS = 500;
/** A connection on one machine holds more than this without being read. */
const BUFFER_BYTES = 1 << 20;
/** A timer that comes so late tells of a busy machine, on which messages need longer too. */
const LATE_MS = 4;
const MAX_LATE_WAIT_MS = 300;
/** Lines of a stack on which nothing stands but the kernel's own call. */
const KERNEL_STACK_LINES = 3;

type Broadcast = typeof Deno.jupyter.broadcast;
type Display = typeof Deno.jupyter.display;

/** What the running cell has sent and the kernel may not have packed yet. */
class Traffic {
  readonly #isFenced: boolean;
  #messages = 0;
  #bytes = 0;

  constructor(isFenced: boolean) {
    this.#isFenced = isFenced;
  }

  add(content: unknown): void {
    this.#messages++;
    this.#bytes += textLength(content);
  }

  get isEmpty(): boolean {
    return this.#messages === 0;
  }

  /** How long the kernel needs for it, milliseconds; from here on it counts anew. */
  takeSettleMs(): number {
    const packingMs = Math.min(MAX_PACKING_MS, this.#bytes / BYTES_A_MS);
    const messagesMs = SETTLE_MS + MESSAGE_MS * this.#messages;
    // A fence must not overtake a message that fills the connection's buffers: the kernel would mix their bytes.
    const fencedMs = this.#bytes > BUFFER_BYTES ? packingMs : 0;
    this.#messages = 0;
    this.#bytes = 0;
    return this.#isFenced ? fencedMs : messagesMs + packingMs;
  }
}

/** Once a kernel, also when the module is loaded again under another name (`?v=2`). */
const INSTALLED = Symbol.for("relay.notebook.delivery");

if (isInKernel() && !Reflect.has(globalThis, INSTALLED)) {
  Reflect.set(globalThis, INSTALLED, true);
  install();
}

function install(): void {
  // Our own runner and proxy ask the kernel itself when everything is out (a fence), so that little is waited for here.
  const traffic = new Traffic(Deno.env.get("RELAY_FENCED") === "1");
  const broadcast: Broadcast = Deno.jupyter.broadcast.bind(Deno.jupyter);
  const joiner = new StreamJoiner((name, text) => {
    const content = { name, text };
    traffic.add(content);
    broadcast("stream", content);
  });
  sendInOrder(broadcast, joiner, traffic);
  const internals = kernelInternals();
  replaceConsole(joiner, internals);
  reportUncaught(joiner);
  if (!internals) return;
  endFinishedCells(internals, joiner, traffic);
  endFailedCells(joiner, traffic);
}

/** What is displayed goes out after what was printed before. */
function sendInOrder(broadcast: Broadcast, joiner: StreamJoiner, traffic: Traffic): void {
  const display: Display = Deno.jupyter.display.bind(Deno.jupyter);
  const orderedBroadcast: Broadcast = (type, content, options) => {
    joiner.flush();
    traffic.add(content);
    return broadcast(type, content, options);
  };
  const orderedDisplay: Display = (shown, options) => {
    joiner.flush();
    traffic.add(shown);
    return display(shown, options);
  };
  Object.assign(Deno.jupyter, { broadcast: orderedBroadcast, display: orderedDisplay });
}

function replaceConsole(joiner: StreamJoiner, internals: KernelInternals | undefined): void {
  if (!internals) return replacePrinters(joiner);
  const own = new internals.Console((text, level) => joiner.put(level > 1 ? "stderr" : "stdout", text));
  for (const name of Object.getOwnPropertyNames(own)) {
    const method: unknown = Reflect.get(own, name);
    if (typeof method === "function") Reflect.set(console, name, method.bind(own));
  }
}

/** Without Deno's own console only the methods that print lines are joined. */
function replacePrinters(joiner: StreamJoiner): void {
  const printer = (stream: StreamName) => (...values: unknown[]) => {
    joiner.put(
      stream,
      values.map((value) => typeof value === "string" ? value : Deno.inspect(value)).join(" ") + "\n",
    );
  };
  Object.assign(console, {
    log: printer("stdout"),
    info: printer("stdout"),
    debug: printer("stdout"),
    warn: printer("stderr"),
    error: printer("stderr"),
  });
}

/** An error that nobody waits for would end the kernel, or vanish. */
function reportUncaught(joiner: StreamJoiner): void {
  const report = (what: string, error: unknown) => {
    const text = error instanceof Error ? error.stack ?? error.message : Deno.inspect(error);
    joiner.put("stderr", `${what}: ${text}\n`);
    joiner.flush();
  };
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    report("Unhandled rejection (a promise that nobody awaits failed)", event.reason);
  });
  addEventListener("error", (event) => {
    event.preventDefault();
    report("Uncaught error (in a timer or a listener)", event.error ?? event.message);
  });
}

/** The kernel shows a finished cell's value by this function and awaits it, also when there is none. */
function endFinishedCells({ jupyter }: KernelInternals, joiner: StreamJoiner, traffic: Traffic): void {
  const broadcastResult = jupyter.broadcastResult.bind(jupyter);
  jupyter.broadcastResult = async (executionCount, result) => {
    joiner.endOfCell();
    if (result !== undefined) traffic.add(undefined);
    await broadcastResult(executionCount, result);
    joiner.flush();
    if (traffic.isEmpty) return;
    const settleMs = traffic.takeSettleMs();
    if (settleMs === 0) return;
    const lateMs = await delay(settleMs);
    if (lateMs > LATE_MS) await delay(Math.min(MAX_LATE_WAIT_MS, 5 * lateMs));
  };
}

/**
 * Of a failed cell the kernel only asks whether what was thrown is an Error. The answer holds this thread while the kernel's other
 * thread sends.
 */
function endFailedCells(joiner: StreamJoiner, traffic: Traffic): void {
  const isInstance = Function.prototype[Symbol.hasInstance];
  const never = new Int32Array(new SharedArrayBuffer(4));
  const settle = () => {
    joiner.endOfCell();
    if (!traffic.isEmpty) Atomics.wait(never, 0, 0, traffic.takeSettleMs());
  };
  Object.defineProperty(Error, Symbol.hasInstance, {
    configurable: true,
    value(this: unknown, value: unknown): boolean {
      const hasOutput = joiner.isHolding || !traffic.isEmpty;
      if (this === Error && hasOutput && isKernelsCall()) settle();
      return isInstance.call(this, value);
    },
  });
}

function isKernelsCall(): boolean {
  // One line is the error's own, one this function's, one the wrapper's.
  return new RangeError().stack!.split("\n").length <= KERNEL_STACK_LINES + 1;
}

/** @returns how late the timer was, milliseconds */
async function delay(ms: number): Promise<number> {
  const startedAt = performance.now();
  await new Promise((resolve) => setTimeout(resolve, ms));
  return performance.now() - startedAt - ms;
}

/** About how many bytes a value is as JSON, by its strings. */
function textLength(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (Array.isArray(value)) {
    return typeof value[0] === "number"
      ? 10 * value.length
      : value.reduce((sum, item) => sum + textLength(item), 0);
  }
  if (typeof value !== "object" || value === null) return 8;
  return Object.values(value).reduce((sum: number, item) => sum + textLength(item), 0);
}
