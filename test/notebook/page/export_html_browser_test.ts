/**
 * The exported page in a real browser. Skipped where Chromium is not installed.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import type { Browser, Page } from "playwright-core";
import type { Notebook } from "relay/notebook/notebook_file.ts";
import { exportHtml } from "relay/notebook/page/export_html.ts";
import { PLOTLY_MIME, RELAY_MIME } from "relay/notebook/relay_output.ts";
import { randomPolicy, recordReplay } from "relay/notebook/replay.ts";
import { hasChromium, launchChromium } from "../../support/chromium.ts";
import { ATTACKS, HOSTILE_HTML, hostileNotebook } from "./hostile_notebook.ts";
import { claims, codeCell, figure, notebookOf, printed, shown, textCell } from "./notebook_fixture.ts";

const test = hasChromium() ? it : it.skip;
const PATH = "made_up.ipynb";

interface Seen {
  readonly page: Page;
  /** Console messages, uncaught errors, dialogs, new windows and requests but for the file itself. */
  readonly trouble: string[];
}

interface View {
  readonly width?: number;
  readonly colorScheme?: "light" | "dark";
}

describe("the exported page in Chromium", () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    if (!hasChromium()) return;
    folder = await Deno.makeTempDir();
    browser = await launchChromium();
  });

  afterAll(async () => {
    if (!hasChromium()) return;
    await browser.close();
    await Deno.remove(folder, { recursive: true });
  });

  async function openHtml(html: string, { width = 1280, colorScheme = "light" }: View = {}): Promise<Seen> {
    const path = `${folder}/page.html`;
    await Deno.writeTextFile(path, html);
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const trouble: string[] = [];
    page.on("console", (message) => trouble.push(`console: ${message.text()}`));
    page.on("pageerror", (error) => trouble.push(`error: ${error.message}`));
    page.on("dialog", (dialog) => {
      trouble.push(`dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    page.on("popup", (popup) => trouble.push(`window: ${popup.url()}`));
    page.on("request", (request) => {
      const url = request.url();
      if (url !== `file://${path}` && !url.startsWith("data:")) trouble.push(`request: ${url.slice(0, 100)}`);
    });
    await page.goto(`file://${path}`);
    return { page, trouble };
  }

  async function open(notebook: Notebook, view: View = {}): Promise<Seen> {
    const seen = await openHtml(await exportHtml(notebook, { path: PATH }), view);
    await seen.page.waitForSelector("html[data-page=ready]", { state: "attached" });
    return seen;
  }

  const plain = () =>
    notebookOf([
      textCell(
        "# Title\n\n## One\n\n$x^2$\n\n$$\\sum_{i=1}^{20} x_i + y_i + z_i + a_i + b_i + c_i + d_i + e_i + f_i$$\n\n## Two",
      ),
      codeCell(
        "const veryLongName = someFunction(withArguments, andMore, andMore, andMore, andMore, andMore);",
        [
          figure(),
          claims(),
          printed(`${"long ".repeat(60)}\n`),
          shown({
            "text/html": `<div class="scroll"><table class="numbers"><tr>${
              "<td>1,234.5 [1.0, 2.0]</td>".repeat(12)
            }</tr></table></div>`,
          }),
        ],
      ),
    ]);

  test("draws its figures, silently and without a request", async () => {
    const { page, trouble } = await open(plain());
    assertEquals(await page.locator(".plot .scatterlayer .trace").count(), 2);
    assertEquals(await page.locator(".plot").getAttribute("role"), "img");
    assertEquals(trouble, []);
    await page.close();
  });

  test("recolours figures and text with the theme and back", async () => {
    const { page, trouble } = await open(plain());
    const colors = () =>
      page.evaluate(() => [
        getComputedStyle(document.body).backgroundColor,
        getComputedStyle(document.querySelector(".plot .main-svg")!).backgroundColor,
      ]);
    const drawn = (color: string) =>
      page.waitForFunction(
        (color) => getComputedStyle(document.querySelector(".plot .main-svg")!).backgroundColor === color,
        color,
      );
    assertEquals(await colors(), ["rgb(255, 255, 255)", "rgb(255, 255, 255)"]);
    await page.selectOption("#theme", "dark");
    await drawn("rgb(20, 23, 27)");
    assertEquals(await colors(), ["rgb(20, 23, 27)", "rgb(20, 23, 27)"]);
    await page.selectOption("#theme", "");
    await drawn("rgb(255, 255, 255)");
    await page.emulateMedia({ colorScheme: "dark" });
    await drawn("rgb(20, 23, 27)");
    assertEquals(trouble, []);
    await page.close();
  });

  test("takes single seeds away and brings them back", async () => {
    const { page } = await open(plain());
    const traces = (count: number) =>
      page.waitForFunction(
        (count) => document.querySelectorAll(".plot .scatterlayer .trace").length === count,
        count,
      );
    await page.uncheck("[data-role=run]");
    await traces(1);
    await page.check("[data-role=run]");
    await traces(2);
    await page.close();
  });

  test("folds and unfolds all code with one switch", async () => {
    const { page } = await open(plain());
    const code = page.locator("details.code pre");
    assert(!await code.isVisible());
    await page.check("#code");
    assert(await code.isVisible());
    await page.uncheck("#code");
    assert(!await code.isVisible());
    await page.close();
  });

  test("is no wider than a telephone, with everything unfolded", async () => {
    const { page } = await open(plain(), { width: 400 });
    await page.evaluate(() => document.querySelectorAll("details").forEach((details) => details.open = true));
    assertEquals(await page.evaluate(() => document.documentElement.scrollWidth), 400);
    assert(
      await page.locator(".contents.above").isVisible() &&
        !await page.locator(".contents.beside").isVisible(),
    );
    await page.close();
  });

  test("prints figures light and at paper size, without its switches, and folds code away", async () => {
    const { page } = await open(plain(), { colorScheme: "dark" });
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    await page.waitForFunction(() =>
      document.querySelector(".plot .main-svg")!.getAttribute("width") === "680"
    );
    assertEquals(
      await page.evaluate(() => [
        getComputedStyle(document.querySelector(".plot .main-svg")!).backgroundColor,
        getComputedStyle(document.body).backgroundColor,
      ]),
      ["rgb(255, 255, 255)", "rgb(255, 255, 255)"],
    );
    for (const hidden of [".controls", ".contents.beside", "details.code"]) {
      assert(!await page.locator(hidden).isVisible(), hidden);
    }
    await page.close();
  });

  test("plays replays", async () => {
    const env = { id: "sisl/pursuit_v4", options: { x_size: 10, y_size: 10, n_evaders: 4 } };
    const { bundle } = await recordReplay(randomPolicy(1), { env, maxSteps: 20, title: "A hunt" });
    const { page, trouble } = await open(notebookOf([codeCell("1", [shown({ ...bundle })])]));
    const slider = page.locator(".replay input[type=range]");
    assertEquals(await slider.inputValue(), "0");
    await page.getByRole("button", { name: "Play" }).click();
    await page.waitForFunction(() =>
      Number(document.querySelector<HTMLInputElement>(".replay input")!.value) > 1
    );
    assertEquals(trouble, []);
    await page.close();
  });

  test("says that an episode or a figure is broken, and shows the others", async () => {
    const env = { id: "sisl/pursuit_v4", options: { x_size: 10, y_size: 10, n_evaders: 4 } };
    const { episode } = await recordReplay(randomPolicy(1), { env, maxSteps: 20 });
    const broken = [{ ...episode, steps: 90_000 }, {
      ...episode,
      width: 0,
      height: 0,
      groups: [],
      agents: [],
    }];
    const odd = {
      data: [{ type: "scatter", x: { dtype: "f8", bdata: "no" }, y: 7 }],
      layout: { xaxis: 3, height: 200 },
    };
    const { page } = await open(notebookOf([
      codeCell("1", broken.map((episode) => shown({ [RELAY_MIME]: { kind: "replay", episode } }))),
      codeCell("2", [shown({ [PLOTLY_MIME]: odd }), figure()]),
    ]));
    assertEquals(await page.getByText("The episode could not be read").count(), 2);
    assertEquals(await page.locator(".plot").last().locator(".scatterlayer .trace").count(), 2);
    await page.close();
  });

  test("shows text, claims and stills where scripts do not run", async () => {
    const path = `${folder}/page.html`;
    await Deno.writeTextFile(path, await exportHtml(plain(), { path: PATH }));
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`file://${path}`);
    assert(await page.locator("noscript img").isVisible());
    assert(await page.getByText("Of 3 claims 1 holds").isVisible());
    assert(!await page.locator(".controls").isVisible(), "switches that do nothing");
    await context.close();
  });

  test("says in words when Plotly cannot run, and shows stills", async () => {
    const html = await exportHtml(plain(), { path: PATH });
    // One character of the policy's second hash, Plotly's.
    const broken = html.replace(
      /(script-src &#39;sha256-[^;]*;[^;]*&#39;sha256-)(.)/,
      (_, head, c) => head + (c === "A" ? "B" : "A"),
    );
    assert(broken !== html, "the policy was not found");
    const { page } = await openHtml(broken);
    await page.waitForSelector("html[data-page=ready]", { state: "attached" });
    assert((await page.locator("#plot-error").innerText()).includes("stills stand in their place"));
    assert(await page.locator(".plot img[src^='data:image/png']").isVisible());
    await page.close();
  });

  test("knows attacks that act where nothing stops them", async () => {
    for (const attack of [...ATTACKS, HOSTILE_HTML]) {
      assert(await actsRaw(`<p>${attack}`) || await actsRaw(`<p title="${attack}">`), attack);
    }
  });

  /** Whether markup, taken as it is, changes the title or asks the network, which stays out of reach. */
  async function actsRaw(markup: string): Promise<boolean> {
    const page = await browser.newPage();
    let requests = 0;
    await page.route("**/*", (route) => {
      requests += 1;
      return route.abort();
    });
    await page.setContent(`<title>page</title>${markup}`, { waitUntil: "commit" });
    await page.evaluate(() => {
      for (const link of document.querySelectorAll("a")) link.dispatchEvent(new MouseEvent("click"));
    }).catch(() => {});
    const changed = page.waitForFunction(() => document.title !== "page", undefined, { timeout: 1000 });
    const acts = await changed.then(() => true, () => requests > 0);
    await page.close();
    return acts;
  }

  for (const colorScheme of ["light", "dark"] as const) {
    for (const attack of ATTACKS) {
      test(`shows ${attack} as text wherever it stands, in ${colorScheme}`, async () => {
        const { page, trouble } = await open(await hostileNotebook(attack), { colorScheme });
        const address = page.url();
        const title = await page.title();
        assert(title !== "owned", title);
        await page.evaluate(() =>
          document.querySelectorAll("details").forEach((details) => details.open = true)
        );
        for (const plot of await page.locator(".plot .nsewdrag").all()) {
          await plot.hover({ position: { x: 60, y: 60 }, force: true });
          await page.waitForTimeout(50);
        }
        for (const link of await page.locator("a").all()) await link.dispatchEvent("click");
        await page.waitForTimeout(100);
        assertEquals(await page.title(), title);
        assertEquals(page.url().replace(/#.*$/, ""), address);
        assertEquals(trouble, []);
        assertEquals(
          await page.locator(
            "main script, iframe, object, embed, form, base, link, .plot a, a[href]:not([href^='#'])",
          ).count(),
          0,
        );
        assert(await page.locator(".plot .scatterlayer .trace").count() > 0, "the figure is drawn");
        assertEquals(await page.locator(".replay canvas").count(), 1, "the replay is there");
        await page.close();
      });
    }
  }
});
