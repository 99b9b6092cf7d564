import { assert, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { NotebookError } from "relay/notebook/notebook_file.ts";
import { exportHtml } from "relay/notebook/page/export_html.ts";
import { exportPdf, findBrowser } from "relay/notebook/page/export_pdf.ts";
import { codeCell, figure, notebookOf, textCell } from "./notebook_fixture.ts";

const test = findBrowser() ? it : it.skip;

describe("exportPdf", () => {
  test("prints pages of A4 with figures as lines", async () => {
    const cells = [textCell("# T"), codeCell("1", [figure()])];
    const pdf = await exportPdf(await exportHtml(notebookOf(cells), { path: "x.ipynb" }));
    const text = new TextDecoder("latin1").decode(pdf);
    assert(text.startsWith("%PDF-"));
    assert(/\/MediaBox \[0 0 59[45]\S* 84[12]\S*\]/.test(text), "A4");
    assert(!text.includes("/Subtype /Image"), "the still is not printed");
    const drawing = (await contents(pdf)).join("\n");
    // #2f76e0, the color of both lines
    assert(/\.184\d* \.462\d* \.878\d* RG/.test(drawing), "the figure's lines are missing");
  });

  it("says what is missing", async () => {
    await assertRejects(
      () => exportPdf("", { browser: "" }),
      NotebookError,
      "no Chromium, Chrome or Edge found",
    );
    await assertRejects(
      () => exportPdf("", { browser: "/no/such/chromium" }),
      NotebookError,
      "Cannot make a PDF: /no/such/chromium cannot be started (",
    );
  });
});

/** The drawing commands of a PDF: its compressed streams, as far as they are text. */
async function contents(pdf: Uint8Array): Promise<string[]> {
  const text = new TextDecoder("latin1").decode(pdf);
  const streams = [...text.matchAll(/\/Filter \/FlateDecode[^>]*>>\s*stream\r?\n/g)].map((match) => {
    const start = match.index + match[0].length;
    return pdf.slice(start, text.indexOf("endstream", start) - 1);
  });
  return await Promise.all(streams.map(async (stream) => {
    const inflated = new Blob([stream]).stream().pipeThrough(new DecompressionStream("deflate"));
    return await new Response(inflated).text().catch(() => "");
  }));
}
