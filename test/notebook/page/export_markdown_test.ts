import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Output } from "relay/notebook/notebook_file.ts";
import { exportMarkdown } from "relay/notebook/page/export_markdown.ts";
import { RELAY_MIME } from "relay/notebook/relay_output.ts";
import {
  claims,
  codeCell,
  failed,
  figure,
  notebookOf,
  PNG,
  printed,
  shown,
  textCell,
} from "./notebook_fixture.ts";

function textOf(...outputs: readonly Output[]): string {
  return exportMarkdown(notebookOf([codeCell("f()", outputs)]), { path: "x.ipynb", name: "x" }).text;
}

describe("exportMarkdown", () => {
  it("keeps text and puts code and logs into fences that they cannot leave", () => {
    const { text } = exportMarkdown(
      notebookOf([
        textCell("# T\n\n$x$ [a](b.ts)"),
        codeCell("a = `x`;\n```", [printed("\x1b[1mlog\x1b[0m\n")]),
      ]),
      { path: "x.ipynb", name: "x" },
    );
    assertEquals(text, "# T\n\n$x$ [a](b.ts)\n\n````ts\na = `x`;\n```\n````\n\n```\nlog\n```\n");
  });

  it("saves stills and attachments as files and names them", () => {
    const { text, files } = exportMarkdown(
      notebookOf([
        textCell("![a](attachment:a.png) ![b](https://x.y/b.png)", { "a.png": { "image/png": PNG } }),
        codeCell("f()", [figure("Two *lines*")]),
      ]),
      { path: "n.ipynb", name: "my report" },
    );
    assertEquals([...files.keys()], ["my report_files/image_1.png", "my report_files/image_2.png"]);
    for (const bytes of files.values()) assertEquals(bytes.toBase64(), PNG);
    assert(text.includes("![a](my%20report_files/image_1.png) ![b](https://x.y/b.png)"), text);
    assert(text.includes("![Figure: Two \\*lines\\*](my%20report_files/image_2.png)"), text);
  });

  it("writes claims as a list, a failed one as failed", () => {
    assert(
      textOf(claims()).includes(
        "- **fails**: sharing everything helps most. It does not. 0.83 \\[0.50, 1.00\\], 3 runs an arm.",
      ),
    );
  });

  it("names a failed cell and drops the loader", () => {
    assert(
      textOf(failed("E", "no (cell [3], line 2)", ["E: no", "at x"])).endsWith(
        "**Cell \\[3\\], line 2 failed.**\n\n```\nE: no\nat x\n```\n",
      ),
    );
    assertEquals(textOf(shown({ [RELAY_MIME]: { kind: "loader" }, "text/plain": "x" })), "```ts\nf()\n```\n");
  });

  it("leaves out what the tags say", () => {
    const cells = ["remove-input", "remove-output", "remove-cell"].map((tag) =>
      codeCell(`${tag}()`, [printed(tag)], { tags: [tag] })
    );
    assertEquals(
      exportMarkdown(notebookOf(cells), { path: "x.ipynb", name: "x" }).text,
      "```\nremove-input\n```\n\n```ts\nremove-output()\n```\n",
    );
  });
});
