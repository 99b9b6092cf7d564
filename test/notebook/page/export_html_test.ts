import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Cell, Output } from "relay/notebook/notebook_file.ts";
import { exportHtml } from "relay/notebook/page/export_html.ts";
import { RELAY_MIME } from "relay/notebook/relay_output.ts";
import {
  claims,
  codeCell,
  failed,
  figure,
  notebookOf,
  PNG,
  printed,
  readable,
  shown,
  textCell,
  withoutScripts,
} from "./notebook_fixture.ts";

const PATH = new URL("./made_up.ipynb", import.meta.url).pathname;

async function pageOf(cells: readonly Cell[], metadata: Record<string, unknown> = {}): Promise<string> {
  return await exportHtml(notebookOf(cells, metadata), { path: PATH });
}

/** The elements of one output. */
async function outputOf(...outputs: readonly Output[]): Promise<string> {
  const page = withoutScripts(await pageOf([codeCell("f()", outputs)]));
  return /<div class="cell" id="cell-1">([\s\S]*)<\/main>/.exec(page)![1]!;
}

describe("the head of a page", () => {
  it("has the first heading as title, once", async () => {
    const page = await pageOf([textCell("# SUPER `on` **Pursuit**\n\nText."), codeCell("1")]);
    assert(page.includes("<title>SUPER on Pursuit</title>"));
    assertEquals(readable(page).split("SUPER on Pursuit").length - 1, 2, "window and heading");
  });

  it("falls back on the notebook's own title and on its file", async () => {
    assert((await pageOf([codeCell("1")], { title: "Mine" })).includes("<title>Mine</title>"));
    assert((await pageOf([codeCell("1")])).includes("<title>made_up</title>"));
  });

  it("says how it was run", async () => {
    const relay = {
      ranAt: "2026-11-21T10:12:00Z",
      ms: 123_456,
      deno: "2.9.6",
      commit: "d51b562aaabbccddeeff",
      parameters: { preset: "fc", seeds: 3 },
      command: "deno task report x.ipynb -p preset=fc",
    };
    const text = readable(await pageOf([codeCell("1")], { relay }));
    for (
      const part of [
        "21 November 2026 at 10:12 UTC",
        "took 2 min",
        "Deno 2.9.6",
        "commit d51b562aaabb ",
        'preset = "fc"',
        "seeds = 3",
        "How to run this again deno task report x.ipynb -p preset=fc",
      ]
    ) assert(text.includes(part), `${part} is missing in ${text.slice(0, 600)}`);
  });

  it("takes no harm from metadata of other types", async () => {
    for (const relay of [7, null, "x", { ranAt: 3, ms: "x", parameters: [], deno: {}, command: 1 }]) {
      assert((await pageOf([codeCell("1")], { relay })).includes("<h1>made_up</h1>"));
    }
  });
});

describe("the contents", () => {
  const headings = "# Title\n\n## One\n\n### Part of one\n\n## One\n\n#### Deep\n\nSee [one](#One).";

  it("lists headings of two levels with ids of their own", async () => {
    const page = await pageOf([textCell(headings), codeCell("1")]);
    const links = [...page.matchAll(/<li class="(level-\d)"><a href="#([\w-]+)">([^<]*)</g)].map((m) =>
      m.slice(1)
    );
    const expected = [["level-2", "section-one", "One"], ["level-3", "section-part-of-one", "Part of one"], [
      "level-2",
      "section-one-2",
      "One",
    ]];
    assertEquals(links, [...expected, ...expected], "beside and above");
    for (const [, id] of expected) assertEquals(page.split(`id="${id}"`).length, 2, id);
    assert(page.includes('<a href="#section-one">one</a>'), "a link of the text leads to the heading");
  });

  it("is left out where there is nothing to list", async () => {
    assert(!(await pageOf([textCell("# Title\n\n## One"), codeCell("1")])).includes('aria-label="Contents"'));
  });
});

