import { flattenJson } from "relay/notebook/tables/flatten_json.ts";
import type { PageInput } from "relay/notebook/tables/page_input.ts";
import type { TableView } from "relay/notebook/tables/table_view.ts";

/** Every setting that differs from the paper's; no rows when none does. */
export function settingsTable({ config, paperConfig = {} }: PageInput): TableView {
  const here = flattenJson(config);
  const paper = flattenJson(paperConfig);
  const paths = [...new Set([...paper.keys(), ...here.keys()])].filter((path) =>
    here.get(path) !== paper.get(path)
  );
  return {
    isNumeric: false,
    head: ["Setting", "Paper", "Here"],
    rows: paths.map((
      path,
    ) => [{ code: path }, { code: paper.get(path) ?? "–" }, { code: here.get(path) ?? "–" }]),
  };
}
