/**
 * Fork and join in shared memory: one command at a time, its pieces claimed one by one by whoever is free.
 * @module
 */

// Cells that different threads write lie on cache lines of their own, 16 cells each.
/** Pieces not yet claimed: the first in the low half, one past the last in the high half. */
const TICKET = 0;
/** Pieces that workers have finished. */
const DONE = 16;
/** Workers that wait for the ticket to change. */
const SLEEPERS = 32;
/** 1 while the main thread waits for `DONE` to change. */
const MAIN_WAITS = 48;
/** What every worker must answer by putting it into its own cell; `STOP` ends it. */
const CALL = 64;
/** 1 + index of the worker that failed. */
const FAILED = 80;
const OPERATION = 96;
const NETWORKS = 97;
const PIECES = 98;
/** Length of the failure's message. */
const MESSAGE_LENGTH = 99;
const ANSWERS = 112;
const STOP = -1;

/** Workers at most. */
export const MAX_WORKERS = 31;
/** Arguments that a command carries at most, behind n0 and n1. */
export const MAX_ARGUMENTS = 15;
const MAX_PIECES = 2 ** 14 - 1;
/** Tickets of roll calls have this bit in both halves, those of commands never. */
const CALL_BIT = 2 ** 14;
const ARGUMENTS_OFFSET = 4 * (ANSWERS + 16 * MAX_WORKERS);
const MESSAGE_OFFSET = ARGUMENTS_OFFSET + 8 * 16;
const MESSAGE_BYTES = 512;

/**
 * Looks at a cell this often before sleeping. For a worker some 100 µs: that bridges what tfjs does between two kernels
 * and the short gaps of a training loop, where a wake-up costs the main thread 8 µs; much longer takes the core from
 * others. The main thread waits for the rest of one piece at most.
 */
const WORKER_SPINS = 30_000;
const MAIN_SPINS = 4000;
/** Longest sleep at a stretch; a thread that is being ended can only go between two. */
const SLEEP_MS = 1000;
/** Sleeps without any sign of life after which a worker counts as dead. */
const PATIENCE_SLEEPS = 5;

/** A range of networks n0 ≤ n < n1. */
export interface NetworkRange {
  readonly n0: number;
  readonly n1: number;
}

/**
 * The block that the main thread and its workers share. A piece may be claimed from either end (main: the first ones,
 * workers: the last ones), so that a late worker delays nobody; who computes a piece does not change its bits.
 *
 * Nothing is written into an open command, and none is opened before every claimed piece of the last one is finished:
 * whoever has claimed a piece may read the command.
 */
