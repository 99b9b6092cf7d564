import { assertAlmostEquals, assertEquals } from "@std/assert";
import { beforeAll, describe, it } from "@std/testing/bdd";
import * as tf from "@tensorflow/tfjs";
import { disposeExperience, newExperience } from "relay/algo/experience.ts";
import { likeliestActions, sampleActions } from "relay/algo/categorical.ts";
import { SEAC_DEFAULTS } from "relay/algo/seac_config.ts";
import { ActorCriticRollout } from "relay/algo/seac_rollout.ts";
import { ActorCriticTeam } from "relay/algo/seac_team.ts";
import { makeEnv } from "relay/env/registry.ts";
import { openStream } from "relay/rng/stream.ts";
import { useSimd } from "relay/tensor/simd_backend.ts";

const OPTIONS = { n_pursuers: 3, n_evaders: 4, x_size: 8, y_size: 8, max_cycles: 4 };
const T = 6;
const E = 2;

describe("ActorCriticRollout", () => {
  beforeAll(async () => void await useSimd());

  for (const algorithm of ["seac", "snac"] as const) {
    it(`${algorithm}: every column tells of the same agent, step and copy, across an episode's end`, () => {
      const env = makeEnv("sisl/pursuit_v4", OPTIONS, E);
      const again = makeEnv("sisl/pursuit_v4", OPTIONS, E);
      const config = { ...SEAC_DEFAULTS, algorithm, hidden: [8] };
      const team = new ActorCriticTeam(config, env, openStream(3));
      const rollout = new ActorCriticRollout(env, team);
      const experience = newExperience({ N: 3, T, E, O: env.O });
      const ended = rollout.collect(experience);
      const { P } = team.networks;
      let returns = 0;
      for (let t = 0; t < T; t++) {
        const actions = new Int32Array(E * 3);
        const rows: { row: number; at: number; i: number }[] = [];
        for (let e = 0; e < E; e++) {
          for (let i = 0; i < 3; i++) rows.push({ row: (i * T + t) * E + e, at: e * 3 + i, i });
        }
        for (const { row, at, i } of rows) {
          const obs = again.obs.slice(at * env.O, (at + 1) * env.O);
          assertEquals(experience.obs.values.slice(row * env.O, (row + 1) * env.O), obs);
          actions[at] = experience.actions.values[row]!;
          const x = tf.tensor3d(obs, [1, 1, env.O]);
          const p = P === 1 ? 0 : i;
          const logPolicy = tf.logSoftmax(team.networks.logits(x)).arraySync() as number[][][];
          assertAlmostEquals(
            experience.behaviourLogProbs.values[row]!,
            logPolicy[p]![0]![actions[at]!]!,
            1e-5,
          );
          const values = team.networks.values(x).dataSync();
          assertAlmostEquals(
            experience.values[(i * (T + 1) + t) * E + Math.floor(at / 3)]!,
            values[p]!,
            1e-5,
          );
        }
        again.step(actions);
        for (const { row, at } of rows) {
          assertEquals(experience.rewards[row], again.rewards[at]);
          assertEquals(experience.truncated[row], t === 3 ? 1 : 0);
          assertEquals(experience.terminated[row], 0);
          if (t <= 3) returns += again.rewards[at]!;
        }
      }
      assertEquals(ended.length, E);
      assertAlmostEquals(ended.reduce((sum, value) => sum + value, 0), returns, 1e-9);
      rollout.dispose();
      team.dispose();
      disposeExperience(experience);
    });
  }
});

describe("sampleActions()", () => {
  it("draws every action as often as its probability says, by each agent's own stream", () => {
    const rows = 40_000;
    const logits = new Float32Array(3 * rows).map((_, k) => Math.log([0.5, 0.3, 0.2][k % 3]!));
    const into = { actions: new Int32Array(rows), logProbs: new Float64Array(rows) };
    sampleActions(logits, [openStream(1), openStream(2)], into);
    for (const half of [into.actions.subarray(0, rows / 2), into.actions.subarray(rows / 2)]) {
      [0.5, 0.3, 0.2].forEach((probability, action) =>
        assertAlmostEquals(half.filter((drawn) => drawn === action).length / half.length, probability, 0.015)
      );
    }
    into.actions.forEach((action, row) =>
      assertAlmostEquals(into.logProbs[row]!, Math.log([0.5, 0.3, 0.2][action]!), 1e-6)
    );
  });

  it("likeliestActions() takes the mode, the first of equals", () => {
    const actions = new Int32Array(2);
    likeliestActions(Float32Array.of(1, 3, 3, 2, 0, -1), actions);
    assertEquals([...actions], [1, 0]);
  });
});
