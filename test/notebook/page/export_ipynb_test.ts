import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type CodeCell, type Notebook, parseNotebook } from "relay/notebook/notebook_file.ts";
import { exportIpynb } from "relay/notebook/page/export_ipynb.ts";
import { PLOTLY_MIME, RELAY_MIME } from "relay/notebook/relay_output.ts";
import { codeCell, figure, notebookOf, PNG, printed, shown } from "./notebook_fixture.ts";

function exported(notebook: Notebook): Record<string, unknown>[][] {
  const { cells } = parseNotebook(exportIpynb(notebook), "exported");
  return cells.map((cell) =>
    (cell as CodeCell).outputs.map((output) => "data" in output ? output.data as Record<string, unknown> : {})
  );
}

describe("exportIpynb", () => {
  it("puts the still into a figure's HTML, once, and keeps the rest", () => {
    const notebook = notebookOf([codeCell("1", [figure()])]);
    const [[data]] = exported(notebook) as [[Record<string, unknown>]];
    assert(
      String(data["text/html"]).startsWith(`<img alt="Figure: Two lines" src="data:image/png;base64,${PNG}"`),
    );
    assert(String(data["text/html"]).endsWith("<script>1</script>"));
    assertEquals(Object.keys(data), [PLOTLY_MIME, RELAY_MIME, "text/html", "image/png", "text/plain"]);
    assertEquals(exported(parseNotebook(exportIpynb(notebook), "again"))[0]![0], data);
  });

  it("keeps Plotly once", () => {
    const loader = () => shown({ [RELAY_MIME]: { kind: "loader" }, "text/html": "x" });
    const outputs = exported(
      notebookOf([codeCell("1", [loader()]), codeCell("2", [printed("a"), loader()])]),
    );
    assertEquals(outputs.map((list) => list.length), [1, 1]);
  });

  it("leaves everything else as it is", () => {
    const notebook = notebookOf([
      codeCell("1", [printed("a"), shown({ "text/html": "<b>x</b>", "image/png": PNG })]),
    ], { a: 1 });
    assertEquals(JSON.parse(exportIpynb(notebook)), JSON.parse(JSON.stringify(notebook)));
  });
});