export class CommandBlock {
  readonly buffer: SharedArrayBuffer;
  /** Arguments behind n0 and n1. */
  readonly arguments: Float64Array;
  readonly #cells: Int32Array;
  /** Why no further command can be done. */
  #broken: Error | undefined;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(MESSAGE_OFFSET + MESSAGE_BYTES)) {
    this.buffer = buffer;
    this.#cells = new Int32Array(buffer, 0, ARGUMENTS_OFFSET / 4);
    this.arguments = new Float64Array(buffer, ARGUMENTS_OFFSET, MAX_ARGUMENTS);
  }

  /** Number of the operation in hand. */
  get operation(): number {
    return this.#cells[OPERATION]!;
  }

  /**
   * Main: publishes the command whose arguments have been written.
   * @throws {Error} if a worker failed or died before
   */
  open(operation: number, networks: number, pieces: number): void {
    if (this.#broken) throw this.#broken;
    const cells = this.#cells;
    const count = Math.min(pieces, networks, MAX_PIECES);
    cells[OPERATION] = operation;
    cells[NETWORKS] = networks;
    cells[PIECES] = count;
    Atomics.store(cells, DONE, 0);
    Atomics.store(cells, TICKET, count << 16);
    if (Atomics.load(cells, SLEEPERS) > 0) Atomics.notify(cells, TICKET);
  }

  /** Main: claims the first free piece; -1 if there is none. */
  claimFirst(): number {
    return this.#claim(1, false);
  }

  /** Worker: claims the last free piece; -1 if there is none. */
  claimLast(): number {
    return this.#claim(-(2 ** 16), true);
  }

  /** The networks of a claimed piece. */
  rangeOf(piece: number): NetworkRange {
    const networks = this.#cells[NETWORKS]!;
    const pieces = this.#cells[PIECES]!;
    return {
      n0: Math.floor(piece * networks / pieces),
      n1: Math.floor((piece + 1) * networks / pieces),
    };
  }

  /** Worker: a claimed piece is finished. */
  finish(): void {
    Atomics.add(this.#cells, DONE, 1);
    if (Atomics.load(this.#cells, MAIN_WAITS) === 1) Atomics.notify(this.#cells, DONE);
  }

  /** Worker: a claimed piece cannot be finished. */
  fail(worker: number, message: string): void {
    const bytes = new TextEncoder().encode(message).subarray(0, MESSAGE_BYTES);
    new Uint8Array(this.buffer, MESSAGE_OFFSET).set(bytes);
    this.#cells[MESSAGE_LENGTH] = bytes.length;
    Atomics.store(this.#cells, FAILED, worker + 1);
    this.finish();
  }

  /**
   * Main: waits until workers have finished all pieces but the `own` ones.
   * @param slowSeconds how long a piece may take on a slow machine, besides the time that any worker is given
   * @throws {Error} if a worker failed or is dead
   */
  join(own: number, slowSeconds = 0): void {
    const cells = this.#cells;
    const wanted = cells[PIECES]! - own;
    for (let spins = 0; spins < MAIN_SPINS && Atomics.load(cells, DONE) !== wanted; spins++);
    if (Atomics.load(cells, DONE) !== wanted) {
      Atomics.store(cells, MAIN_WAITS, 1);
      this.#awaitCell(DONE, wanted, slowSeconds);
      Atomics.store(cells, MAIN_WAITS, 0);
    }
    this.#checkFailure();
  }

  /**
   * Main: has every worker answer, so that one that died asleep is missed soon.
   * @throws {Error} if one does not
   */
  callRoll(workers: number): void {
    const cells = this.#cells;
    const call = (cells[CALL]! + 1) % CALL_BIT;
    Atomics.store(cells, CALL, call);
    this.#wakeAll(call);
    for (let worker = 0; worker < workers; worker++) this.#awaitCell(ANSWERS + 16 * worker, call);
    this.#checkFailure();
  }

  /** Main: a worker is known to have ended. */
  lose(): void {
    this.#broken ??= new Error("Cannot compute with threads: a Worker has ended; expected it to run on");
  }

  /** Main: asks all workers to end. */
  stop(): void {
    Atomics.store(this.#cells, CALL, STOP);
    this.#wakeAll(0);
  }

  /** Worker: waits until there may be a piece to claim; false: the worker is to end. */
  awaitWork(worker: number): boolean {
    const cells = this.#cells;
    for (let spins = 0; spins < WORKER_SPINS; spins++) {
      if (isOpen(Atomics.load(cells, TICKET))) return true;
      const call = Atomics.load(cells, CALL);
      if (call === STOP) return false;
      if (call !== cells[ANSWERS + 16 * worker]) this.#answer(worker, call);
    }
    for (;;) {
      Atomics.add(cells, SLEEPERS, 1);
      const ticket = Atomics.load(cells, TICKET);
      // A call may have come since the last look; its change of the ticket must not be mistaken for an old one.
      const quiet = !isOpen(ticket) && Atomics.load(cells, CALL) === cells[ANSWERS + 16 * worker];
      const outcome = quiet ? Atomics.wait(cells, TICKET, ticket, SLEEP_MS) : "not-equal";
      Atomics.sub(cells, SLEEPERS, 1);
      if (outcome !== "timed-out") return true;
    }
  }

  #claim(step: number, last: boolean): number {
    const cells = this.#cells;
    let ticket = Atomics.load(cells, TICKET);
    while (isOpen(ticket)) {
      const seen = Atomics.compareExchange(cells, TICKET, ticket, ticket + step);
      if (seen === ticket) return last ? (ticket >> 16) - 1 : ticket & 0xffff;
      ticket = seen;
    }
    return -1;
  }

  #answer(worker: number, call: number): void {
    Atomics.store(this.#cells, ANSWERS + 16 * worker, call);
    Atomics.notify(this.#cells, ANSWERS + 16 * worker);
  }

  /** Changes the ticket, between commands, to one without pieces. */
  #wakeAll(call: number): void {
    Atomics.store(this.#cells, TICKET, (CALL_BIT + call) * 0x10001);
    Atomics.notify(this.#cells, TICKET);
  }

  /** Waits for a cell to reach a value, as long as it changes now and then. */
  #awaitCell(index: number, wanted: number, slowSeconds = 0): void {
    const cells = this.#cells;
    const patience = PATIENCE_SLEEPS + Math.ceil(slowSeconds * 1000 / SLEEP_MS);
    let idleSleeps = 0;
    for (let value = Atomics.load(cells, index); value !== wanted; value = Atomics.load(cells, index)) {
      const outcome = Atomics.wait(cells, index, value, SLEEP_MS);
      if (Atomics.load(cells, FAILED) !== 0) return;
      idleSleeps = outcome === "timed-out" ? idleSleeps + 1 : 0;
      if (idleSleeps === patience) {
        throw this.#broken = new Error(
          `Cannot compute with threads: a Worker has not answered for ${
            patience * SLEEP_MS / 1000
          } s, it may have been ended from outside; expected it to run until \`stopThreads\``,
        );
      }
    }
  }

  #checkFailure(): void {
    const failed = Atomics.load(this.#cells, FAILED);
    if (failed === 0) return;
    // A copy: decoders refuse shared memory.
    const bytes = new Uint8Array(this.buffer, MESSAGE_OFFSET, this.#cells[MESSAGE_LENGTH]!).slice();
    const message = new TextDecoder().decode(bytes);
    throw this.#broken = new Error(`Cannot compute with threads: Worker ${failed} failed: ${message}`);
  }
}

function isOpen(ticket: number): boolean {
  return (ticket & 0xffff) < ticket >> 16;
}
