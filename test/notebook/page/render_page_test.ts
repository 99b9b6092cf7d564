import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { beforeAll, describe, it } from "@std/testing/bdd";
import { renderPage } from "relay/notebook/page/render_page.ts";
import { madeUpComparison } from "../comparison_fixture.ts";

/** Text of the page as a reader gets it: tags removed, white space folded. */
function textOf(page: string): string {
  return page.replace(/<(script|style)[\s\S]*?<\/\1>/g, "").replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
}

describe("renderPage", () => {
  let page: string;
  let text: string;
  beforeAll(async () => {
    page = await renderPage(madeUpComparison());
    text = textOf(page);
  });

  it("tells the verdicts, a failed claim as failed", () => {
    assert(text.includes("Of 2 claims 1 holds and 1 fails."), text.slice(0, 900));
    assert(/✓ holds Quantile ends above no sharing/.test(text));
    assert(/✗ fails No sharing ends above 100/.test(text));
  });

  it("names the best arm, the baseline and what three seeds cannot say", () => {
    assert(
      /After 5,000 joint environment steps the highest final return is that of “quantile”, (39|4[01])\.\d /
        .test(text),
    );
    assert(text.includes("holds the true median in only 75 % of experiments"));
  });

  it("lists exactly the settings that differ from the paper's", () => {
    const table = /Settings that differ from the paper’s(.*?)Preset/.exec(text)![1]!;
    assertEquals(table.trim(), "Setting Paper Here preset paper test env {} – env.x_size – 10");
  });

  it("shows what manifests share once and what differs by run", () => {
    assert(
      /Manifest shared by all runs: versions, hardware, settings\s+versions.deno 2.9.6 Manifest/.test(text),
    );
    assert(/Run config.seed endedAt test-none-s1 1 2026-01-01T00:00:00Z test-none-s2 2/.test(text));
  });

  it("holds no address to load from and stays below 4 MB", () => {
    assert(
      !/<(link|img|iframe|object|embed|audio|video|base)\b|\ssrc=|@import|url\(/.test(
        textWithoutScripts(page),
      ),
    );
    assert(page.length < 4e6, `${page.length}`);
    assert(page.length > 3e5, "Plotly is missing");
  });

  it("allows two scripts by hash and nothing else", () => {
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)![1]!;
    const parts = policy.replaceAll("&#39;", "'").split("; ");
    assertEquals(parts[0], "default-src 'none'");
    assert(/^script-src 'sha256-[\w+/]{43}=' 'sha256-[\w+/]{43}='$/.test(parts[1]!), parts[1]);
    assertEquals(parts.slice(2), [
      "style-src 'unsafe-inline'",
      "img-src data: blob:",
      "base-uri 'none'",
      "form-action 'none'",
    ]);
  });

  it("is the same, byte for byte, for the same runs, and another for others", async () => {
    assert(await renderPage(madeUpComparison()) === page);
    const { runs, ...rest } = madeUpComparison();
    assertNotEquals(await renderPage({ ...rest, runs: runs.slice(1) }), page);
  });

  it("leaves out a run without an evaluation and says so", async () => {
    const input = madeUpComparison();
    const started = { ...input.runs[0]!, runId: "test-none-s9", seed: 9, rows: [] };
    const got = textOf(await renderPage({ ...input, runs: [...input.runs, started] }));
    assert(got.includes("Left out: 1 run without an evaluation yet (test-none-s9)"));
  });

  it("makes a page without any run", async () => {
    const got = textOf(await renderPage({ ...madeUpComparison(), runs: [] }));
    assert(got.includes("Of 2 claims 2 are undecided. No run has been evaluated yet."));
  });

  it("refuses an evaluation that is not a number, naming it", async () => {
    const input = madeUpComparison();
    const rows = input.runs[0]!.rows.map((row) => row.envSteps === 4000 ? { ...row, value: NaN } : row);
    const broken = { ...input, runs: [{ ...input.runs[0]!, rows }, ...input.runs.slice(1)] };
    await assertRejects(
      () => renderPage(broken),
      RangeError,
      'Cannot score test-none-s1: "eval/return" at 4000 env steps is NaN',
    );
  });
});

function textWithoutScripts(page: string): string {
  return page.replace(/<script[\s\S]*?<\/script>/g, "");
}
