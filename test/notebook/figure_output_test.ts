import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import type { Browser, Page } from "playwright-core";
import sanitizeHtml from "sanitize-html";
import { bundleWithStill, figureBundle } from "relay/notebook/figure_output.ts";
import { loaderBundle } from "relay/notebook/loader.ts";
import { parseRelayOutput, PLOTLY_MIME, RELAY_MIME } from "relay/notebook/relay_output.ts";
import { comparisonInput } from "relay/notebook/results.ts";
import { stillPng } from "relay/notebook/still.ts";
import type { Figure } from "relay/plot/figure.ts";
import { learningCurves } from "relay/plot/learning_curves.ts";
import { hasChromium, launchChromium } from "../support/chromium.ts";
import { madeUpComparison } from "./comparison_fixture.ts";

const ATTACK = `</script><img src=x onerror="document.title='owned'"><!--<script>`;
const test = hasChromium() ? it : it.skip;

/** Learning curves of the made-up comparison, with a label of one's own for its second arm. */
function curves(label = "quantile"): Figure {
  const { arms, runs } = madeUpComparison();
  const labelled = arms.map((arm) => arm.name === "quantile" ? { ...arm, label } : arm);
  return learningCurves({ ...comparisonInput({ arms: [] }, runs), arms: labelled });
}

describe("a figure's bundle", () => {
  it("has no caption where there is nothing to say", () => {
    const bundle = figureBundle(curves(), { title: "" });
    assertEquals(bundle["text/plain"], "Figure");
    assert(!String(bundle["text/html"]).includes("figcaption"));
  });

  it("holds Plotly's JSON, what the exporter needs, HTML, the still and words", () => {
    const still = Uint8Array.of(1, 2, 3);
    const bundle = figureBundle(curves(), { title: "Curves", caption: "How to read.", still });
    assertEquals(Object.keys(bundle), [PLOTLY_MIME, RELAY_MIME, "text/html", "image/png", "text/plain"]);
    assertEquals(parseRelayOutput(bundle[RELAY_MIME]), {
      kind: "figure",
      title: "Curves",
      caption: "How to read.",
    });
    assertEquals(bundle["text/plain"], "Figure: Curves. How to read.");
    assertEquals(bundle["image/png"], "AQID");
    const { data } = bundle[PLOTLY_MIME] as { data: unknown[] };
    assertEquals(data.length, curves().data.length);
  });

  it("without a still has no picture", () => {
    const bundle = figureBundle(curves(), { title: "Curves" });
    assertEquals(Object.keys(bundle), [PLOTLY_MIME, RELAY_MIME, "text/html", "text/plain"]);
    assert(!String(bundle["text/html"]).includes("<img"));
  });

  it("is there, with the reason, when its still cannot be drawn", async () => {
    const figure = curves();
    const broken = { ...figure, layout: { ...figure.layout, height: NaN } };
    const bundle = await bundleWithStill(broken, { title: "Curves" });
    assertEquals(Object.keys(bundle), [PLOTLY_MIME, RELAY_MIME, "text/html", "text/plain"]);
    assert(/^Figure: Curves \(Cannot draw a still: .+\)$/.test(String(bundle["text/plain"])));
  });

  it("where scripts are taken away shows the still and how to get more", () => {
    const markup = String(
      figureBundle(curves(), { title: "Curves", still: Uint8Array.of(1, 2, 3) })["text/html"],
    );
    const clean = sanitizeHtml(markup, {
      allowedTags: [...sanitizeHtml.defaults.allowedTags, "img"],
      allowedSchemes: ["data"],
      allowedAttributes: { img: ["src", "alt"], div: ["class"] },
    });
    assert(clean.includes(`<img alt="Curves" src="data:image/png;base64,AQID"`), clean);
    assert(clean.includes("Trust this notebook for the interactive figure."));
    assert(!clean.includes("relayQueue") && clean.length < 500, clean);
  });
});

