/**
 * Training a comparison in the background of a notebook: other cells answer meanwhile, and everything that shows the runs
 * reads the same rows.
 * @module
 */
import { CoreShare } from "relay/cluster/core_share.ts";
import { StopFlag } from "relay/cluster/worker_pool.ts";
import type { EngineName } from "relay/tensor/engine_name.ts";
import { runIdOf } from "relay/train/config.ts";
import type { Row } from "relay/train/row.ts";
import { runAll } from "relay/train/run_all.ts";
import { finishedRows, isFinished, readManifest } from "relay/train/run_folder.ts";
import type { Comparison, ComparisonRun } from "relay/notebook/comparison.ts";
import { counted } from "relay/notebook/format.ts";
import { onStop } from "relay/notebook/live/stop.ts";
import {
  plainError,
  RunFailedError,
  StaleResultsError,
  StoppedError,
} from "relay/notebook/notebook_errors.ts";
import { type RecordedPageRun, recordedRuns } from "relay/notebook/recorded.ts";
import { Results } from "relay/notebook/results.ts";
import type { PageRun } from "relay/notebook/tables/page_input.ts";

/** Where runs are kept and how many train at a time. */
export interface TrainAllOptions {
  /** `../runs` unless given: beside the folder of the notebooks. */
  readonly runsDir?: string;
  /** Runs at a time; the number of cores unless given. The results do not depend on it. */
  readonly workers?: number;
  /** What computes; `wasm` unless given. Finished runs are reused whatever computed them. */
  readonly engine?: EngineName;
  /** Threads of each run; the runs at work share the cores unless given. No bit depends on it. */
  readonly threads?: number;
  /** Folder of the recorded runs that curves are drawn over; `experiments/recorded` unless given. */
  readonly recordedDir?: string;
}

/** How a training stands. */
export type TrainingState = "running" | "finished" | "stopped" | "failed";

/**
 * Trains every run of a comparison in Workers, from now on; finished runs are reused, stopped ones go on. The Stop button ends it
 * and keeps everything.
 *
 * @example
 * ```ts
 * import { compare } from "experiments/compare.ts";
 * import { SUPER_PURSUIT } from "experiments/super_pursuit.ts";
 * import { trainAll } from "relay/notebook/training.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const runsDir = await Deno.makeTempDir();
 * const training = trainAll(compare(SUPER_PURSUIT, { preset: "smoke", arms: ["quantile"], seeds: 1 }), { runsDir });
 * const returns: number[] = [];
 * for await (const row of training) if (row.metric === "eval/return") returns.push(row.value);
 * const results = await training.results();
 * assertEquals([returns.length, results.runs.length], [3, 1]);
 * await Deno.remove(runsDir, { recursive: true });
 * ```
 */
export function trainAll(comparison: Comparison, options: TrainAllOptions = {}): Training {
  return new Training(comparison, options);
}

/** The newest training of each experiment, which decides whether older results may still be read. */
const newest = new Map<string, Training>();

/** Trainings whose runs are being written. */
const running = new Set<Training>();

/** A training that goes on in the background; see {@link trainAll}. */
export class Training implements AsyncIterable<Row> {
  readonly comparison: Comparison;
  readonly runsDir: string;
  /** Recorded runs of the same preset and arms. */
  readonly recorded: Promise<readonly RecordedPageRun[]>;
  readonly #workers: number;
  readonly #engine: EngineName | undefined;
  readonly #threads: number | CoreShare;
  readonly #stop = new StopFlag();
  readonly #rows: Row[] = [];
  readonly #finishedIds = new Set<string>();
  readonly #reusedIds = new Set<string>();
  readonly #previous: Training | undefined;
  #grown = Promise.withResolvers<void>();
  #state: TrainingState = "running";
  /** A later training that stands in this one's place and did not finish. */
  #replacedBy: Training | undefined;
  #gaveWay = false;
  readonly #runs: Promise<PageRun[]>;

  constructor(comparison: Comparison, options: TrainAllOptions) {
    this.comparison = comparison;
    this.runsDir = options.runsDir ?? "../runs";
    this.#workers = options.workers ?? navigator.hardwareConcurrency;
    this.#engine = options.engine;
    this.#threads = options.threads ?? new CoreShare();
    this.recorded = recordedRuns(comparison, options);
    this.recorded.catch(() => {}); // watch tells of it; training goes on without
    this.#previous = newest.get(comparison.title);
    newest.set(comparison.title, this);
    this.#runs = this.#run();
    this.#runs.catch(() => {}); // who asks for results or rows is told
  }

  get state(): TrainingState {
    return this.#state;
  }

  /** Ids of the runs that are finished. */
  get finishedRunIds(): ReadonlySet<string> {
    return this.#finishedIds;
  }

  /** Ids of the runs that were finished before this training began. */
  get reusedRunIds(): ReadonlySet<string> {
    return this.#reusedIds;
  }

  /** Ends all runs as the Stop button does. */
  stop(): void {
    this.#stop.set();
  }

