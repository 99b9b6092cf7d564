import type { PageRun } from "relay/notebook/tables/page_input.ts";

/** The step of a run's last row. */
export function lastStep(run: Pick<PageRun, "rows">): number {
  return run.rows.reduce((last, { envSteps }) => Math.max(last, envSteps), 0);
}