describe("the banner", () => {
  const error = failed("TypeError", "x is not a function (cell [2], line 3)");

  it("says where the notebook stopped", async () => {
    const cells = [codeCell("1"), codeCell("x()", [error], { count: 2 }), codeCell("3", [], { count: null })];
    const page = await pageOf(cells);
    assert(
      readable(page).includes(
        "This notebook stopped at cell [2], line 3 . TypeError: x is not a function. What follows was not run (1 cell).",
      ),
      readable(page),
    );
    assert(page.includes('<a href="#cell-2">'));
    assert(readable(page).includes("Code [ ] not run"));
  });

  it("says that cells failed though others went on", async () => {
    const text = readable(
      await pageOf([codeCell("1", [error]), codeCell("2", [failed("E", "no")], { count: 2 })]),
    );
    assert(text.includes("This notebook failed in cell [2], line 3 , cell [2] ."), text);
  });

  it("says that nothing or not everything was run", async () => {
    const unrun = codeCell("1", [], { count: null });
    assert(readable(await pageOf([unrun, unrun])).includes("This notebook was not run: it has no results."));
    assert(
      readable(await pageOf([codeCell("1"), unrun])).includes("not run to its end. 1 cell was not run."),
    );
  });

  it("is left out when all ran, and where an error was meant", async () => {
    const cells = [codeCell("1"), codeCell(""), codeCell("x()", [error], { tags: ["raises-exception"] })];
    assert(!(await pageOf(cells)).includes('role="alert">This'));
    assert(!(await pageOf(cells)).includes('class="banner"'));
  });
});

describe("claims", () => {
  it("stand at the top, the failed one as failed, with links to where they stand", async () => {
    const page = await pageOf([textCell("# T"), codeCell("1", [claims()])]);
    const [summary, rest] = withoutScripts(page).split("</section>");
    assert(readable(summary!).includes("Of 3 claims 1 holds, 1 fails and 1 is undecided."));
    assert(
      /✗<\/span>\s*fails<\/span>\s*<a href="#claim-2">sharing everything helps most/.test(summary!),
      summary,
    );
    assert(/<li class="claim fails"\s+id="claim-2"/.test(rest!), rest!.slice(0, 900));
    const text = readable(rest!);
    assert(text.includes("It does not. 0.83 [0.50, 1.00], 3 runs an arm."), text);
    assert(!text.includes("not this"), "the HTML for live front ends is not shown beside the data");
  });

  it("are counted over all cells", async () => {
    const page = await pageOf([codeCell("1", [claims()]), codeCell("2", [claims()])]);
    assert(readable(page).includes("Of 6 claims 2 hold, 2 fail and 2 are undecided."));
  });
});

describe("code", () => {
  it("is folded, coloured and escaped", async () => {
    const page = await pageOf([codeCell('const a = "<b>"; // <i>')]);
    assert(/<details class="code"\s+data-code>/.test(page));
    assert(page.includes('<span class="hljs-keyword">const</span>'));
    assert(page.includes('<span class="hljs-string">&quot;&lt;b&gt;&quot;</span>'));
  });

  it("is shown where the notebook says so", async () => {
    assert(
      /<details class="code"\s+data-code open>/.test(
        await pageOf([codeCell("1")], { relay: { code: "shown" } }),
      ),
    );
  });

  it("is left out, folded or removed with its cell by tags", async () => {
    const cell = (tag: string) => codeCell("secret()", [printed("shown")], { tags: [tag] });
    const removedInput = readable(await pageOf([cell("remove-input")]));
    assert(!removedInput.includes("secret") && removedInput.includes("shown"));
    const removedOutput = readable(await pageOf([cell("remove-output")]));
    assert(removedOutput.includes("secret") && !removedOutput.includes(" shown "));
    const removed = readable(await pageOf([cell("remove-cell")]));
    assert(!removed.includes("secret") && !removed.includes(" shown "));
    assert(/<details class="code"\s*>/.test(await pageOf([cell("hide-input")])), "not part of the switch");
  });

  it("of parameters is a table of what this run used", async () => {
    const declared = 'let preset = "quick"; // how much\nlet seeds = 3;\nlet list: number[] = [1, 2];';
    const text = readable(
      await pageOf([
        codeCell(declared, [], { tags: ["parameters"] }),
        codeCell('// Parameters of this run\npreset = "fc";\nvoid 0;', [], { tags: ["injected-parameters"] }),
      ]),
    );
    assert(
      text.includes(
        'Parameter Value Meaning preset "fc" instead of "quick" how much seeds 3 list [1, 2] Code [1]',
      ),
      text.slice(0, 900),
    );
    assert(!text.includes("Parameters of this run"));
  });

  it("that is more than parameters stays code", async () => {
    const cell = codeCell("let a = 1;\nconsole.log(a);", [], { tags: ["parameters"] });
    assert(!(await pageOf([cell])).includes('<th scope="col">Parameter'));
  });
});

