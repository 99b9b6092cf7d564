/**
 * The page in a real browser. Skipped where Chromium is not installed.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import type { Browser, Page } from "playwright-core";
import { renderPage } from "relay/notebook/page/render_page.ts";
import type { PageInput } from "relay/notebook/tables/page_input.ts";
import { madeUpComparison } from "../comparison_fixture.ts";

const CHROMIUM = "/usr/bin/chromium";
const CHROMIUM_ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const test = isFile(CHROMIUM) ? it : it.skip;

/** Each of these acts, when it is taken as markup, in a browser without a policy. */
const ATTACKS = [
  `<img src=x onerror="document.title='owned'">`,
  `"></script></pre></style><svg onload="document.title='owned'"></svg><script>document.title='owned'</script>`,
  `' onmouseover='document.title="owned" %{x} &lt;b&gt;`,
  `<a href="javascript:document.title='owned'">x</a><!--<script>`,
];

interface Seen {
  readonly page: Page;
  /** Console messages, uncaught errors and requests but for the file itself. */
  readonly trouble: string[];
}

describe("the page in Chromium", () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    if (!isFile(CHROMIUM)) return;
    folder = await Deno.makeTempDir();
    const { chromium } = await importPlaywright();
    browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGS });
  });

  afterAll(async () => {
    if (!isFile(CHROMIUM)) return;
    await browser.close();
    await Deno.remove(folder, { recursive: true });
  });

  async function open(input: PageInput, width = 1280): Promise<Seen> {
    const path = `${folder}/page.html`;
    await Deno.writeTextFile(path, await renderPage(input));
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: "light" });
    const trouble: string[] = [];
    page.on("console", (message) => trouble.push(`console: ${message.text()}`));
    page.on("pageerror", (error) => trouble.push(`error: ${error.message}`));
    page.on("request", (request) => {
      if (request.url() !== `file://${path}`) trouble.push(`request: ${request.url().slice(0, 100)}`);
    });
    await page.goto(`file://${path}`);
    await page.waitForSelector("html[data-plots=drawn]", { state: "attached" });
    return { page, trouble };
  }

  test("draws four figures with a line a curve, silently and without a request", async () => {
    const { page, trouble } = await open(madeUpComparison());
    const lines = await page.locator(".plot").evaluateAll((plots) =>
      plots.map((plot) => [plot.id, plot.querySelectorAll(".scatterlayer .trace").length])
    );
    // Curves: for each of two arms a band, three runs and a curve; bandwidth has one arm; final two traces an arm.
    assertEquals(lines, [["plot-learning", 10], ["plot-final", 4], ["plot-bandwidth", 5], ["plot-td", 10]]);
    assertEquals(trouble, []);
    await page.close();
  });

  test("recolours figures and text with the theme and back", async () => {
    const { page, trouble } = await open(madeUpComparison());
    const colors = () =>
      page.evaluate(() => [
        getComputedStyle(document.body).backgroundColor,
        getComputedStyle(document.querySelector("#plot-learning .main-svg")!).backgroundColor,
      ]);
    assertEquals(await colors(), ["rgb(255, 255, 255)", "rgb(255, 255, 255)"]);
    await page.selectOption("#theme", "dark");
    await page.waitForFunction(() =>
      getComputedStyle(document.querySelector("#plot-td .main-svg")!).backgroundColor === "rgb(20, 23, 27)"
    );
    assertEquals(await colors(), ["rgb(20, 23, 27)", "rgb(20, 23, 27)"]);
    await page.selectOption("#theme", "light");
    await page.waitForFunction(() =>
      getComputedStyle(document.querySelector("#plot-td .main-svg")!).backgroundColor === "rgb(255, 255, 255)"
    );
    assertEquals(await colors(), ["rgb(255, 255, 255)", "rgb(255, 255, 255)"]);
    assertEquals(trouble, []);
    await page.close();
  });

  test("takes single seeds away and brings them back", async () => {
    const { page } = await open(madeUpComparison());
    const drawn = () => page.locator("#plot-learning .scatterlayer .trace").count();
    await page.uncheck("[data-role=run]");
    await page.waitForFunction(() =>
      document.querySelectorAll("#plot-learning .scatterlayer .trace").length === 4
    );
    await page.check("[data-role=run]");
    await page.waitForFunction(() =>
      document.querySelectorAll("#plot-learning .scatterlayer .trace").length === 10
    );
    assertEquals(await drawn(), 10);
    await page.close();
  });

  test("is no wider than a telephone", async () => {
    const { page } = await open(madeUpComparison(), 400);
    await page.evaluate(() => document.querySelectorAll("details").forEach((details) => details.open = true));
    assertEquals(await page.evaluate(() => document.documentElement.scrollWidth), 400);
    await page.close();
  });

  for (const attack of ATTACKS) {
    test(`shows ${attack} as text wherever it stands, and does nothing`, async () => {
      const { page, trouble } = await open(everywhere(attack));
      await page.hover("#plot-learning .nsewdrag", { position: { x: 80, y: 80 } });
      assertEquals(await page.title(), attack);
      assertEquals(trouble, []);
      assertEquals(
        await page.locator("img, main script, main svg:not(.plot svg), a:not([href^='#'])").count(),
        0,
      );
      assertEquals(await page.locator("h1").innerText(), attack.replace(/\s+/g, " "));
      assertEquals(await page.locator("pre").last().innerText(), attack);
      const legend = await page.locator("#plot-learning .legendtext").allTextContents();
      assertEquals(legend.map((entry) => entry.replaceAll("\u200b", "")), [attack, `${attack}2`]);
      await page.close();
    });
  }

  test("says in words when Plotly cannot run", async () => {
    const path = `${folder}/broken.html`;
    const html = await renderPage(madeUpComparison());
    // One character of the policy's second hash, Plotly's.
    const broken = html.replace(
      /(script-src &#39;sha256-[^;]*;[^;]*&#39;sha256-)(.)/,
      (_, head, c) => head + (c === "A" ? "B" : "A"),
    );
    assert(broken !== html, "the policy was not found");
    await Deno.writeTextFile(path, broken);
    const page = await browser.newPage();
    await page.goto(`file://${path}`);
    await page.waitForSelector("#plot-error:not([hidden])");
    assert(
      (await page.locator("#plot-error").innerText()).includes(
        "Every number they show is in the tables below",
      ),
    );
    await page.close();
  });
});

