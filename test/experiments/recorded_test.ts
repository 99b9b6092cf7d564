import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { compare } from "experiments/compare.ts";
import { EXPERIMENTS } from "experiments/registry.ts";
import { recorded, RECORDED_DIR } from "relay/notebook/recorded.ts";
import { decodeRecording } from "relay/train/recording.ts";

const committed = [...Deno.readDirSync(RECORDED_DIR)].filter(({ isDirectory }) => isDirectory).flatMap((
  { name },
) => [...Deno.readDirSync(`${RECORDED_DIR}/${name}`)].map((file) => `${name}/${file.name}`));

describe("the committed recordings", () => {
  for (const path of committed) {
    it(`${path} holds finished runs of the experiment's arms, and all of them can be shown`, async () => {
      const bytes = Deno.readFileSync(`${RECORDED_DIR}/${path}`);
      const { experiment: name, preset, runs } = await decodeRecording(bytes, path);
      assertEquals(path, `${name}/${preset}.json.gz`);
      assertEquals(runs.filter(({ manifest }) => manifest.status !== "finished"), []);
      const experiment = EXPERIMENTS[name]!;
      const arms = experiment.arms.map((arm) => arm.name);
      const results = await recorded(compare(experiment, { preset, arms, seeds: 1 }));
      // where a preset has an arm's setting anyway, such as fc of super_variants, two arms are one run
      assertEquals(
        [...new Set(results!.runs.map(({ runId }) => runId))],
        runs.map(({ manifest }) => manifest.runId),
      );
    });
  }
});