  /**
   * Every row from the beginning, for each reader anew, until all runs have ended.
   * @throws what {@link results} throws, after the last row
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Row> {
    for (let i = 0; i < this.#rows.length || this.#state === "running";) {
      if (i < this.#rows.length) yield this.#rows[i++]!;
      else await this.#grown.promise;
    }
    await this.#runs;
  }

  /**
   * All runs, when they are finished.
   * @throws {StoppedError} when the Stop button ended them
   * @throws {RunFailedError} when one failed, with its message
   */
  async results(): Promise<Results> {
    return new Results(this.comparison, await this.#runs, {
      requireFresh: () => this.#requireFresh(),
      recorded: await this.recorded.catch(() => []),
    });
  }

  /** What a cell that ends with the training prints. */
  [Symbol.for("Jupyter.display")](): Record<string, string> {
    return { "text/plain": `Training of ${counted(this.comparison.runs.length, "run")}: ${this.#state}` };
  }

  async #run(): Promise<PageRun[]> {
    // Who holds the training can read its rows before the first run is looked for.
    await Promise.resolve();
    const endOfStop = onStop(() => this.stop());
    const writers = [...running].filter((other) => this.#shares(other));
    running.add(this);
    try {
      await Promise.all(writers.map((writer) => writer.#giveWay()));
      const runs = await this.#trainAll();
      this.#end("finished");
      return runs;
    } catch (error) {
      this.#end(error instanceof StoppedError ? "stopped" : "failed");
      for (let older = this.#previous; older; older = older.#previous) older.#replacedBy ??= this;
      throw error;
    } finally {
      running.delete(this);
      endOfStop();
    }
  }

  /** Whether both would write the same run. */
  #shares(other: Training): boolean {
    if (other.runsDir !== this.runsDir) return false;
    const own = new Set(this.comparison.runs.map(({ config }) => runIdOf(config)));
    return other.comparison.runs.some(({ config }) => own.has(runIdOf(config)));
  }

  /** Leaves its runs to a training that was begun later. */
  async #giveWay(): Promise<void> {
    this.#gaveWay = true;
    this.stop();
    await this.#runs.catch(() => {});
  }

  async #trainAll(): Promise<PageRun[]> {
    const { runs } = this.comparison;
    const pending = runs.filter((run) => !this.#reuse(run));
    let next = 0;
    let ended = 0;
    let failure: Error | undefined;
    const shareCores = () => {
      if (typeof this.#threads === "number") return;
      this.#threads.runsAtWork = Math.min(this.#workers, pending.length - ended);
    };
    const lane = async () => {
      while (next < pending.length && !this.#stop.isSet) {
        const error = await this.#trainOne(pending[next++]!);
        failure ??= error;
        ended++;
        shareCores();
      }
    };
    shareCores();
    await Promise.all(Array.from({ length: Math.min(this.#workers, pending.length) }, lane));
    if (failure) throw failure;
    if (this.#finishedIds.size < runs.length) throw this.#stopped();
    return runs.map((run) => this.#pageRun(run));
  }

  /** Takes the rows of a run that is finished already; false when it is not. */
  #reuse({ config }: ComparisonRun): boolean {
    if (!isFinished(config, this.runsDir)) return false;
    this.#reusedIds.add(runIdOf(config));
    this.#finishedIds.add(runIdOf(config));
    this.#add(finishedRows(config, this.runsDir));
    return true;
  }

  /** The error of a run that failed; the other runs are then ended too, for there will be no results. */
  async #trainOne({ arm, config }: ComparisonRun): Promise<Error | undefined> {
    const [result] = await runAll([config], {
      runsDir: this.runsDir,
      workers: 1,
      threads: this.#threads,
      ...(this.#engine === undefined ? {} : { engine: this.#engine }),
      stop: this.#stop,
      onRows: (_, rows) => this.#add(rows),
    });
    if (result!.isFinished) this.#finishedIds.add(result!.runId);
    if (!result!.error) return undefined;
    this.stop();
    return plainError(
      new RunFailedError(
        `The run of ${JSON.stringify(arm)} with seed ${config.seed} (${result!.runId}) failed: ${
          result!.error.message
        }`,
        { cause: result!.error },
      ),
    );
  }

  #pageRun({ arm, config }: ComparisonRun): PageRun {
    const runId = runIdOf(config);
    return {
      runId,
      arm,
      seed: config.seed,
      rows: finishedRows(config, this.runsDir),
      manifest: { ...readManifest(`${this.runsDir}/${runId}`)! },
    };
  }

  #stopped(): StoppedError {
    const done = `${this.#finishedIds.size} of ${this.comparison.runs.length} runs are finished`;
    return plainError(
      new StoppedError(
        this.#gaveWay
          ? `Stopped, because a newer training goes on with the same runs: ${done}.`
          : `Stopped by the Stop button: ${done}, the others are kept at their last step; run this cell again to go on.`,
      ),
    );
  }

  #add(rows: readonly Row[]): void {
    for (const row of rows) this.#rows.push(row);
    this.#wake();
  }

  #end(state: TrainingState): void {
    this.#state = state;
    this.#wake();
  }

  #wake(): void {
    this.#grown.resolve();
    this.#grown = Promise.withResolvers();
  }

  /** Results are stale once a later training of the same experiment was begun that did not finish. */
  #requireFresh(): void {
    const latest = newest.get(this.comparison.title)!;
    const by = this.#replacedBy ?? (latest !== this && latest.state === "running" ? latest : undefined);
    if (!by) return;
    throw plainError(
      new StaleResultsError(
        `These results are from before the training that ${
          by.state === "running" ? "is still running" : by.state === "stopped" ? "was stopped" : "failed"
        }: run the cell that trains again (finished runs are not repeated), then this one.`,
      ),
    );
  }
}