describe("outputs", () => {
  it("of streams are joined, without colours, stderr marked", async () => {
    const output = await outputOf(
      printed("a\x1b[31mb"),
      printed("c\x1b[0m\n10 %\r20 %\n"),
      printed("no!", "stderr"),
    );
    assert(output.includes('<pre tabindex="0">abc\n20 %</pre>'), output);
    assert(/<span class="label">stderr<\/span>\s*<pre tabindex="0">no!<\/pre>/.test(output), output);
  });

  it("of many lines are folded after 200, with a count", async () => {
    const lines = Array.from({ length: 1500 }, (_, i) => `line ${i}\n`).join("");
    const output = await outputOf(printed(lines));
    const [first, rest] = output.split('<details class="more"');
    assert(first!.includes("line 199") && !first!.includes("line 200"));
    assert(readable(rest!).includes("1,300 more lines") && rest!.includes("line 1499"));
  });

  it("of far too many lines are cut, and say so", async () => {
    const output = await outputOf(printed(`${"x".repeat(99)}\n`.repeat(10_000)));
    assert(output.length < 400_000, `${output.length}`);
    assert(/6,\d\d\d lines are left out of this page/.test(readable(output)));
  });

  it("of one endless line are cut, and say so", async () => {
    const output = await outputOf(printed("x".repeat(1_000_000)));
    assert(output.length < 400_000 && output.includes("(700,000 characters are left out of this page)"));
  });

  it("of values are their text", async () => {
    const output = await outputOf({
      output_type: "execute_result",
      data: { "text/plain": "{ a: \x1b[33m1\x1b[39m }" },
      metadata: {},
    });
    assert(output.includes(">{ a: 1 }</pre>"), output);
  });

  it("with figures keep data for the script and a still for readers without", async () => {
    const page = await pageOf([codeCell("1", [figure()])]);
    const output = withoutScripts(page);
    assert(output.includes('data-figure="figure-1"') && output.includes('role="img"'));
    assert(output.includes('aria-label="Two lines. What is drawn."'));
    assert(
      new RegExp(
        `<noscript>\\s*<img alt="Two lines" src="data:image/png;base64,${PNG.replaceAll("+", "\\+")}"`,
      ).test(output),
    );
    assert(readable(output).includes("Two lines. What is drawn."));
    assert(!output.includes("Trust this notebook"));
    assert(page.includes('<script type="application/json" id="figure-1">{"data":[{"type":"scatter"'));
    assert(page.includes('id="plotly"'));
  });

  it("without figures bring no Plotly", async () => {
    const page = await pageOf([codeCell("1", [printed("x")])]);
    assert(!page.includes('id="plotly"') && page.length < 120_000, `${page.length}`);
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)![1]!.replaceAll("&#39;", "'");
    assert(/script-src 'sha256-[\w+/]{43}=';/.test(policy), policy);
  });

  it("of the loader are dropped", async () => {
    const output = await outputOf(
      shown({ [RELAY_MIME]: { kind: "loader" }, "text/html": "x", "text/plain": "Relay: on" }),
    );
    assert(!output.includes('class="output"'), output);
  });

  it("with errors name the place and fold the traceback", async () => {
    const output = await outputOf(
      failed("TypeError", "no (cell [1], line 2)", ["\x1b[31mTypeError\x1b[0m: no", " at x"]),
    );
    assert(
      readable(output).includes("Cell [1], line 2 failed. TypeError: no Traceback TypeError: no at x"),
      output,
    );
  });

  it("with pictures, Markdown and unknown types show the best that is safe", async () => {
    assert(
      (await outputOf(shown({ "image/png": `${PNG}\n`, "text/plain": "dot" }))).includes(
        `src="data:image/png;base64,${PNG}"`,
      ),
    );
    assert(
      (await outputOf(shown({ "image/png": '"><script>', "text/plain": "dot" }))).includes(">dot</pre>"),
    );
    assert(
      (await outputOf(shown({ "image/svg+xml": "<svg/>" }))).includes(
        'src="data:image/svg+xml;base64,PHN2Zy8+"',
      ),
    );
    assert((await outputOf(shown({ "text/markdown": "## **b**" }))).includes("<h2><strong>b</strong></h2>"));
    assert((await outputOf(shown({ "x/y": { a: 1 } }))).includes("cannot show (x/y)"));
  });

  it("with HTML keep tables, classes and words, and nothing that acts", async () => {
    const output = await outputOf(
      shown({
        "text/html":
          '<div class="scroll" id="theme" style="background:url(x);text-align:right" onclick="x()"><table class="numbers"><tr><th scope="row" aria-label="l">a</th></tr></table><progress max="1" value="0.5"></progress><script>x()</script><form action="x"><input name="y"></form><a href="../x">rel</a><a href="https://deno.com">web</a></div>',
      }),
    );
    assert(
      output.includes(
        '<div class="scroll" style="text-align:right"><table class="numbers"><tr><th scope="row" aria-label="l">a</th></tr></table>',
      ),
      output,
    );
    assert(output.includes('<progress max="1" value="0.5">'));
    assert(
      output.includes(
        '<a>rel</a><a href="https://deno.com" target="_blank" rel="noopener noreferrer">web</a>',
      ),
    );
    assert(
      !/onclick|<script|<form|<input|url\(|id="theme"/.test(output.slice(output.indexOf("html-output"))),
      output,
    );
  });
});

