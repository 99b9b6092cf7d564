/**
 * What the replay player paints where, in a real browser. Skipped where Chromium is not installed.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import type { Browser } from "playwright-core";
import { makeEnv } from "relay/env/registry.ts";
import { sceneOf } from "relay/env/scene.ts";
import { REPLAY_PLAYER } from "relay/notebook/browser/replay_scripts.ts";
import { scriptJson } from "relay/notebook/html.ts";
import { randomPolicy, recordReplay } from "relay/notebook/replay.ts";
import { hasChromium, launchChromium } from "../support/chromium.ts";

const test = hasChromium() ? it : it.skip;

type Rgb = readonly [number, number, number];

describe("the replay player's colours in Chromium", () => {
  let browser: Browser;

  beforeAll(async () => {
    if (hasChromium()) browser = await launchChromium();
  });

  afterAll(async () => {
    if (hasChromium()) await browser.close();
  });

  /** What is painted at the first step near the upper edge of entities: of a group's first one, by its name. And the words below. */
  async function painted(id: string, colorScheme: "light" | "dark") {
    const env = { id, options: { map_size: 18 } };
    const { episode } = await recordReplay(randomPolicy(1), { env, maxSteps: 2, seed: 1 });
    const made = makeEnv(id, env.options);
    made.reset([1]);
    const { width, height, groups, cells } = sceneOf(made);
    const places = [...cells(0)];
    const page = await browser.newPage({ viewport: { width: 1000, height: 900 }, colorScheme });
    await page.setContent(`<div id="place"></div><script>${REPLAY_PLAYER}
relayPlayReplay(document.getElementById("place"), ${scriptJson(episode)});</script>`);
    await page.waitForSelector("[data-replay=ready]");
    const read = ([x, y]: readonly [number, number]) =>
      page.evaluate(([x, y]) => {
        const canvas = document.querySelector("canvas")!;
        const [u, v] = [Math.floor(x! * canvas.width), Math.floor(y! * canvas.height)];
        return [...canvas.getContext("2d")!.getImageData(u, v, 1, 1).data.slice(0, 3)] as unknown as Rgb;
      }, [x, y]);
    const colours: Record<string, Rgb> = {};
    let first = 0;
    for (const { name, count } of groups) {
      const cell = places[first]!;
      colours[name] = await read([
        (cell % width + 0.5) / width,
        (Math.floor(cell / width) + 0.24) / height,
      ]);
      first += count;
    }
    colours["ring"] = await read([0.5 / width, 0.5 / height]);
    const words = await page.locator("[role=group]").first().innerText();
    await page.close();
    return { colours, words };
  }

  for (const scheme of ["light", "dark"] as const) {
    test(`paint the red army red and the blue one blue, ${scheme}`, async () => {
      const { red, blue } = (await painted("magent/battle_v4", scheme)).colours as Record<string, Rgb>;
      assert(red![0] > red![1] + 70 && red![0] > red![2] + 70, `red is ${red}`);
      assert(blue![2] > blue![0] + 70, `blue is ${blue}`);
    });

    test(`tell predators from prey and paint inner walls like the ring, ${scheme}`, async () => {
      const { colours, words } = await painted("magent/adversarial_pursuit_v4", scheme);
      assert(colours["prey"]![2] > colours["prey"]![0] + 70, `prey is ${colours["prey"]}`);
      assert(
        colours["predator"]![0] > colours["predator"]![2] + 70,
        `predators are ${colours["predator"]}`,
      );
      assertEquals(colours["wall"], colours["ring"]);
      assert(!words.includes("walls left"), words);
    });
  }
});
