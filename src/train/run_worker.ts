/** A Worker that trains one run and posts its rows. */
import { CoreShare } from "relay/cluster/core_share.ts";
import { serveJob } from "relay/cluster/worker_pool.ts";
import type { RunConfig } from "relay/train/config.ts";
import type { Row } from "relay/train/row.ts";
import { train, type TrainOptions } from "relay/train/train.ts";

/** What the Worker is sent. */
export interface TrainJob {
  readonly config: RunConfig;
  readonly options: Omit<TrainOptions, "shouldStop" | "threads">;
  /** Threads, or the `CoreShare` that they follow. */
  readonly threads: number | { readonly cores: number; readonly buffer: SharedArrayBuffer };
}

serveJob<TrainJob, Row[]>(async ({ config, options, threads: given }, { post, stop }) => {
  const threads = typeof given === "number" ? given : new CoreShare(given.cores, given.buffer);
  let pending: Row[] = [];
  let postedAt = performance.now();
  for await (const row of train(config, { ...options, threads, shouldStop: () => stop.isSet })) {
    pending.push(row);
    if (performance.now() - postedAt < 100) continue;
    post(pending);
    pending = [];
    postedAt = performance.now();
  }
  post(pending);
});
