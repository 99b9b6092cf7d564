import { assert, assertEquals, assertRejects } from "@std/assert";
import { beforeAll, describe, it } from "@std/testing/bdd";
import { Results } from "relay/notebook/results.ts";
import { decisions } from "relay/notebook/selection.ts";
import { profileFigures } from "relay/notebook/sharing_profile.ts";
import { tdErrorSample } from "relay/notebook/td_error_sample.ts";
import type { Figure } from "relay/plot/figure.ts";
import { customShare, SHARE, type ShareConfig } from "relay/share/share_config.ts";
import { ConfigError, parseConfig, runIdOf } from "relay/train/config.ts";
import { train } from "relay/train/train.ts";
import { SMALL_RUN } from "../support/small_run.ts";

const runsDir = Deno.makeTempDirSync({ prefix: "relay-profile-" });
addEventListener("unload", () => Deno.removeSync(runsDir, { recursive: true }));
const SHARES: Readonly<Record<string, ShareConfig>> = {
  none: SHARE.none,
  quantile: { ...SHARE.quantile, windowSize: 200 },
  random: SHARE.random,
  custom: customShare(() => [0]),
};
const configOf = (name: string) => ({ ...SMALL_RUN, share: SHARES[name]! });

/** Results of the arms with a run each, as a comparison has them. */
function results(...names: string[]): Results {
  const arms = names.map((name) => ({ name, label: `by ${name}`, description: "", share: SHARES[name]! }));
  const comparison = {
    title: "profiles",
    preset: "small",
    arms,
    runs: [],
    claims: [],
    notes: [],
    settings: {},
    paperSettings: {},
  };
  const runs = names.map((arm) => ({
    runId: runIdOf(parseConfig(configOf(arm))),
    arm,
    seed: SMALL_RUN.seed,
    rows: [],
    manifest: {},
  }));
  return new Results(comparison, runs);
}

/** [label, sent, collected] of every range of an arm. */
function countsOf(figure: Figure, arm: string): [string, number, number][] {
  const line = figure.data.find(({ meta }) => meta.arm === arm && meta.role === "summary")!;
  return line.customdata as unknown as [string, number, number][];
}

const total = (counts: [string, number, number][], column: 1 | 2) =>
  counts.reduce((sum, row) => sum + row[column], 0);

describe("profileFigures()", () => {
  beforeAll(async () => {
    for (const name of Object.keys(SHARES)) await Array.fromAsync(train(configOf(name), { runsDir }));
  });

  it("count every transition of the sample once in each figure, sent as the run's rule decides", async () => {
    const figures = await profileFigures(configOf("quantile"), { runsDir, envSteps: 400 });
    assertEquals(figures.map(({ title }) => title.replace("What is sent, by ", "")), [
      "reward",
      "distance",
      "time",
      "agent",
    ]);
    const sample = await tdErrorSample(configOf("quantile"), { runsDir, envSteps: 400 });
    const { agents } = await decisions(SHARES.quantile!, sample);
    const sent = agents.map((own) => own.sent.length);
    for (const { figure } of figures) {
      const counts = countsOf(figure, "quantile");
      assertEquals([total(counts, 1), total(counts, 2)], [sent.reduce((a, b) => a + b, 0), 3200]);
    }
    assertEquals(countsOf(figures[3]!.figure, "quantile").map(([, own]) => own), sent);
    const times = countsOf(figures[2]!.figure, "quantile");
    assertEquals(times[0], ["0–5", times[0]![1], 8 * 7 * 6]);
  });

  it("show that quantile picks what was rewarded and random does not", async () => {
    const figures = await profileFigures(results("none", "quantile", "random"), {
      runsDir,
      arms: ["quantile", "random"],
    });
    const [byReward, , , byAgent] = figures.map(({ figure }) => figure);
    const best = (arm: string) => {
      const captures = countsOf(byReward!, arm).filter(([label]) => Number(label.split(" ")[0]) > 1);
      const [sent, collected] = [total(captures, 1), total(captures, 2)];
      assert(collected > 10, `${arm}: ${collected} transitions are too few to tell`);
      return sent / collected;
    };
    assert(best("quantile") > 0.5, `quantile sends ${best("quantile")} of the largest rewards`);
    assert(best("random") < 0.4, `random sends ${best("random")} of the largest rewards`);
    for (const [agent, sent, collected] of countsOf(byAgent!, "random")) {
      assert(Math.abs(sent / collected - 0.1) < 0.035, `${agent} sends ${sent} of ${collected}`); // 5 standard errors
    }
  });

  it("take the arms that select where those asked for are not there, one's own rule among them", async () => {
    const [byReward] = await profileFigures(results("none", "custom"), {
      runsDir,
      arms: ["quantile"],
      envSteps: 40,
    });
    assertEquals(byReward!.caption.includes("by custom 25.0 %"), true);
    assertEquals(await profileFigures(results("none"), { runsDir }), []);
  });

  it("run nothing that lies on disk alone, and refuse a run that shares nothing", async () => {
    await assertRejects(
      () => profileFigures(configOf("custom"), { runsDir }),
      ConfigError,
      "nothing that lies on disk is run",
    );
    await assertRejects(
      () => profileFigures(configOf("none"), { runsDir }),
      ConfigError,
      "share.kind is none, expected a way of sharing that selects",
    );
  });
});
