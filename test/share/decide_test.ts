import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { PRESETS } from "experiments/super_pursuit.ts";
import { Rollout } from "relay/algo/rollout.ts";
import { superIteration } from "relay/algo/super_dqn.ts";
import { disposeTeam, newTeam } from "relay/algo/team.ts";
import { makeEnv } from "relay/env/registry.ts";
import { newFragment } from "relay/replay/fragment.ts";
import { openStream } from "relay/rng/stream.ts";
import { decide } from "relay/share/decide.ts";
import { SelectorError } from "relay/share/selector.ts";
import { customShare, selectorOf, SHARE, type ShareConfig } from "relay/share/share_config.ts";
import { decodeSharedTransitions } from "relay/share/sharing_log.ts";
import { useSimd } from "relay/tensor/simd_backend.ts";

const SEED = 6;
const FRAGMENTS = 200;

/** Lets an untrained team collect and share as in a run of the seed: its |δ|, and what it sent as `[agent, index]`. */
async function shareInTraining(share: ShareConfig) {
  await useSimd();
  const config = { ...PRESETS.smoke, share, learningStartsEnvSteps: Infinity };
  const F = config.rolloutEnvSteps;
  const env = makeEnv(config.env.id, config.env.options);
  const team = newTeam(config, env, { select: await selectorOf(share, F), stream: openStream(SEED) });
  const { agents } = env.describe();
  const absTdErrors = agents.map(() => new Float32Array(FRAGMENTS * F));
  const fragment = newFragment(F, env.N, { O: env.O, dtype: "uint8" });
  const rollout = new Rollout(env, team);
  for (let k = 0; k < FRAGMENTS; k++) {
    rollout.collect(fragment, k * F);
    const iteration = superIteration(team, fragment, (k + 1) * F);
    absTdErrors.forEach((own, i) => own.set(iteration.absTdErrors.subarray(i * F, (i + 1) * F), k * F));
  }
  const sent = decodeSharedTransitions(team.log.takeRecords()).map((
    { sender, envStep },
  ) => [sender, envStep - 1]);
  rollout.dispose();
  disposeTeam(team);
  return { collected: { agents, absTdErrors, fragmentLength: F }, sent: sent.sort(bySenderAndStep) };
}

function bySenderAndStep([a, s]: number[], [b, t]: number[]): number {
  return a! - b! || s! - t!;
}

describe("decide()", () => {
  const shares: ShareConfig[] = [
    { ...SHARE.quantile, windowSize: 300 },
    { ...SHARE.gaussian, spread: "deviation" },
    SHARE.stochastic,
    SHARE.random,
    { ...SHARE.all, team: "pursuer_3" },
    customShare((absTdErrors, _window, stream) => [stream.below(absTdErrors.length)]),
  ];
  for (const share of shares) {
    it(`sends what training sends (${share.kind})`, async () => {
      const { collected, sent } = await shareInTraining(share);
      const { agents, bandwidth } = await decide(share, collected, { seed: SEED });
      assertEquals(agents.flatMap((own, i) => Array.from(own.sent, (t) => [i, t])), sent);
      assert(sent.length > 50, `only ${sent.length} transitions were sent: the test would see little`);
      const members = agents.filter(({ agent }) => share.kind !== "all" || agent === "pursuer_3");
      assertEquals(bandwidth, sent.length / (members.length * FRAGMENTS * 4));
    });
  }

  it("sends about β of steady errors, with the quantile of the window as it stood at each fragment", async () => {
    const stream = openStream(2);
    const absTdErrors = [0, 1].map(() => Float32Array.from({ length: 20_000 }, () => stream.random()));
    const collected = { agents: ["a", "b"], absTdErrors, fragmentLength: 4 };
    const { agents, bandwidth } = await decide(SHARE.quantile, collected, { seed: 1 });
    assert(Math.abs(bandwidth - 0.1) < 0.01, `realised ${bandwidth}`);
    for (const { sent, quantiles, absTdErrors } of agents) {
      assertEquals(quantiles.length, 5000);
      const above = Array.from(absTdErrors.keys()).filter((t) =>
        absTdErrors[t]! > quantiles[Math.floor(t / 4)]!
      );
      assertEquals([...sent], above);
    }
  });

  it("gives the paper's threshold for comparison whatever is asked", async () => {
    const collected = { agents: ["a"], absTdErrors: [Float32Array.of(0, 1, 2, 10)], fragmentLength: 4 };
    const { agents, quantileBandwidth, bandwidth } = await decide(SHARE.all, collected, { seed: 1 });
    assertEquals([quantileBandwidth, bandwidth], [0.1, 1]);
    assertEquals([...agents[0]!.quantiles].map((value) => value.toFixed(6)), ["7.600000"]);
    assertEquals((await decide(SHARE.none, collected, { seed: 1 })).bandwidth, 0);
  });

  it("finds what a selector must not do, before training", async () => {
    const collected = { agents: ["a"], absTdErrors: [new Float32Array(8)], fragmentLength: 4 };
    const wrong = (source: string) => () =>
      decide({ ...customShare(() => []), source } as ShareConfig, collected, { seed: 1 });
    await assertRejects(wrong("() => [outer]"), SelectorError, "it reads the outer variable outer");
    await assertRejects(wrong("(e) => [e.length]"), SelectorError, "returned the index 4, expected 0 … 3");
    await assertRejects(wrong("() => { throw new Error('boom'); }"), SelectorError, "it threw Error: boom");
  });
});
