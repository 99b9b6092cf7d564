import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { beforeAll, describe, it } from "@std/testing/bdd";
import { gunzipSync } from "node:zlib";
import { makeStoppingEnv } from "relay/env/registry.ts";
import { episodeView } from "relay/notebook/episode_view.ts";
import { parseRelayOutput, RELAY_MIME } from "relay/notebook/relay_output.ts";
import { randomPolicy, recordReplay } from "relay/notebook/replay.ts";
import { openStream } from "relay/rng/stream.ts";
import { ConfigError, runIdOf } from "relay/train/config.ts";
import { type Policy, recordEpisode } from "relay/train/record_episode.ts";
import { train } from "relay/train/train.ts";
import { SMALL_RUN } from "../support/small_run.ts";

const runsDir = Deno.makeTempDirSync({ prefix: "relay-replay-" });
addEventListener("unload", () => Deno.removeSync(runsDir, { recursive: true }));
const PAPER_BOARD = { id: "sisl/pursuit_v4", options: { shared_reward: false } };

async function packedLength({ buffer }: Float32Array<ArrayBuffer>): Promise<number> {
  const stream = new Blob([buffer]).stream().pipeThrough(new CompressionStream("gzip"));
  return (await new Response(stream).bytes()).toBase64().length;
}

function unpacked(base64: string): ArrayBuffer {
  return Uint8Array.from(gunzipSync(Uint8Array.fromBase64(base64))).buffer;
}

describe("an episode of a trained run", () => {
  beforeAll(async () => {
    await Array.fromAsync(train(SMALL_RUN, { runsDir }));
  });

  it("comes as data, HTML with a still, PNG and words", async () => {
    const { bundle, episode } = await recordReplay(SMALL_RUN, { runsDir, seed: 3, caption: "A <caption>." });
    assertEquals(parseRelayOutput(JSON.parse(JSON.stringify(bundle[RELAY_MIME]))), {
      kind: "replay",
      episode,
      caption: "A <caption>.",
    });
    const html = String(bundle["text/html"]);
    assert(html.includes('src="data:image/png;base64,iVBORw0KGgo'));
    assert(html.includes("Trust this notebook to play the episode."));
    assert(html.includes("<p>A &lt;caption&gt;.</p>"));
    assert(String(bundle["image/png"]).startsWith("iVBORw0KGgo"));
    const [first, second] = String(bundle["text/plain"]).split("\n");
    assertEquals([first, second], [
      `Greedy policy of ${
        runIdOf(SMALL_RUN)
      }, episode of seed 3: 60 joint steps (ended by the time limit), team return ${
        episode.teamReturn.toFixed(1).replace("-", "−")
      }`,
      "A <caption>.",
    ]);
  });

  it("has the rewards that make its return, and Q-values that explain its actions", async () => {
    const { episode } = await recordReplay({ runId: runIdOf(SMALL_RUN) }, { runsDir });
    const { packed, steps, agents, actions, qRange, teamReturn } = episode;
    const rewards = new Float32Array(unpacked(packed.rewards));
    assertEquals(rewards.length, steps * agents.length);
    assertAlmostEquals(rewards.reduce((sum, reward) => sum + reward, 0), teamReturn, 1e-3);
    const bytes = new Uint8Array(unpacked(packed.q12!));
    const q = Uint16Array.from(
      { length: bytes.length / 2 },
      (_, k) => bytes[k]! + 256 * bytes[bytes.length / 2 + k]!,
    );
    assertEquals([Math.min(...q), Math.max(...q)], [0, 4095]);
    const chosen = new Uint8Array(unpacked(packed.actions));
    assert(qRange![1] > qRange![0]);
    for (const [row, action] of chosen.entries()) {
      const own = q.subarray(row * actions.length, (row + 1) * actions.length);
      assertEquals(own[action], Math.max(...own));
    }
  });

  it("is the same again, and another one for another seed", async () => {
    const [first, again, other] = await Promise.all(
      [1, 1, 2].map(async (seed) => (await recordReplay(SMALL_RUN, { runsDir, seed })).episode.packed),
    );
    assertEquals(first, again);
    assert(first!.cellChanges !== other!.cellChanges);
  });

  it("says in words that the run is missing or unfinished", async () => {
    const nowhere = () => recordReplay(SMALL_RUN, { runsDir: `${runsDir}/nowhere` });
    await assertRejects(nowhere, ConfigError, "expected a run trained before");
    const stopped = { ...SMALL_RUN, seed: 9 };
    await Array.fromAsync(train(stopped, { runsDir, shouldStop: () => true }));
    await assertRejects(() => recordReplay(stopped, { runsDir }), ConfigError, "it is unfinished");
  });
});

