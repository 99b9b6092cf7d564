import { print } from "relay/cli/command.ts";
import { type RunConfig, runIdOf } from "relay/train/config.ts";
import type { Row } from "relay/train/row.ts";

/** Where progress is written. */
export interface ProgressOptions {
  /** true: redraw in place; false: a plain line now and then. */
  readonly isTerminal: boolean;
  readonly write: (text: string) => void;
  /** Width of the terminal; lines are cut to it, so that they can be redrawn. */
  readonly columns: number;
  /** What a run is called, at most 24 characters are shown. */
  readonly label: (config: RunConfig) => string;
}

interface RunProgress {
  readonly config: RunConfig;
  envSteps: number;
  elapsedMs: number;
  lastReturn?: number;
  lastLineAt: number;
}

const BAR_WIDTH = 20;
const REDRAW_MS = 200;
const PLAIN_LINE_MS = 10_000;

/** One line a running run: bar, env steps a second, last return, time left. */
export class Progress {
  readonly #options: ProgressOptions;
  readonly #total: number;
  readonly #running = new Map<string, RunProgress>();
  #finished = 0;
  #linesDrawn = 0;
  #drawnAt = -Infinity;

  /** @param total number of runs */
  constructor(total: number, options: ProgressOptions) {
    this.#total = total;
    this.#options = options;
  }

  /** Takes a run's new rows. */
  update(config: RunConfig, rows: readonly Row[]): void {
    const last = rows.at(-1);
    if (!last) return;
    const now = performance.now();
    const id = runIdOf(config);
    let run = this.#running.get(id);
    if (!run) {
      run = { config, envSteps: 0, elapsedMs: 0, lastLineAt: -Infinity };
      this.#running.set(id, run);
    }
    run.envSteps = last.envSteps;
    run.elapsedMs = last.elapsedMs;
    run.lastReturn = rows.findLast(({ metric }) => metric === "eval/return")?.value ?? run.lastReturn!;
    if (this.#options.isTerminal) this.#redraw(now);
    else if (run.envSteps < config.totalEnvSteps && now - run.lastLineAt > PLAIN_LINE_MS) {
      this.#plain(run, now);
    }
  }

  /** Takes the end of a run that is finished. */
  finish(config: RunConfig): void {
    const run = this.#running.get(runIdOf(config));
    if (!run) return;
    const now = performance.now();
    this.#running.delete(runIdOf(config));
    this.#finished++;
    this.#erase();
    this.#plain(run, now);
    if (this.#options.isTerminal) this.#redraw(now, true);
  }

  /** Leaves the terminal below the last lines. */
  end(): void {
    this.#running.clear();
    if (this.#options.isTerminal) this.#erase();
  }

  #plain(run: RunProgress, now: number): void {
    run.lastLineAt = now;
    this.#options.write(`${this.#line(run)}\n`);
  }

  #redraw(now: number, isForced = false): void {
    if (!isForced && now - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = now;
    this.#erase();
    const lines = [...this.#running.values()].map((run) => this.#line(run));
    lines.push(`${this.#finished} of ${this.#total} runs finished`);
    this.#options.write(lines.map((line) => line + "\n").join(""));
    this.#linesDrawn = lines.length;
  }

  #erase(): void {
    if (this.#linesDrawn > 0) this.#options.write(`\x1b[${this.#linesDrawn}A\x1b[0J`);
    this.#linesDrawn = 0;
  }

  #line(run: RunProgress): string {
    const { config: { totalEnvSteps }, envSteps, elapsedMs } = run;
    const fraction = Math.min(1, envSteps / totalEnvSteps);
    const filled = Math.round(fraction * BAR_WIDTH);
    const bar = "█".repeat(filled) + "░".repeat(BAR_WIDTH - filled);
    const speed = elapsedMs > 0 ? envSteps / elapsedMs * 1000 : 0; // over all sittings of the run
    const parts = [
      this.#options.label(run.config).slice(0, 24).padEnd(24),
      bar,
      `${(100 * fraction).toFixed(0).padStart(3)} %`,
      speed > 0 ? `${speed.toFixed(0).padStart(5)} env steps/s` : "",
      run.lastReturn === undefined ? "" : `return ${run.lastReturn.toFixed(1)}`,
      fraction < 1 && speed > 0
        ? `${duration((totalEnvSteps - envSteps) / speed)} left`
        : `${duration(run.elapsedMs / 1000)} in all`,
    ];
    return parts.filter(Boolean).join("  ").slice(0, this.#options.columns);
  }
}

/** The terminal that the command runs in. */
export function terminal(): Omit<ProgressOptions, "label"> {
  const isTerminal = Deno.stdout.isTerminal();
  return { isTerminal, write: print, columns: isTerminal ? Deno.consoleSize().columns - 1 : 200 };
}

/** Seconds as `45 s`, `3 min 05 s` or `2 h 10 min`. */
export function duration(seconds: number): string {
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, "0")} s`;
  return `${Math.floor(s / 3600)} h ${String(Math.floor(s / 60) % 60).padStart(2, "0")} min`;
}
