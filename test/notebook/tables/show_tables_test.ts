import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { openStream } from "relay/rng/stream.ts";
import { fixed } from "relay/notebook/format.ts";
import { summariseArms } from "relay/notebook/tables/arm_summary.ts";
import { fewRunsNote } from "relay/notebook/tables/few_runs_note.ts";
import type { PageInput } from "relay/notebook/tables/page_input.ts";
import {
  notesBundle,
  runsBundle,
  settingsBundle,
  statisticsBundle,
} from "relay/notebook/tables/show_tables.ts";
import { madeUpComparison } from "../comparison_fixture.ts";

const ATTACK = `"><img src=x onerror="alert(1)"></pre><script>alert(1)</script>`;

/** The tags of a text, without their attributes. */
function tagsOf(markup: unknown): Set<string> {
  return new Set([...String(markup).matchAll(/<([a-z0-9]+)/g)].map(([, tag]) => tag!));
}

describe("statistics", () => {
  it("are the numbers of summariseArms with the seed of all reports, in HTML and in text", () => {
    const input = madeUpComparison();
    const summaries = summariseArms(input, { stream: openStream(20_231_101).fork("table") });
    const bundle = statisticsBundle(input);
    for (const { finalIqm, improvement } of summaries) {
      const shown = [fixed(finalIqm!.estimate, 1), ...(improvement ? [fixed(improvement.p, 3)] : [])];
      for (const number of shown) {
        assert(String(bundle["text/html"]).includes(number), number);
        assert(String(bundle["text/plain"]).includes(number), number);
      }
    }
    const [head, none, quantile] = String(bundle["text/plain"]).split("\n");
    assertEquals([none!.startsWith("no sharing"), quantile!.startsWith("quantile")], [true, true]);
    assertEquals(head!.length, quantile!.length, "columns are aligned");
  });

  it("give the mean beside the interquartile mean from four seeds on, where the two differ", () => {
    const input = madeUpComparison();
    const doubled = input.runs.flatMap((run) => [run, { ...run, seed: run.seed + 100 }]);
    const headOf = (given: PageInput) => String(statisticsBundle(given)["text/plain"]).split("\n")[0]!;
    assertEquals(headOf(input).includes("Final, mean"), false);
    assertEquals(headOf({ ...input, runs: doubled }).includes("Final, mean"), true);
  });

  it("compare with a second baseline in a table of their own, which changes no other number", () => {
    const input = madeUpComparison();
    const [alone, both] = [undefined, "quantile"].map((alsoAgainst) =>
      summariseArms(input, { stream: openStream(1), alsoAgainst })
    );
    assertEquals(both!.map((summary) => ({ ...summary, alsoImprovement: null })), alone);
    const [none, quantile] = both!;
    assertEquals([none!.alsoImprovement!.estimate, none!.alsoImprovement!.p], [0, 1]);
    assertEquals([quantile!.improvement!.estimate, quantile!.improvement!.p], [1, 1 / 20]);
    assertEquals(quantile!.alsoImprovement, null);
    const text = String(statisticsBundle(input, { alsoAgainst: "quantile" })["text/plain"]);
    const [, second] = text.split("\n\n");
    assert(/^Arm +P\(better than no sharing\) +p +P\(better than quantile\) +p\n/.test(second!), text);
    assert(/\nno sharing +– +– +0\.00 \[0\.00, 0\.00\] +1\.000\n/.test(second!), text);
  });

  it("say nothing of a second baseline that was not run, or that is the first", () => {
    const input = madeUpComparison();
    const plain = statisticsBundle(input);
    assertEquals(statisticsBundle(input, { alsoAgainst: "random" }), plain);
    assertEquals(statisticsBundle(input, { alsoAgainst: "none" }), plain);
  });

  it("leave an arm without runs empty", () => {
    const input = madeUpComparison();
    const arms = [...input.arms, { name: "x", label: "none yet", description: "", targetBandwidth: null }];
    const text = String(statisticsBundle({ ...input, arms })["text/plain"]);
    assert(/none yet +0 +–/.test(text), text);
  });
});

describe("settings", () => {
  it("are those that differ from the paper's", () => {
    const text = String(settingsBundle(madeUpComparison())["text/plain"]);
    assert(/env\.x_size +– +10/.test(text) && /preset +paper +test/.test(text), text);
    assert(!text.includes("gamma"));
  });

  it("say so where none does", () => {
    const input = madeUpComparison();
    const same = settingsBundle({ ...input, paperConfig: input.config });
    assert(String(same["text/plain"]).endsWith("Every setting is the paper’s."));
  });
});

describe("runs", () => {
  it("are listed, with what their manifests share and where they differ", () => {
    const bundle = runsBundle(madeUpComparison());
    assertEquals(String(bundle["text/plain"]).split("\n").length, 7);
    const [, shared, own] = String(bundle["text/html"]).split("<details>").slice(1);
    assert(shared!.includes("versions.deno") && !shared!.includes("endedAt"));
    assert(own!.includes("endedAt") && own!.includes("config.seed"));
  });
});

describe("notes", () => {
  it("are the preset's and what so few seeds cannot say", () => {
    const lines = String(notesBundle(madeUpComparison())["text/plain"]).split("\n");
    assertEquals(lines, ["– Nothing here was trained.", `– ${fewRunsNote([3, 3])[0]}`]);
    assert(lines[1]!.includes("75 %"));
  });

  it("say so where there is nothing to warn of", () => {
    const input = madeUpComparison();
    const ten = input.arms.flatMap(({ name }) =>
      Array.from({ length: 10 }, () => ({ ...input.runs[0]!, arm: name }))
    );
    const text = String(notesBundle({ ...input, notes: [], runs: ten })["text/plain"]);
    assertEquals(text, "There is nothing to warn of.");
  });
});

describe("tables", () => {
  it("escape every string", () => {
    const made = madeUpComparison();
    const input: PageInput = {
      ...made,
      preset: ATTACK,
      notes: [ATTACK],
      config: { [ATTACK]: ATTACK },
      paperConfig: { other: ATTACK },
      arms: made.arms.map((arm) => ({ ...arm, label: ATTACK, description: ATTACK })),
      runs: made.runs.map((run) => ({
        ...run,
        runId: `${ATTACK}${run.seed}`,
        manifest: { [ATTACK]: ATTACK, differs: `${ATTACK}${run.seed}` },
      })),
    };
    for (const bundleOf of [statisticsBundle, settingsBundle, runsBundle, notesBundle]) {
      const tags = tagsOf(bundleOf(input)["text/html"]);
      assertEquals([tags.has("img"), tags.has("script")], [false, false]);
    }
  });
});