describe("figures in a live page", () => {
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

  async function open(outputs: readonly unknown[], body = ""): Promise<{ page: Page; trouble: string[] }> {
    const path = `${folder}/live.html`;
    await Deno.writeTextFile(
      path,
      `<!DOCTYPE html><meta charset="utf-8"><body ${body}>${outputs.join("\n")}`,
    );
    const page = await browser.newPage({ viewport: { width: 900, height: 900 } });
    const trouble: string[] = [];
    page.on("console", (message) => trouble.push(`console: ${message.text()}`));
    page.on("pageerror", (error) => trouble.push(`error: ${error.message}`));
    page.on("request", (request) => {
      if (!/^(file|data):/.test(request.url())) trouble.push(`request: ${request.url()}`);
    });
    await page.goto(`file://${path}`);
    return { page, trouble };
  }

  const tracesOf = (page: Page) =>
    page.locator(".relay-plot").evaluateAll((plots) =>
      plots.map((plot) => plot.querySelectorAll(".scatterlayer .trace").length)
    );
  const paperOf = (page: Page) =>
    page.locator(".relay-plot .main-svg").first().evaluate((svg) => getComputedStyle(svg).backgroundColor);

  test("are drawn before and after the loader, in the place of their stills, without a request", async () => {
    const figure = figureBundle(curves(), { title: "Curves", still: await stillPng(curves()) })["text/html"];
    const { page, trouble } = await open([figure, (await loaderBundle())["text/html"], figure]);
    await page.waitForFunction(() => document.querySelectorAll(".relay-plot .main-svg").length >= 4);
    assertEquals(await tracesOf(page), [10, 10]);
    assertEquals(await page.locator("img, .relay-trust").count(), 0);
    assertEquals(trouble, []);
    await page.close();
  });

  test("show the still as long as no loader has come", async () => {
    const figure = figureBundle(curves(), { title: "Curves", still: await stillPng(curves()) })["text/html"];
    const { page } = await open([figure]);
    const image = page.locator("img");
    assertEquals(await image.evaluate((element: HTMLImageElement) => element.naturalWidth), 1400);
    assertEquals((await image.boundingBox())!.width, 700);
    await page.close();
  });

  test("follow JupyterLab's theme and keep what the legend hides", async () => {
    const figure = figureBundle(curves(), { title: "Curves" })["text/html"];
    const { page, trouble } = await open(
      [(await loaderBundle())["text/html"], figure],
      `data-jp-theme-light="true"`,
    );
    await page.waitForSelector(".relay-plot .legendtoggle", { state: "attached" });
    assertEquals(await paperOf(page), "rgb(255, 255, 255)");
    await page.locator(".relay-plot .legendtoggle").first().click();
    await page.waitForFunction(() => document.querySelectorAll(".scatterlayer .trace").length === 5);
    await page.evaluate(() => document.body.dataset.jpThemeLight = "false");
    await page.waitForFunction(() =>
      getComputedStyle(document.querySelector(".relay-plot .main-svg")!).backgroundColor === "rgb(20, 23, 27)"
    );
    assertEquals(await tracesOf(page), [5]);
    assertEquals(trouble, []);
    await page.close();
  });

  test("that are updated in place keep the reader's view", async () => {
    const output = (label: string) =>
      figureBundle(curves(label), { title: "Curves", key: "growing" })["text/html"];
    const { page, trouble } = await open([
      (await loaderBundle())["text/html"],
      `<section>${output("before")}</section>`,
    ]);
    await page.waitForSelector(".relay-plot .legendtoggle", { state: "attached" });
    await page.locator(".relay-plot .legendtoggle").first().click();
    await page.waitForFunction(() => document.querySelectorAll(".scatterlayer .trace").length === 5);
    // What front ends do with an update: new HTML, its scripts run.
    await page.evaluate((markup) => {
      const section = document.querySelector("section")!;
      section.replaceChildren(document.createRange().createContextualFragment(markup));
    }, String(output("after")));
    await page.waitForFunction(() => document.querySelector(".legend")?.textContent?.includes("after"));
    assertEquals(await tracesOf(page), [5]);
    assertEquals(trouble, []);
    await page.close();
  });

  test("show markup in names as text", async () => {
    const text = { title: ATTACK, caption: ATTACK, still: await stillPng(curves()), key: ATTACK };
    const { page, trouble } = await open([
      figureBundle(curves(ATTACK), text)["text/html"],
      (await loaderBundle())["text/html"],
    ]);
    await page.waitForSelector(".relay-plot .legendtext", { state: "attached" });
    assertEquals(await page.locator(".legendtext").allTextContents(), ["no sharing", ATTACK]);
    assertEquals(await page.locator("figcaption").innerText(), `${ATTACK}. ${ATTACK}`);
    assertEquals([await page.title(), await page.locator("img").count(), trouble], ["", 0, []]);
    await page.close();
  });
});
