import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { beforeAll, describe, it } from "@std/testing/bdd";
import { makeEnv, makeStoppingEnv } from "relay/env/registry.ts";
import { openStream } from "relay/rng/stream.ts";
import { ConfigError, runIdOf } from "relay/train/config.ts";
import { evaluate } from "relay/train/evaluate.ts";
import { DamagedFileError } from "relay/train/files.ts";
import { finishedRun } from "relay/train/finished_run.ts";
import { recordEpisode } from "relay/train/record_episode.ts";
import { train } from "relay/train/train.ts";
import { greedyPolicy, trainedNetworks } from "relay/train/trained_networks.ts";
import { SMALL_RUN } from "../support/small_run.ts";

const runsDir = Deno.makeTempDirSync({ prefix: "relay-episode-" });
addEventListener("unload", () => Deno.removeSync(runsDir, { recursive: true }));
const { id, options } = SMALL_RUN.env;
const shared = { ...SMALL_RUN, share: { kind: "parameters" as const } };

describe("an episode of a trained run", () => {
  beforeAll(async () => {
    for (const config of [SMALL_RUN, shared]) await Array.fromAsync(train(config, { runsDir }));
  });

  for (const config of [SMALL_RUN, shared]) {
    it(`is the one that an evaluation plays for the same seed (share ${config.share.kind})`, async () => {
      const run = finishedRun(config, runsDir);
      const networks = await trainedNetworks(run, makeEnv(id, options));
      const evaluation = evaluate(networks, makeEnv(id, options, 1), { stream: openStream(9) });
      const env = makeStoppingEnv(id, options);
      const { policy, dispose } = greedyPolicy(networks, env);
      const episode = recordEpisode(env, policy, { seed: openStream(9).below(2 ** 31) });
      const teamReturn = episode.rewards.reduce((sum, reward) => sum + reward, 0);
      assertAlmostEquals(teamReturn, evaluation.teamReturns[0]!, 1e-9);
      assertEquals([episode.steps, episode.end], [evaluation.lengths[0]!, "truncated"]);
      assertEquals(episode.cells.length, (episode.steps + 1) * 20);
      dispose();
    });
  }

  it("takes in every step an action of the largest Q-value", async () => {
    const env = makeStoppingEnv(id, options);
    const { policy, dispose } = greedyPolicy(
      await trainedNetworks(finishedRun(SMALL_RUN, runsDir), env),
      env,
    );
    const { actions, q } = recordEpisode(env, policy, { seed: 1 });
    dispose();
    const values = Array.from(actions, (_, row) => q!.subarray(row * env.A, (row + 1) * env.A));
    // The advantage head alone decides; adding the value may round a tie away.
    assert(values.every((own, row) => own[actions[row]!]! >= Math.max(...own) - 1e-4));
    assert(new Set(actions).size > 1, "the policy takes one action only: the test would see nothing");
  });
});

describe("recordEpisode()", () => {
  const env = makeStoppingEnv("sisl/pursuit_v4", { n_pursuers: 2, max_cycles: 50 });

  it("cuts after maxSteps, and keeps no Q-values where there are none", () => {
    const { steps, end, q, rewards } = recordEpisode(env, () => ({ actions: [4, 4] }), {
      seed: 1,
      maxSteps: 7,
    });
    assertEquals([steps, end, q, rewards.length], [7, "cut", null, 14]);
  });

  it("says how many actions or Q-values were expected", () => {
    const play = (step: { actions: number[]; q?: number[]; probabilities?: number[] }) =>
      recordEpisode(env, () => step, { seed: 1 });
    assertThrows(() => play({ actions: [4] }), RangeError, "the policy gave 1 actions, expected 2");
    assertThrows(() => play({ actions: [4, 4], q: [1] }), RangeError, "gave 1 Q-values, expected 10");
    assertThrows(
      () => play({ actions: [4, 4], probabilities: [1] }),
      RangeError,
      "gave 1 probabilities, expected 10",
    );
    assertThrows(() => play({ actions: [4, 5] }), RangeError, "action of copy 0, pursuer_1 is 5");
  });
});

describe("finishedRun()", () => {
  it("finds a run by id, by what carries it, and by config", () => {
    const runId = runIdOf(SMALL_RUN);
    for (const source of [runId, { runId }, { config: SMALL_RUN }, SMALL_RUN]) {
      assertEquals(finishedRun(source, runsDir).runId, runId);
    }
  });

  it("says what is missing", async () => {
    assertThrows(() => finishedRun({ ...SMALL_RUN, seed: 77 }, runsDir), ConfigError, "there is no ");
    assertThrows(() => finishedRun("../../etc", runsDir), ConfigError, "expected an id such as");
    const run = finishedRun(SMALL_RUN, runsDir);
    const elsewhere = { ...run, path: `${runsDir}/nowhere` };
    await assertRejects(
      () => trainedNetworks(elsewhere, makeEnv(id, options)),
      DamagedFileError,
      "it is missing",
    );
    const network = { kind: "fc" as const, hidden: [8], headHidden: 8 };
    const other = { ...run, config: { ...run.config, network } };
    await assertRejects(() => trainedNetworks(other, makeEnv(id, options)), DamagedFileError, run.runId);
  });
});
