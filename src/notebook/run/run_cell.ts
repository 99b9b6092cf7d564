/**
 * One cell of a run: its outputs, its limits, and its errors in words.
 * @module
 */
import type { ExecuteReply, Kernel } from "relay/notebook/kernel/kernel.ts";
import type { Uncaught } from "relay/notebook/kernel/prelude.ts";
import type { CodeCell } from "relay/notebook/notebook_file.ts";
import { type CellFailure, errorOutput } from "relay/notebook/run/cell_error.ts";
import { CellOutputs, type Displays, type KernelErrorContent } from "relay/notebook/run/cell_outputs.ts";
import type { ErrorLocator, RunCell } from "relay/notebook/run/error_location.ts";
import type { ImportCheck } from "relay/notebook/run/missing_exports.ts";

/** So long a stopped cell may take to end by itself, milliseconds. */
const GRACE_MS = 5000;

/** Longer timers fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** What ends a cell before its time. */
export interface Limits {
  /** Longest time for each cell, milliseconds; none unless given. */
  readonly timeoutMs?: number;
  /** Ends the run. */
  readonly signal?: AbortSignal;
  /** What a stopped cell may take to end by itself, milliseconds; 5000 unless given. */
  readonly graceMs?: number;
}

/** What the cells of a run share. */
export interface RunContext {
  readonly kernel: Kernel;
  readonly displays: Displays;
  readonly locator: ErrorLocator;
  readonly imports: ImportCheck;
  /** All cells of the run. */
  readonly cells: readonly (RunCell & { readonly cell: CodeCell })[];
}

interface Halt {
  readonly kind: "timeout" | "stopped";
  readonly message: string;
}

/** How the execution of a cell ended. */
interface Ending {
  readonly reply?: ExecuteReply;
  /** Why it was told to end. */
  readonly halt?: Halt;
  /** It did not end by itself: the kernel is gone. */
  readonly death?: string;
}

/** Runs a cell and gives it its outputs; the failure, if there is one, stands as error output under the cell where it arose. */
export async function runCell(
  cell: RunContext["cells"][number],
  context: RunContext,
  limits: Limits,
): Promise<CellFailure | undefined> {
  const outputs = new CellOutputs(context.displays);
  const ending = await execute(cell.code, { outputs, kernel: context.kernel, limits });
  cell.cell.outputs = outputs.outputs;
  cell.cell.execution_count = ending.reply?.executionCount ?? cell.number;
  const failures = new Failures(cell, context);
  if (ending.reply && !ending.halt) await failures.addMissingExports();
  for (const error of outputs.uncaught) failures.addUncaught(error);
  for (const error of outputs.errors) failures.addError(error);
  if (ending.halt) failures.addHalt(ending.halt, ending.death !== undefined);
  else if (ending.death !== undefined) failures.addDeath(ending.death);
  else if (ending.reply!.hasFailed) failures.addUnexplained();
  return ending.halt ? failures.last : failures.first;
}

async function execute(
  code: string,
  { kernel, outputs, limits }: { kernel: Kernel; outputs: CellOutputs; limits: Limits },
): Promise<Ending> {
  if (limits.signal?.aborted) {
    return { halt: stopped(limits.signal), reply: { hasFailed: true, executionCount: null } };
  }
  const execution = kernel.execute(code, outputs.take).then(
    (reply): Ending => ({ reply }),
    (error: Error): Ending => ({ death: error.message }),
  );
  const watch = watchLimits(limits);
  const first = await Promise.race([execution, watch.halted]);
  watch.end();
  if (!("kind" in first)) return first;
  kernel.interrupt();
  const grace = delay(limits.graceMs ?? GRACE_MS);
  const ended = await Promise.race([execution, grace.over.then(() => undefined)]);
  grace.cancel();
  if (!ended) await kernel.stop();
  return { ...ended ?? { death: "" }, halt: first };
}

function watchLimits({ timeoutMs, signal }: Limits): { halted: Promise<Halt>; end: () => void } {
  const { promise: halted, resolve } = Promise.withResolvers<Halt>();
  const onAbort = () => resolve(stopped(signal!));
  signal?.addEventListener("abort", onAbort);
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => {
    resolve({ kind: "timeout", message: `the cell took longer than its limit of ${timeoutMs / 1000} s` });
  }, Math.min(timeoutMs, MAX_TIMER_MS));
  const end = () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  };
  return { halted, end };
}

