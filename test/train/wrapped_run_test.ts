import { assert, assertEquals } from "@std/assert";
import { afterAll, describe, it } from "@std/testing/bdd";
import { parseConfig, runIdOf, type TrainConfig } from "relay/train/config.ts";
import { train } from "relay/train/train.ts";
import { reproducibleFiles, SMALL_RUN } from "../support/small_run.ts";

/** Two pursuers that see small pictures, with faults that remember things: what they remember must be in the environment or the replay. */
const PICTURES: TrainConfig = parseConfig({
  ...SMALL_RUN,
  env: {
    id: "sisl/pursuit_v4",
    options: {
      ...SMALL_RUN.env.options,
      n_pursuers: 2,
      wrappers: [
        { kind: "dtype", to: "float32" },
        { kind: "color_reduction", mode: "full" },
        { kind: "resize", width: 10, height: 10, method: "bilinear" },
        { kind: "frame_stack", size: 3, start: "zeros" },
      ],
    },
  },
  network: { kind: "conv_pool", channels: [3], hidden: 6 },
  totalEnvSteps: 600,
  defects: [
    "wholeReplayRescanned",
    "endsIgnored",
    "exploringTests",
    "frameSkipLosesRewards",
    "targetOwnStart",
  ],
});

describe("a run inside wrappers", () => {
  const folder = Deno.makeTempDirSync({ prefix: "relay-wrapped-" });
  afterAll(() => Deno.removeSync(folder, { recursive: true }));

  it("goes on bit for bit where it was stopped, memory of wrappers and faults included", async () => {
    const whole = `${folder}/whole`;
    const stopped = `${folder}/stopped`;
    for await (const _ of train(PICTURES, { runsDir: whole }));
    let sittings = 0;
    for (let isDone = false; !isDone; sittings++) {
      let iterations = 0;
      const rows = await Array.fromAsync(
        train(PICTURES, { runsDir: stopped, shouldStop: () => ++iterations % 47 === 0 }),
      );
      isDone = rows.at(-1)!.envSteps === PICTURES.totalEnvSteps;
    }
    assert(sittings >= 3, `only ${sittings} sittings`);
    const id = runIdOf(PICTURES);
    assertEquals(reproducibleFiles(`${stopped}/${id}`), reproducibleFiles(`${whole}/${id}`));
  });
});
