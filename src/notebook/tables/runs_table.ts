import { duration, whole } from "relay/notebook/format.ts";
import { flattenJson } from "relay/notebook/tables/flatten_json.ts";
import { lastStep } from "relay/notebook/tables/last_step.ts";
import type { PageInput } from "relay/notebook/tables/page_input.ts";
import type { TableView } from "relay/notebook/tables/table_view.ts";

/** Every run: how far it went and what it took. */
export function runsTable({ runs, arms }: PageInput): TableView {
  return {
    isNumeric: true,
    head: ["Run", "Arm", "Seed", "Env steps", "Updates", "Working time"],
    rows: runs.map((run) => {
      const last = (field: "updates" | "elapsedMs") =>
        run.rows.reduce((most, row) => Math.max(most, row[field]), 0);
      return [
        run.runId,
        arms.find(({ name }) => name === run.arm)?.label ?? run.arm,
        String(run.seed),
        whole(lastStep(run)),
        whole(last("updates")),
        duration(last("elapsedMs")),
      ];
    }),
  };
}

/** The manifests of all runs: first what they share, then what sets each apart. */
export function manifestTables({ runs }: PageInput): { shared: TableView; own: TableView } {
  const leaves = runs.map(({ manifest }) => flattenJson(manifest));
  const paths = [...new Set(leaves.flatMap((manifest) => [...manifest.keys()]))];
  const shared = paths.filter((path) => leaves.every((other) => other.get(path) === leaves[0]!.get(path)));
  const own = paths.filter((path) => !shared.includes(path) && path !== "runId");
  return {
    shared: {
      isNumeric: false,
      head: ["Setting", "Value"],
      rows: shared.map((path) => [{ code: path }, { code: leaves[0]!.get(path)! }]),
    },
    own: {
      isNumeric: false,
      head: ["Run", ...own],
      rows: runs.map((
        { runId },
        i,
      ) => [runId, ...own.map((path) => ({ code: leaves[i]!.get(path) ?? "–" }))]),
    },
  };
}
