import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { makeEnv } from "relay/env/registry.ts";
import { finishedRun } from "relay/train/finished_run.ts";
import { sampleTdErrors } from "relay/train/sample_td_errors.ts";
import { distancesToNearest, withLook } from "relay/train/situations.ts";
import { train } from "relay/train/train.ts";
import { SMALL_RUN } from "../support/small_run.ts";

const groups = [
  { name: "pursuer", role: "agent" as const, count: 2 },
  { name: "evader", role: "other" as const, count: 2 },
];

describe("distancesToNearest()", () => {
  it("counts moves to the nearest of another group, teammates and those who are gone left out", () => {
    // a board five wide: pursuers at (0, 0) and (4, 1), an evader at (3, 3), another gone
    assertEquals([...distancesToNearest({ width: 5, groups }, Int32Array.of(0, 9, 18, -1))], [6, 3]);
  });

  it("is NaN for who is gone, and when nobody else is left", () => {
    assertEquals([...distancesToNearest({ width: 5, groups }, Int32Array.of(-1, 9, 18, -1))], [NaN, 3]);
    assertEquals([...distancesToNearest({ width: 5, groups }, Int32Array.of(0, 9, -1, -1))], [NaN, NaN]);
  });

  it("does not take walls of the episode for the others", () => {
    const walled = [...groups, { name: "wall", role: "wall" as const, count: 1 }];
    assertEquals([...distancesToNearest({ width: 5, groups: walled }, Int32Array.of(0, 9, 18, -1, 1))], [
      6,
      3,
    ]);
  });

  it("takes the other team for the others where two teams of agents play", () => {
    const teams = [{ name: "red", role: "agent" as const, count: 1 }, {
      name: "blue",
      role: "agent" as const,
      count: 2,
    }];
    assertEquals([...distancesToNearest({ width: 5, groups: teams }, Int32Array.of(0, 2, 4))], [2, 2, 4]);
  });
});

describe("withLook()", () => {
  it("looks before every step and changes nothing", () => {
    const [plain, watched] = [makeEnv("sisl/pursuit_v4"), makeEnv("sisl/pursuit_v4")];
    const seen: number[] = [];
    const env = withLook(watched, () => seen.push(watched.scene!.cells(0)[0]!));
    for (const one of [plain, env]) one.reset([3]);
    const before: number[] = [];
    for (let step = 0; step < 20; step++) {
      const actions = Int32Array.from({ length: env.N }, (_, i) => (step + i) % env.A);
      before.push(plain.scene!.cells(0)[0]!);
      plain.step(actions);
      env.step(actions);
    }
    assertEquals(seen, before);
    assertEquals([...env.rewards], [...plain.rewards]);
    assertEquals(env.obs, plain.obs);
  });
});

describe("sampleTdErrors()", () => {
  it("tells time since the episode began and distances as they were before each step", async () => {
    const runsDir = Deno.makeTempDirSync({ prefix: "relay-situations-" });
    try {
      await Array.fromAsync(train(SMALL_RUN, { runsDir }));
      const run = finishedRun(SMALL_RUN, runsDir);
      const { episodeSteps, distances } = await sampleTdErrors(run, { envSteps: 200, seed: 4 });
      // episodes of 60 steps, where nobody catches all twelve evaders earlier
      assertEquals([...episodeSteps], Array.from({ length: 200 }, (_, t) => t % 60));
      const env = makeEnv(run.config.env.id, run.config.env.options);
      env.reset([4]);
      const cells = env.scene!.cells(0);
      const { width } = env.scene!;
      const first = Array.from(
        cells.slice(0, 8),
        (own) =>
          Math.min(...Array.from(cells.slice(8), (evader) =>
            Math.abs(evader % width - own % width) +
            Math.abs(Math.floor(evader / width) - Math.floor(own / width)))),
      );
      assertEquals(distances!.map((far) => far[0]), first);
      assert(distances!.some((far) => new Set(far.slice(0, 50)).size > 2), "nobody moved");
    } finally {
      Deno.removeSync(runsDir, { recursive: true });
    }
  });
});