/** The comparison with the attack in every string that data can hold. */
function everywhere(attack: string): PageInput {
  const input = madeUpComparison();
  const names = new Map([["none", attack], ["quantile", `${attack}2`]]);
  return {
    title: attack,
    preset: attack,
    command: attack,
    notes: [attack],
    config: { [attack]: attack, nested: { [attack]: [attack] } },
    paperConfig: { [attack]: "other" },
    arms: input.arms.map((arm) => ({
      ...arm,
      name: names.get(arm.name)!,
      label: names.get(arm.name)!,
      description: attack,
    })),
    claims: [{
      id: attack,
      text: attack,
      kind: "greater",
      metric: "final",
      arm: names.get("quantile")!,
      baseline: attack,
      minProbability: 0.5,
    }, { id: "x", text: attack, kind: "exceeds", metric: "final", arm: `${attack}missing`, value: 0 }],
    runs: input.runs.map((run) => ({
      ...run,
      runId: `${attack}${run.seed}`,
      arm: names.get(run.arm)!,
      manifest: { [attack]: attack, differs: `${attack}${run.seed}`, endedAt: attack },
    })),
  };
}

/**
 * Playwright asks /proc whether it runs under WSL as soon as it is imported, which Deno allows to programs with all
 * permissions only; with this variable set it waits until it needs to know, and on Linux it never does.
 */
async function importPlaywright(): Promise<typeof import("playwright-core")> {
  Deno.env.set("__IS_WSL_TEST__", "1");
  try {
    return await import("playwright-core");
  } finally {
    Deno.env.delete("__IS_WSL_TEST__");
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
