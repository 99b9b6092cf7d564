import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ALGORITHMS } from "experiments/seac_experiment.ts";
import { PRESETS } from "experiments/super_seac.ts";
import { actorCriticSeats } from "relay/algo/seac_team.ts";
import { learnersAmong } from "relay/env/teams.ts";
import { makeStoppingEnv } from "relay/env/registry.ts";
import { parseRelayOutput, RELAY_MIME } from "relay/notebook/relay_output.ts";
import { recordReplay } from "relay/notebook/replay.ts";
import { openStream } from "relay/rng/stream.ts";
import { runIdOf, type SeacTrainConfig } from "relay/train/config.ts";
import { DamagedFileError } from "relay/train/files.ts";
import { anyFinishedRun, type FinishedRun } from "relay/train/finished_run.ts";
import { learningEnv } from "relay/train/learning_env.ts";
import { recordEpisode } from "relay/train/record_episode.ts";
import { train } from "relay/train/train.ts";
import { actorCriticPolicy, trainedActorCritics, trainedPolicy } from "relay/train/trained_policy.ts";
import { writeChasers } from "../support/chasers.ts";

const runsDir = Deno.makeTempDirSync({ prefix: "relay-trained-policy-" });
addEventListener("unload", () => Deno.removeSync(runsDir, { recursive: true }));

const PURSUIT = { id: "sisl/pursuit_v4", options: { ...PRESETS.smoke.env.options, max_cycles: 40 } };
const BATTLE = { id: "magent/battle_v4", options: { map_size: 12, max_cycles: 40 } };
const policies = writeChasers(`${runsDir}/opponents/red`, { id: BATTLE.id, options: { map_size: 12 } });
const epsilon = { start: 0.5, end: 0.1, decayEnvSteps: 400 };

const small = (
  algorithm: SeacTrainConfig["algorithm"],
  changes: Partial<SeacTrainConfig>,
): SeacTrainConfig => ({
  ...PRESETS.smoke,
  ...ALGORITHMS[algorithm],
  preset: "small",
  seed: 5,
  totalEnvSteps: 420,
  reportEveryEnvSteps: 210,
  evaluation: { everyEnvSteps: 210, episodes: 1 },
  hidden: [16],
  envCopies: 3,
  rolloutSteps: 7,
  learningRate: 0.01,
  ...changes,
});

/** Actor-critics of every kind, alone, against stored opponents and beside learning ones. */
const RUNS: Readonly<Record<string, SeacTrainConfig>> = {
  "seac on Pursuit": small("seac", { env: PURSUIT }),
  "snac on Pursuit, greedy": small("snac", { env: PURSUIT, evaluationPolicy: "greedy" }),
  "iac against stored opponents": small("iac", {
    env: BATTLE,
    opponents: { team: "red", policies, epsilon },
  }),
  "snac beside a team that learns": small("snac", { env: BATTLE, opponents: { team: "red" } }),
};

async function finished(config: SeacTrainConfig) {
  const rows = await Array.fromAsync(train(config, { runsDir }));
  const run = anyFinishedRun(config, runsDir) as FinishedRun<SeacTrainConfig>;
  const learning = learningEnv(makeStoppingEnv(config.env.id, config.env.options), config);
  return { rows, run, ...learning };
}

describe("the policy of a finished run of actor-critics", () => {
  for (const [name, config] of Object.entries(RUNS)) {
    it(`${name}: plays the last evaluation's episode again`, async () => {
      const { rows, run, env, dispose } = await finished(config);
      const stream = openStream(config.seed).fork(`evaluation/${config.totalEnvSteps}`);
      const { agents } = env.describe();
      const options = {
        evaluationPolicy: config.evaluationPolicy,
        seats: actorCriticSeats(config, agents),
        stream: stream.fork("actions"),
      };
      const actors = actorCriticPolicy(await trainedActorCritics(run, env), env, options);
      const { rewards, steps } = recordEpisode(env, actors.policy, { seed: stream.below(2 ** 31) });
      const learners = learnersAmong(agents, config.opponents);
      const teamReturn = rewards.reduce(
        (sum, reward, k) => learners.includes(k % env.N) ? sum + reward : sum,
        0,
      );
      const last = (metric: string) => rows.findLast((row) => row.metric === metric)!.value;
      assertAlmostEquals(teamReturn, last("eval/return"), 1e-9);
      assertEquals(steps, last("eval/length"));
      actors.dispose();
      dispose();
    });

    it(`${name}: gives the probabilities that its actions come from`, async () => {
      const { run, env, dispose } = await finished(config);
      const { policy, isSampled, dispose: end } = await trainedPolicy(run, env, 1);
      const { actions, probabilities, q } = recordEpisode(env, policy, { seed: 1 });
      assertEquals([q, isSampled], [null, config.evaluationPolicy === "sampled"]);
      let likeliest = 0;
      for (const [row, action] of actions.entries()) {
        const own = probabilities!.subarray(row * env.A, (row + 1) * env.A);
        assertAlmostEquals(own.reduce((sum, p) => sum + p, 0), 1, 1e-5);
        if (own[action] === Math.max(...own)) likeliest++;
      }
      assertEquals(likeliest === actions.length, !isSampled);
      end();
      dispose();
    });
  }

  it("is shown as an episode of probabilities, the same for the same seed", async () => {
    const config = RUNS["seac on Pursuit"]!;
    await finished(config);
    const [first, again, other] = await Promise.all(
      [3, 3, 4].map((seed) => recordReplay({ runId: runIdOf(config) }, { runsDir, seed })),
    );
    assertEquals(first!.episode, again!.episode);
    assertNotEquals(first!.episode.packed, other!.episode.packed);
    assertEquals(first!.episode.numbers, "probabilities");
    assertEquals(first!.episode.title, `Sampled policy of ${runIdOf(config)}, episode of seed 3`);
    const [low, high] = first!.episode.qRange!;
    assert(low >= 0 && low < high && high <= 1, `${low} … ${high}`);
    const output = parseRelayOutput(JSON.parse(JSON.stringify(first!.bundle[RELAY_MIME])));
    assertEquals(output, { kind: "replay", episode: first!.episode });
    const greedy = await recordReplay(RUNS["snac on Pursuit, greedy"]!, { runsDir });
    assert(greedy.episode.title.startsWith("Greedy policy of small-"), greedy.episode.title);
  });

  it("needs the networks that the config names", async () => {
    const { run, env, dispose } = await finished(RUNS["seac on Pursuit"]!);
    await assertRejects(
      () => trainedPolicy({ ...run, path: `${runsDir}/nowhere` }, env, 1),
      DamagedFileError,
      "it is missing",
    );
    const other = { ...run, config: { ...run.config, hidden: [8] } };
    await assertRejects(() => trainedPolicy(other, env, 1), DamagedFileError, run.runId);
    dispose();
  });
});
