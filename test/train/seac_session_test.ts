import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ALGORITHMS } from "experiments/seac_experiment.ts";
import { PRESETS } from "experiments/super_seac.ts";
import { decodeSafetensors } from "relay/dataset/safetensors.ts";
import {
  ConfigError,
  configHash,
  parseRunConfig,
  runIdOf,
  type SeacTrainConfig,
} from "relay/train/config.ts";
import { finishedRun } from "relay/train/finished_run.ts";
import type { Row } from "relay/train/row.ts";
import { runAll } from "relay/train/run_all.ts";
import { isFinished } from "relay/train/run_folder.ts";
import { train } from "relay/train/train.ts";
import { reproducibleFiles } from "../support/small_run.ts";

/** Ends within a second; episodes of 60 steps end between and inside rollouts of 7. */
const SMALL: SeacTrainConfig = {
  ...PRESETS.smoke,
  preset: "small",
  seed: 5,
  env: { id: "sisl/pursuit_v4", options: { ...PRESETS.smoke.env.options, max_cycles: 60 } },
  totalEnvSteps: 840,
  reportEveryEnvSteps: 210,
  evaluation: { everyEnvSteps: 420, episodes: 3 },
  hidden: [16],
  envCopies: 3,
  rolloutSteps: 7,
};

const directory = Deno.makeTempDirSync({ prefix: "relay-seac-" });
addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
const runsDir = (name: string) => `${directory}/${name}`;

async function collect(config: SeacTrainConfig, name: string): Promise<Row[]> {
  return await Array.fromAsync(train(config, { runsDir: runsDir(name) }));
}

for (const [name, changes] of Object.entries(ALGORITHMS)) {
  const config: SeacTrainConfig = { ...SMALL, ...changes };

  describe(`a run of ${name}`, () => {
    it("evaluates and reports on its grids, and counts the steps of all copies", async () => {
      const rows = await collect(config, "undisturbed");
      const stepsOf = (metric: string) =>
        rows.filter((row) => row.metric === metric).map(({ envSteps }) => envSteps);
      assertEquals(stepsOf("eval/return"), [0, 420, 840]);
      assertEquals(stepsOf("policy/entropy"), [210, 420, 630, 840]);
      assertEquals(stepsOf("train/return").length, 3 * Math.floor(840 / 3 / 60));
      assertEquals(rows.at(-1)!.updates, 840 / 21);
      const entropies = rows.filter(({ metric }) => metric === "policy/entropy").map(({ value }) => value);
      assert(entropies.every((entropy) => entropy > 1 && entropy <= Math.log(5)), `entropies ${entropies}`);
      assertEquals(stepsOf("share/bytes").length, name === "seac" ? 4 : 0);
    });

    it("keeps every agent's actor and critic", () => {
      const path = `${runsDir("undisturbed")}/${runIdOf(config)}/networks.safetensors`;
      const { tensors, metadata } = decodeSafetensors(Deno.readFileSync(path));
      assertEquals(metadata.algorithm, name);
      assertEquals(tensors["online/actor.output.weight"]!.shape, [name === "snac" ? 1 : 8, 16, 5]);
      assertEquals(Object.keys(tensors).length, 8);
    });

    it("gives the same bytes when it is stopped and killed on the way", async () => {
      const there = runsDir("stopped");
      for (let sitting = 0; !isFinished(config, there); sitting++) {
        let asked = 0;
        const stops = sitting % 2 === 0;
        const checkpointEverySeconds = stops ? 1000 : 0;
        const shouldStop = () => stops && ++asked === 11;
        let rows = 0;
        for await (
          const { metric } of train(config, { runsDir: there, checkpointEverySeconds, shouldStop })
        ) {
          // Left here, the run has done more than its last checkpoint knows, as when it is killed.
          if (!stops && sitting < 4 && metric === "train/return" && ++rows === 8) break;
        }
      }
      const path = (folder: string) => `${folder}/${runIdOf(config)}`;
      assertEquals(reproducibleFiles(path(there)), reproducibleFiles(path(runsDir("undisturbed"))));
    });
  });
}

describe("runs of actor-critic learners", () => {
  it("give other numbers for another seed, the same ones in a Worker", async () => {
    const configs = [SMALL, { ...SMALL, seed: 6 }];
    const results = await runAll(configs, { runsDir: runsDir("workers"), workers: 1 });
    assertEquals(results.map(({ isFinished, error }) => [isFinished, error]), [[true, undefined], [
      true,
      undefined,
    ]]);
    await collect(SMALL, "undisturbed");
    const files = (folder: string, config: SeacTrainConfig) =>
      reproducibleFiles(`${runsDir(folder)}/${runIdOf(config)}`);
    assertEquals(files("workers", SMALL), files("undisturbed", SMALL));
    assertNotEquals(
      files("workers", configs[1]!)["networks.safetensors"],
      files("workers", SMALL)["networks.safetensors"],
    );
  });

  it("evaluate the mode where they are asked to", async () => {
    const greedy = await collect({ ...SMALL, totalEnvSteps: 210, evaluationPolicy: "greedy" }, "greedy");
    const sampled = await collect({ ...SMALL, totalEnvSteps: 210 }, "sampled");
    const first = (rows: Row[], metric: string) => rows.find((row) => row.metric === metric)!.value;
    assertNotEquals(first(greedy, "eval/return"), first(sampled, "eval/return"));
    assertEquals(first(greedy, "train/return"), first(sampled, "train/return"));
  });

  it("cannot be opened where Q-networks are wanted", async () => {
    await collect(SMALL, "undisturbed");
    assertThrows(
      () => finishedRun(runIdOf(SMALL), runsDir("undisturbed")),
      ConfigError,
      "it is a run of seac, expected one with Q-networks",
    );
  });
});

describe("parseRunConfig() for actor-critic learners names key, value and what is allowed", () => {
  const cases: [string, unknown, string][] = [
    [
      "an unknown algorithm",
      { ...SMALL, algorithm: "sac" },
      'algorithm is "sac", expected "seac" or "iac" or "snac"',
    ],
    [
      "a key of SUPER's",
      { ...SMALL, dueling: true },
      "dueling is not a known key, expected one of preset, seed",
    ],
    ["no copies", { ...SMALL, envCopies: 0 }, "envCopies is 0, expected an integer ≥ 1"],
    [
      "a grid that the rollouts never meet",
      { ...SMALL, totalEnvSteps: 850 },
      "totalEnvSteps is 850, expected a multiple of envCopies × rolloutSteps (21)",
    ],
    [
      "sharing without sharing",
      { ...SMALL, algorithm: "snac" },
      "sharingCoefficient is 1, expected 0: snac shares nothing",
    ],
  ];
  for (const [what, config, message] of cases) {
    it(`for ${what}`, () => void assertThrows(() => parseRunConfig(config), ConfigError, message));
  }

  it("accepts every preset with every algorithm, each a run of its own", () => {
    const configs = Object.values(PRESETS).flatMap((preset) =>
      Object.values(ALGORITHMS).map((changes) => parseRunConfig({ ...preset, ...changes, seed: 1 }))
    );
    assertEquals(new Set(configs.map(configHash)).size, configs.length);
  });
});
