import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Headings } from "relay/notebook/page/headings.ts";
import { imageSource } from "relay/notebook/page/images.ts";
import { inlineText, markdown } from "relay/notebook/page/markdown.ts";
import { PNG, textCell } from "./notebook_fixture.ts";

const HERE = new URL("./made_up.ipynb", import.meta.url).pathname;

function rendered(source: string): string {
  return markdown(source, { headings: new Headings(), image: () => undefined }).toString().trim();
}

describe("markdown", () => {
  it("shows HTML as text", () => {
    assertEquals(rendered("a <b>x</b>"), "<p>a &lt;b&gt;x&lt;/b&gt;</p>");
  });

  it("lets tables scroll inside themselves", () => {
    assert(rendered("| a |\n| - |\n| 1 |").startsWith('<div class="scroll" tabindex="0"><table>'));
  });

  it("turns TeX into MathML, in lines and between them, and leaves prices alone", () => {
    const text = rendered("$x_1^2$ costs $5 and $6\n\n$$\\frac{a}{b}$$");
    assert(/<math><msubsup>.*<\/math> costs \$5 and \$6/.test(text), text);
    assert(/<div class="formula"[^>]*><math display="block"/.test(text), text);
    assert(text.includes("<mfrac>"));
  });

  it("shows a formula that is wrong or unsafe as its source", () => {
    for (const source of ["\\frac{", "\\href{javascript:alert(1)}{x}", "\\style{color:red}{x}"]) {
      const text = rendered(`$${source}$`);
      assert(text.includes(`<code class="formula-error"`) && !text.includes("<math"), text);
    }
  });

  it("links to the web and to headings, names files, and drops what could act", () => {
    assertEquals(
      rendered("[a](https://deno.com?x=1&y=2)"),
      '<p><a href="https://deno.com?x=1&amp;y=2" target="_blank" rel="noopener noreferrer">a</a></p>',
    );
    assertEquals(rendered("[a](#The-end)"), '<p><a href="#section-the-end">a</a></p>');
    assertEquals(
      rendered("[a](../src/x.ts)"),
      '<p><span class="reference" title="In the repository: ../src/x.ts">a</span></p>',
    );
    for (
      const href of [
        "javascript:alert(1)",
        "JaVaScRiPt:x",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc",
        "//x.y",
      ]
    ) {
      const text = rendered(`[a](${href}) <${href}> b`);
      assert(!text.includes("<a"), text);
    }
  });

  it("closes each link with its own tag", () => {
    assertEquals(
      rendered("[a](x.ts) [b](https://x.y)"),
      '<p><span class="reference" title="In the repository: x.ts">a</span> <a href="https://x.y" target="_blank" rel="noopener noreferrer">b</a></p>',
    );
  });

  it("colours TypeScript and no other language", () => {
    assert(rendered("```ts\nconst a = 1;\n```").includes('<span class="hljs-keyword">const</span>'));
    assert(rendered("```sh\nexport A=<b>\n```").includes(">export A=&lt;b&gt;\n</code>"));
  });

  it("is read as plain text", () => {
    assertEquals(inlineText("**a** `b` [c](d) $x$"), "a b c x");
  });
});

describe("imageSource", () => {
  it("finds attachments and pictures in the text itself", () => {
    const cell = textCell("", { "a b.png": { "image/png": PNG } });
    const find = imageSource(cell, HERE);
    assertEquals(find("attachment:a%20b.png"), `data:image/png;base64,${PNG}`);
    assertEquals(find("attachment:other.png"), undefined);
    assertEquals(find(`data:image/png;base64,${PNG}`), `data:image/png;base64,${PNG}`);
    assertEquals(find("data:text/html;base64,PHN2Zy8+"), undefined);
    assertEquals(find("data:image/svg+xml,<svg onload=x>"), undefined);
  });

  it("embeds picture files near the notebook and no others", async () => {
    const folder = await Deno.makeTempDir();
    await Deno.mkdir(`${folder}/root/notebooks`, { recursive: true });
    const bytes = Uint8Array.fromBase64(PNG);
    for (const path of ["root/notebooks/a.png", "root/b.png", "outside.png", "root/c.txt"]) {
      await Deno.writeFile(`${folder}/${path}`, bytes);
    }
    await Deno.symlink(`${folder}/outside.png`, `${folder}/root/link.png`);
    const find = imageSource(textCell(""), `${folder}/root/notebooks/n.ipynb`);
    assertEquals(find("a.png"), `data:image/png;base64,${PNG}`);
    assertEquals(find("../b.png?x#y"), `data:image/png;base64,${PNG}`);
    for (
      const src of [
        "../../outside.png",
        "../link.png",
        "../c.txt",
        "missing.png",
        "https://x.y/a.png",
        "//x.y/a.png",
      ]
    ) {
      assertEquals(find(src), undefined, src);
    }
    await Deno.remove(folder, { recursive: true });
  });
});