function stopped({ reason }: AbortSignal): Halt {
  const why = reason instanceof Error || typeof reason === "string" ? ` (${String(reason)})` : "";
  return { kind: "stopped", message: `the run was stopped${why}` };
}

function delay(ms: number): { over: Promise<void>; cancel: () => void } {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  return { over, cancel: () => clearTimeout(timer) };
}

/** Puts error outputs under cells and keeps why the run fails. */
class Failures {
  readonly #cell: RunContext["cells"][number];
  readonly #context: RunContext;
  readonly #all: CellFailure[] = [];

  constructor(cell: RunContext["cells"][number], context: RunContext) {
    this.#cell = cell;
    this.#context = context;
  }

  get first(): CellFailure | undefined {
    return this.#all[0];
  }

  get last(): CellFailure | undefined {
    return this.#all.at(-1);
  }

  addError({ ename, evalue, traceback }: KernelErrorContent): void {
    this.#add({ name: ename, message: evalue, stack: traceback });
  }

  addUncaught({ kind, name, message, stack }: Uncaught): void {
    const what = kind === "rejection"
      ? "a promise that nobody awaits failed"
      : "an error in a timer or listener that nobody catches";
    this.#add({ name, message: `${message} – ${what}`, stack: stack.split("\n"), told: message });
  }

  async addMissingExports(): Promise<void> {
    for (const { message, ...position } of await this.#context.imports.check(this.#cell.code)) {
      this.#cell.cell.outputs.push(errorOutput({ name: "ImportError", message, cell: this.#cell, position }));
      this.#all.push({
        cell: this.#cell.number,
        line: position.line,
        message: `ImportError: ${message}`,
        kind: "error",
      });
    }
  }

  addHalt({ kind, message }: Halt, wasKilled: boolean): void {
    const how = wasKilled
      ? "it did not listen, so that its kernel was ended; what stands above is what it had shown by then"
      : "what stands above is what it had shown by then";
    this.#end(kind, { name: kind === "timeout" ? "TimeLimit" : "Stopped", message, how });
  }

  addDeath(death: string): void {
    this.#end("kernel", { name: "KernelError", message: death, how: "its variables are lost" });
  }

  /** The kernel says no more than that the cell failed. */
  addUnexplained(): void {
    if (this.#all.length > 0) return;
    this.#end("error", {
      name: "Error",
      message: "the kernel could not execute the cell and gave no reason",
    });
  }

  #end(
    kind: CellFailure["kind"],
    { name, message, how }: { name: string; message: string; how?: string },
  ): void {
    const cell = this.#cell;
    const frames = how === undefined ? [] : [how];
    cell.cell.outputs.push(errorOutput({ name, message, cell, frames }));
    this.#all.push({ cell: cell.number, message, kind });
  }

  /** @param error `told`: the message as the stack has it, unless it is `message` */
  #add(error: { name: string; message: string; stack: readonly string[]; told?: string }): void {
    const { name, message, stack, told = message } = error;
    const { cells, locator } = this.#context;
    const ran = cells.slice(0, this.#cell.number);
    const { frames, location } = locator.locate(framesOf(stack, told), ran);
    const cell = cells.find(({ number }) => number === location?.cell.number) ?? this.#cell;
    // An error shows where it was thrown, but under the cell that ran into it, unless that cell has ended.
    const shown = error.told === undefined ? this.#cell : cell;
    shown.cell.outputs.push(
      errorOutput({ name, message, cell, frames, ...(location ? { position: location } : {}) }),
    );
    const line = location ? { line: location.line } : {};
    this.#all.push({ cell: cell.number, ...line, message: `${name}: ${message}`, kind: "error" });
  }
}

/** A stack without the lines of its message. */
function framesOf(stack: readonly string[], message: string): string[] {
  const lines = stack.flatMap((text) => text.split("\n"));
  const first = lines.findIndex((line) => /^\s+at /.test(line));
  const messageLines = message.split("\n").length;
  return first < 0 ? [] : lines.slice(Math.max(first, Math.min(messageLines, lines.length)));
}