describe("a page as a file", () => {
  it("allows two scripts by hash and nothing else, and holds no address to load from", async () => {
    const page = await pageOf([textCell("![x](https://example.org/x.png)"), codeCell("1", [figure()])]);
    const parts = /Content-Security-Policy" content="([^"]*)"/.exec(page)![1]!.replaceAll("&#39;", "'").split(
      "; ",
    );
    assertEquals(parts[0], "default-src 'none'");
    assert(/^script-src 'sha256-[\w+/]{43}=' 'sha256-[\w+/]{43}='$/.test(parts[1]!), parts[1]);
    assertEquals(parts.slice(2), [
      "style-src 'unsafe-inline'",
      "img-src data: blob:",
      "base-uri 'none'",
      "form-action 'none'",
    ]);
    assert(
      !/<(link|iframe|object|embed|audio|video|base)\b|\ssrc="(?!data:)|@import|url\(/.test(
        withoutScripts(page),
      ),
    );
    assert(readable(page).includes("[image “x”, not in this page: https://example.org/x.png]"));
  });

  it("stays below 4 MB with ten figures of 15 curves and their stills", async () => {
    const xs = new Uint8Array(3200).toBase64();
    const data = Array.from({ length: 15 }, () => ({
      type: "scatter",
      x: { dtype: "f8", bdata: xs },
      y: { dtype: "f8", bdata: xs },
    }));
    const still = new Uint8Array(80_000).toBase64();
    const output = () =>
      shown({ "application/vnd.plotly.v1+json": { data, layout: {} }, "image/png": still });
    const page = await pageOf(Array.from({ length: 10 }, () => codeCell("1", [output()])));
    assert(page.length > 1e6 && page.length < 4e6, `${page.length}`);
  });

  it("is the same, byte for byte, for the same notebook", async () => {
    const cells = [textCell("# T"), codeCell("1", [figure(), claims()])];
    assert(await pageOf(cells) === await pageOf(cells));
  });
});
