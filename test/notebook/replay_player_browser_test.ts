/**
 * The replay player in a real browser. Skipped where Chromium is not installed.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import type { Browser, Page } from "playwright-core";
import { REPLAY_PLAYER } from "relay/notebook/browser/replay_scripts.ts";
import { scriptJson } from "relay/notebook/html.ts";
import type { EpisodeView } from "relay/notebook/relay_output.ts";
import { recordReplay } from "relay/notebook/replay.ts";
import type { Policy } from "relay/train/record_episode.ts";
import { hasChromium, launchChromium } from "../support/chromium.ts";

const test = hasChromium() ? it : it.skip;
const ENV = { id: "sisl/pursuit_v4", options: { x_size: 8, y_size: 8, n_pursuers: 3, n_evaders: 4 } };
const ATTACK = `"></script><img src=x onerror="document.title='owned'">`;

/** Everybody goes left; the Q-values are 0, 1, 2, 3, 4 plus the agent's number, with the largest for `left`. */
const goLeft: Policy = (_obs, { N, A }) => ({
  actions: new Array(N).fill(0),
  q: Array.from({ length: N * A }, (_, k) => Math.floor(k / A) + (A - 1 - k % A)),
});

describe("the replay player in Chromium", () => {
  let browser: Browser;
  let episode: EpisodeView;
  let html: string;

  beforeAll(async () => {
    if (!hasChromium()) return;
    const recorded = await recordReplay(goLeft, { env: ENV, maxSteps: 20, title: "Going left" });
    episode = recorded.episode;
    html = String(recorded.bundle["text/html"]);
    browser = await launchChromium();
  });

  afterAll(async () => {
    if (hasChromium()) await browser.close();
  });

  /** A page that shows the episode; throws away nothing that a page says. */
  async function open(
    {
      shown = episode,
      root = "",
      policy = "",
      body = "",
      width = 1000,
      reducedMotion = false,
      colorScheme = "light" as "light" | "dark",
    } = {},
  ): Promise<{ page: Page; trouble: string[] }> {
    const page = await browser.newPage({
      viewport: { width, height: 900 },
      colorScheme,
      reducedMotion: reducedMotion ? "reduce" : "no-preference",
    });
    const trouble: string[] = [];
    page.on("console", (message) => trouble.push(message.text()));
    page.on("pageerror", (error) => trouble.push(error.message));
    page.on("request", (request) => trouble.push(request.url()));
    await page.setContent(
      `<!doctype html><html ${root}><title>kept</title>${policy}<body ${body}><div id="place">still</div>
<script>${REPLAY_PLAYER}
relayPlayReplay(document.getElementById("place"), ${scriptJson(shown)});</script>`,
    );
    return { page, trouble };
  }

  async function ready(options: Parameters<typeof open>[0] = {}): Promise<{ page: Page; trouble: string[] }> {
    const opened = await open(options);
    await opened.page.waitForSelector("[data-replay=ready]");
    return opened;
  }

  const stepOf = async (page: Page) => Number(await page.locator("input[type=range]").inputValue());
  const paperOf = (page: Page) =>
    page.evaluate(() => {
      const canvas = document.querySelector("canvas")!;
      // the middle of a free cell in a corner would do; the grid's lines lie at its edges
      return [...canvas.getContext("2d")!.getImageData(2, 2, 1, 1).data.slice(0, 3)];
    });

  test("plays to the end and stops there, then begins anew", async () => {
    const { page, trouble } = await ready();
    await page.selectOption("[aria-label=Speed]", "16");
    await page.click("text=Play");
    await page.waitForFunction(() => document.querySelector("input")!.value === "20");
    await page.waitForSelector("button:has-text('Play')");
    await page.selectOption("[aria-label=Speed]", "0.5"); // a slow machine is to press Pause before it ends again
    await page.click("text=Play");
    await page.waitForFunction(() => Number(document.querySelector("input")!.value) < 20);
    await page.click("text=Pause");
    const paused = await stepOf(page);
    await page.waitForTimeout(150);
    assertEquals(await stepOf(page), paused);
    assertEquals(trouble, []);
    await page.close();
  });

  test("gives the page no other name than its own", async () => {
    const inner = ["unpackEpisode", "replayBoard", "textOf", "agentDetails", "followTheme", "GONE", "SPEEDS"];
    for (const name of inner) assert(REPLAY_PLAYER.includes(name), name);
    const { page } = await ready();
    const seen = await page.evaluate(
      (names) => names.filter((name) => eval(`typeof ${name}`) !== "undefined"),
      [...inner, "relayPlayReplay"],
    );
    assertEquals(seen, ["relayPlayReplay"]);
    await page.close();
  });

  test("asks for no frame while it stands", async () => {
    const { page } = await ready();
    const frames = await page.evaluate(async () => {
      let asked = 0;
      const ask = globalThis.requestAnimationFrame;
      globalThis.requestAnimationFrame = (callback) => (asked++, ask(callback));
      await new Promise((resolve) => setTimeout(resolve, 200));
      return asked;
    });
    assertEquals(frames, 0);
    await page.close();
  });

  test("goes where the slider and the keys say, with step and running return in words", async () => {
    const { page } = await ready();
    await page.locator("input[type=range]").fill("12");
    assertEquals(await page.locator("text=/^step/").innerText(), "step 12 of 20");
    await page.locator("[role=group]").focus();
    await page.keyboard.press("ArrowRight");
    assertEquals(await stepOf(page), 13);
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    assertEquals(await stepOf(page), 11);
    await page.keyboard.press("End");
    const total = await page.locator("text=/^team return/").innerText();
    assertEquals(total, `team return ${episode.teamReturn.toFixed(1).replace("-", "−")}`);
    await page.keyboard.press("Home");
    assertEquals(await page.locator("text=/^team return/").innerText(), "team return 0.0");
    await page.keyboard.press("Space");
    await page.waitForSelector("button:has-text('Pause')");
    await page.keyboard.press("Space");
    await page.waitForSelector("button:has-text('Play')");
    await page.close();
  });

  test("shows the running return of each team where two play", async () => {
    const { episode: shown } = await recordReplay((_obs, { N }) => ({ actions: new Array(N).fill(6) }), {
      env: { id: "magent/battle_v4", options: { map_size: 18 } },
      maxSteps: 20,
    });
    const { page } = await ready({ shown });
    const returns = page.locator("text=/^return/");
    assertEquals(await returns.innerText(), "return: red 0.0, blue 0.0");
    await page.locator("input[type=range]").fill("20");
    assertEquals(await returns.innerText(), "return: red −0.6, blue −0.6"); // 6 agents · 20 steps · −0.005
    await page.close();
  });

  test("shows sight and Q-values of the agent pointed at, the action taken marked", async () => {
    const { page } = await ready();
    const cells = await firstCells();
    const box = (await page.locator("canvas").boundingBox())!;
    const centre = (cell: number) => ({
      x: (cell % 8 + 0.5) / 8 * box.width,
      y: (7 - Math.floor(cell / 8) + 0.5) / 8 * box.height,
    });
    const before = await page.locator("canvas").screenshot();
    await page.locator("canvas").hover({ position: centre(cells[2]!) });
    const details = page.locator("select[aria-label=Agent] >> xpath=ancestor::label/following-sibling::div");
    const words = (await details.innerText()).split(/\s*\n\s*/);
    assertEquals(words[0], "pursuer_2");
    assert(words[1]!.startsWith("takes left, reward "), words[1]);
    assertEquals(words.slice(2, 13), [
      "▸",
      "left",
      "6.00",
      "right",
      "5.00",
      "up",
      "4.00",
      "down",
      "3.00",
      "stay",
      "2.00",
    ]);
    const during = await page.locator("canvas").screenshot();
    assert(before.toString("base64") !== during.toString("base64"), "the board looks the same");
    await page.mouse.move(0, 0);
    assertEquals((await details.innerText()).split("\n")[0], "pursuer_0");
    await page.selectOption("[aria-label=Agent]", "-1");
    assert((await details.innerText()).startsWith("Point at an agent"));
    await page.locator("canvas").click({ position: centre(cells[1]!) });
    await page.mouse.move(0, 0);
    assertEquals((await details.innerText()).split("\n")[0], "pursuer_1");
    await page.close();
  });

  test("is dark where page, JupyterLab or VS Code are, and follows them", async () => {
    const light = [255, 255, 255];
    const dark = [20, 23, 27];
    for (
      const [options, expected] of [
        [{}, light],
        [{ colorScheme: "dark" as const }, light], // the page itself stays white
        [{ root: 'data-theme="dark"' }, dark],
        [{ root: 'style="color-scheme: light dark"', colorScheme: "dark" as const }, dark],
        [{ root: 'style="color-scheme: light dark"' }, light],
        [{ body: 'data-jp-theme-light="false"' }, dark],
        [{ body: 'data-vscode-theme-kind="vscode-dark"' }, dark],
      ] as const
    ) {
      const { page } = await ready(options);
      await page.selectOption("[aria-label=Agent]", "-1");
      assertEquals(await paperOf(page), expected, JSON.stringify(options));
      await page.close();
    }
    const { page } = await ready();
    await page.selectOption("[aria-label=Agent]", "-1");
    await page.evaluate(() => document.documentElement.dataset.theme = "dark");
    await page.waitForFunction(() =>
      document.querySelector("canvas")!.getContext("2d")!.getImageData(2, 2, 1, 1).data[0] === 20
    );
    await page.close();
  });

  test("is no wider than a narrow telephone", async () => {
    const { page } = await ready({ width: 360 });
    assertEquals(await page.evaluate(() => document.documentElement.scrollWidth), 360);
    const box = (await page.locator("canvas").boundingBox())!;
    assert(box.width > 300 && box.width <= 344, `the board is ${box.width} wide`);
    await page.close();
  });

  test("moves from cell to cell without gliding where motion is unwanted", async () => {
    for (const [reducedMotion, expected] of [[true, "stands"], [false, "glides"]] as const) {
      const { page } = await ready({ reducedMotion });
      await page.selectOption("[aria-label=Speed]", "0.5");
      const looks = await page.evaluate(async () => {
        const canvas = document.querySelector("canvas")!;
        document.querySelector("button")!.click();
        await new Promise((resolve) => setTimeout(resolve, 60));
        const first = canvas.toDataURL();
        await new Promise((resolve) => setTimeout(resolve, 120));
        return Number(document.querySelector("input")!.value) === 0 && first !== canvas.toDataURL()
          ? "glides"
          : "stands";
      });
      assertEquals(looks, expected);
      await page.close();
    }
  });

  test("shows markup in title, names and actions as text, under a strict policy", async () => {
    const shown = {
      ...episode,
      title: ATTACK,
      agents: episode.agents.map((name) => ATTACK + name),
      actions: episode.actions.map((name) => ATTACK + name),
      groups: episode.groups.map((group) => ({ ...group, name: ATTACK })),
    };
    // As strict as an exported page: inline styles are refused too.
    const policy =
      `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'">`;
    const { page, trouble } = await ready({ shown, policy });
    assertEquals(await page.locator("#place img, #place script").count(), 0);
    assertEquals(await page.locator("#place p").first().innerText(), ATTACK);
    assertEquals([await page.title(), trouble], ["kept", []]);
    await page.close();
  });

  test("says in words that the data is damaged", async () => {
    for (
      const [changes, part] of [
        [{ steps: 21 }, "its arrays are shorter than it says"],
        [{ steps: 19 }, "its arrays are longer than it says"],
        [{ packed: { ...episode?.packed, cellChanges: "AAAA" } }, "The episode could not be read: "],
      ] as const
    ) {
      const { page } = await open({ shown: { ...episode, ...changes } as EpisodeView });
      await page.waitForSelector("text=The episode could not be read");
      const text = await page.locator("#place").innerText();
      assert(text.includes(part), text);
      await page.close();
    }
  });

  test("runs from a notebook's output, and leaves the still where scripts do not run", async () => {
    const page = await browser.newPage();
    await page.setContent(`<!doctype html><div>${html}</div>`);
    await page.waitForSelector("[data-replay=ready]");
    assertEquals(await page.locator("img").count(), 0);
    const untrusted = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
    await untrusted.setContent(html);
    assert(await untrusted.locator("img").isVisible());
    assert(
      (await untrusted.locator("body").innerText()).includes("Trust this notebook to play the episode."),
    );
    await page.close();
    await untrusted.context().close();
  });

  /** Cells of the packed episode before its first step. */
  async function firstCells(): Promise<Uint16Array> {
    const bytes = Uint8Array.fromBase64(episode.packed.cellChanges);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint16Array(await new Response(stream).arrayBuffer()).subarray(0, 7);
  }
});