describe("an episode of a policy function", () => {
  it("needs an environment", async () => {
    await assertRejects(() => recordReplay(randomPolicy(1)), ConfigError, "env is missing");
  });

  it("has no Q-values unless the function gives some", async () => {
    const { episode } = await recordReplay(randomPolicy(1), {
      env: PAPER_BOARD,
      maxSteps: 5,
      title: "Random",
    });
    assertEquals([episode.qRange, episode.packed.q12, episode.end, episode.title], [
      null,
      undefined,
      "cut",
      "Random",
    ]);
    const withQ: Policy = (_obs, { N, A }) => ({
      actions: new Array(N).fill(0),
      q: new Array(N * A).fill(2),
    });
    assertEquals((await recordReplay(withQ, { env: PAPER_BOARD, maxSteps: 5 })).episode.qRange, [2, 2]);
  });

  it("takes less than 200 kB in a notebook for 500 steps of 8 agents and 30 evaders, however its numbers look", async () => {
    const stream = openStream(1);
    // Random numbers do not compress: no trained policy's Q-values take more.
    const noise: Policy = (obs, context) => ({
      ...randomPolicy(context.step)(obs, context),
      q: Array.from({ length: context.N * context.A }, () => stream.random()),
    });
    const { bundle, episode } = await recordReplay(noise, { env: PAPER_BOARD });
    assertEquals(episode.steps, 500);
    const { packed } = episode;
    const rewards = new Float32Array(500 * 8).map(() => stream.random());
    // both the data and the HTML hold the episode; pursuit's rewards are few numbers, another game's need not be
    const moreForRewards = 2 * (await packedLength(rewards) - packed.rewards.length);
    const length = JSON.stringify(bundle).length + moreForRewards;
    assert(length < 200_000, `the output takes ${length} bytes`);
  });

  it("names the return of each team where two play", async () => {
    const env = { id: "magent/battle_v4", options: { map_size: 18, firstStepQuirk: false } };
    // six strike at nothing for −0.105 each, six stand still for −0.005
    const redStrikes: Policy = (_obs, { N }) => ({
      actions: Array.from({ length: N }, (_, i) => i < 6 ? 13 : 6),
    });
    const { bundle } = await recordReplay(redStrikes, { env, maxSteps: 10, title: "Strike" });
    assertEquals(
      bundle["text/plain"],
      "Strike: 10 joint steps (cut off here), return: red −6.3, blue −0.3",
    );
  });

  it("refuses a board whose cells two bytes cannot number", async () => {
    const env = makeStoppingEnv("sisl/pursuit_v4", { x_size: 300, y_size: 300 });
    const episode = recordEpisode(env, randomPolicy(1), { seed: 1, maxSteps: 1 });
    await assertRejects(() => episodeView(episode, "large"), RangeError, "a board of 300 × 300");
  });
});

describe("parseRelayOutput()", () => {
  it("takes no episode whose sizes would keep a browser busy, and no other keys", async () => {
    const { episode } = await recordReplay(randomPolicy(1), { env: PAPER_BOARD, maxSteps: 3 });
    const isTaken = (changes: object) =>
      parseRelayOutput({ kind: "replay", episode: { ...episode, ...changes } }) !== undefined;
    assert(isTaken({}));
    for (const changes of [{ steps: 1e9 }, { steps: -1 }, { width: 1e6 }, { extra: 1 }, { yAxis: "left" }]) {
      assert(!isTaken(changes), `${JSON.stringify(changes)} was taken`);
    }
  });
});
