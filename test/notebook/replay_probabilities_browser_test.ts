/**
 * What the replay player shows of an actor-critic, in a real browser. Skipped where Chromium is not installed.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { REPLAY_PLAYER } from "relay/notebook/browser/replay_scripts.ts";
import { scriptJson } from "relay/notebook/html.ts";
import { recordReplay } from "relay/notebook/replay.ts";
import type { Policy } from "relay/train/record_episode.ts";
import { hasChromium, launchChromium } from "../support/chromium.ts";

const test = hasChromium() ? it : it.skip;
const ENV = { id: "sisl/pursuit_v4", options: { x_size: 8, y_size: 8, n_pursuers: 3, n_evaders: 4 } };

describe("the replay player in Chromium", () => {
  test("shows an actor-critic's probabilities, and calls them so", async () => {
    const drawing: Policy = (_obs, { N }) => ({
      actions: new Array(N).fill(2),
      probabilities: Array.from({ length: N }, () => [0.5, 0, 0.25, 0.25, 0]).flat(),
    });
    const { episode: shown } = await recordReplay(drawing, { env: ENV, maxSteps: 3 });
    const browser = await launchChromium();
    const page = await browser.newPage();
    await page.setContent(`<div id="place"></div><script>${REPLAY_PLAYER}
relayPlayReplay(document.getElementById("place"), ${scriptJson(shown)});</script>`);
    await page.waitForSelector("[data-replay=ready]");
    const details = page.locator("select[aria-label=Agent] >> xpath=ancestor::label/following-sibling::div");
    const words = (await details.innerText()).split(/\s*\n\s*/);
    assertEquals(words.slice(2, 13), [
      "left",
      "0.50",
      "right",
      "0.00",
      "▸",
      "up",
      "0.25",
      "down",
      "0.25",
      "stay",
      "0.00",
    ]);
    assert(words.at(-1)!.startsWith("Probabilities of the actions"), words.at(-1));
    // a bar is as long as its probability, not as its place between the others
    const widths = await details.locator("span > span").evaluateAll((bars) =>
      bars.map((bar) => Math.round(parseFloat((bar as HTMLElement).style.width)))
    );
    assertEquals(widths, [50, 0, 25, 25, 0]);
    await browser.close();
  });
});
