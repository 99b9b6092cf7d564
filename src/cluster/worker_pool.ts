/**
 * Jobs spread over Workers, one job a Worker at a time. Which Worker runs a job, and beside what, never reaches the job.
 * @module
 */

/** A job and the module that does it. */
export interface PoolOptions<Job, Message> {
  /** Module of the Workers; it must call `serveJob`. */
  readonly module: URL;
  /** Workers at most. */
  readonly workers: number;
  /** Receives what a job posts, in its order. */
  readonly onMessage: (job: Job, message: Message) => void;
  /** Told how a job ended. */
  readonly onEnd?: (job: Job, outcome: JobOutcome) => void;
  /** Asked of the jobs to end early; the pool starts no further ones. */
  readonly stop: StopFlag;
}

/** How a job ended. */
export type JobOutcome = "done" | { readonly name: string; readonly message: string; readonly stack: string };

/** A flag that all Workers see at once. */
export class StopFlag {
  readonly buffer: SharedArrayBuffer;
  readonly #cell: Int32Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(4)) {
    this.buffer = buffer;
    this.#cell = new Int32Array(buffer);
  }

  get isSet(): boolean {
    return Atomics.load(this.#cell, 0) !== 0;
  }

  set(): void {
    Atomics.store(this.#cell, 0, 1);
  }
}

type Reply<Message> = { message: Message } | { outcome: JobOutcome };

/** Runs every job and says how each ended, in the jobs' order; jobs never started after a stop are undefined. */
export async function runInWorkers<Job, Message>(
  jobs: readonly Job[],
  options: PoolOptions<Job, Message>,
): Promise<(JobOutcome | undefined)[]> {
  const outcomes = new Array<JobOutcome | undefined>(jobs.length);
  let next = 0;
  const lane = async () => {
    while (next < jobs.length && !options.stop.isSet) {
      const index = next++;
      outcomes[index] = await runJob(jobs[index]!, options);
      options.onEnd?.(jobs[index]!, outcomes[index]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.workers, jobs.length) }, lane));
  return outcomes;
}

function runJob<Job, Message>(job: Job, options: PoolOptions<Job, Message>): Promise<JobOutcome> {
  const worker = new Worker(options.module, { type: "module" });
  return new Promise((resolve) => {
    const end = (outcome: JobOutcome) => {
      worker.terminate();
      resolve(outcome);
    };
    worker.onmessage = ({ data }: MessageEvent<Reply<Message>>) => {
      if ("outcome" in data) end(data.outcome);
      else options.onMessage(job, data.message);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      end({ name: "Error", message: `A worker failed: ${event.message}`, stack: event.message });
    };
    worker.postMessage({ job, stop: options.stop.buffer });
  });
}

/** Makes this Worker do one job: `run` posts messages and ends. */
export function serveJob<Job, Message>(
  run: (job: Job, context: { post: (message: Message) => void; stop: StopFlag }) => Promise<void>,
): void {
  const scope = globalThis as unknown as {
    onmessage: (event: MessageEvent<{ job: Job; stop: SharedArrayBuffer }>) => void;
    postMessage: (reply: Reply<Message>) => void;
  };
  scope.onmessage = async ({ data }) => {
    try {
      await run(data.job, {
        post: (message) => scope.postMessage({ message }),
        stop: new StopFlag(data.stop),
      });
      scope.postMessage({ outcome: "done" });
    } catch (error) {
      const { name, message, stack = message } = error instanceof Error ? error : new Error(String(error));
      scope.postMessage({ outcome: { name, message, stack } });
    }
  };
}
