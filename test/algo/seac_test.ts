import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { afterEach, beforeAll, describe, it } from "@std/testing/bdd";
import * as tf from "@tensorflow/tfjs";
import { disposeExperience, type Experience, newExperience } from "relay/algo/experience.ts";
import { nStepReturns, seacLosses, seacUpdate } from "relay/algo/seac.ts";
import { SEAC_DEFAULTS, type SeacConfig } from "relay/algo/seac_config.ts";
import { ActorCriticRollout } from "relay/algo/seac_rollout.ts";
import { ActorCriticTeam } from "relay/algo/seac_team.ts";
import type { ParallelEnv } from "relay/env/parallel_env.ts";
import { makeEnv } from "relay/env/registry.ts";
import { openStream } from "relay/rng/stream.ts";
import { useSimd } from "relay/tensor/simd_backend.ts";
import { readGolden } from "../support/golden.ts";

const N = 3;

/** Computed from the authors' formulas in float64; `[t][p]` arrays, p a copy. */
interface Golden {
  readonly T: number;
  readonly P: number;
  readonly gamma: number;
  readonly lambda_: number;
  readonly value_coef: number;
  readonly entropy_coef: number;
  readonly rewards: number[][][];
  readonly values: number[][][];
  /** `[T + 1][P]`: 0 behind the end of an episode. */
  readonly masks: number[][];
  /** `[T + 1][P]`: 0 behind a time limit. */
  readonly bad_masks: number[][];
  readonly behaviour_logp: number[][][];
  readonly current_values: Record<string, number[][]>;
  readonly current_logp: Record<string, number[][]>;
  readonly entropy: number[];
  readonly returns: number[][][];
  readonly losses: Record<
    "policy_loss" | "value_loss" | "seac_policy_loss" | "seac_value_loss" | "total",
    number
  >[];
}

const golden = readGolden("seac_losses.json.gz") as Golden;

function goldenReturns(i: number): Float64Array {
  const { rewards, values, masks, bad_masks: badMasks, gamma, P: E } = golden;
  const truncated = badMasks.slice(1).flat().map((mask) => 1 - mask);
  const terminated = masks.slice(1).flat().map((mask, row) => (1 - mask) * (1 - truncated[row]!));
  const steps = { rewards: rewards[i]!.flat(), values: values[i]!.flat(), terminated, truncated };
  return nStepReturns(steps, { E, gamma, properTimeLimits: true });
}

describe("the authors' numbers", () => {
  beforeAll(async () => void await useSimd());

  it("returns, with an end and a time limit on the way", () => {
    for (const i of [0, 1]) {
      const expected = golden.returns[i]!.slice(0, golden.T).flat();
      goldenReturns(i).forEach((value, row) => assertAlmostEquals(value, expected[row]!, 1e-12));
    }
  });

  it("every term of both agents' losses", () => {
    const B = golden.T * golden.P;
    const byPair = (table: Record<string, number[][]>) =>
      tf.tensor([0, 1].flatMap((p) => [0, 1].flatMap((k) => table[`agent${p}_on_data${k}`]!.flat())), [
        2,
        2,
        B,
      ]);
    const losses = seacLosses(
      {
        logProbs: byPair(golden.current_logp) as tf.Tensor3D,
        values: byPair(golden.current_values) as tf.Tensor3D,
        entropies: tf.tensor3d(golden.entropy, [2, 1, 1]).tile([1, 2, B]),
      },
      {
        returns: tf.tensor([0, 1].flatMap((i) => [...goldenReturns(i)]), [1, 2, B]),
        behaviourLogProbs: tf.tensor(golden.behaviour_logp.flat(2), [1, 2, B]),
        alive: tf.ones([1, 2, B]),
        isOwn: tf.eye(2).reshape([2, 2, 1]),
        isShared: tf.sub(1, tf.eye(2)).reshape([2, 2, 1]),
      },
      {
        algorithm: "seac",
        valueCoefficient: golden.value_coef,
        entropyCoefficient: golden.entropy_coef,
        sharingCoefficient: golden.lambda_,
      },
    );
    for (const i of [0, 1]) {
      const expected = golden.losses[i]!;
      assertAlmostEquals(losses.policy.dataSync()[i]!, expected.policy_loss, 1e-5);
      assertAlmostEquals(losses.value.dataSync()[i]!, expected.value_loss, 1e-5);
      assertAlmostEquals(losses.sharedPolicy!.dataSync()[i]!, expected.seac_policy_loss, 1e-5);
      assertAlmostEquals(losses.sharedValue!.dataSync()[i]!, expected.seac_value_loss, 1e-5);
      assertAlmostEquals(losses.total.dataSync()[i]!, expected.total, 1e-5);
    }
  });
});

describe("seacUpdate()", () => {
  const made: { dispose(): void }[] = [];
  beforeAll(async () => void await useSimd());
  afterEach(() => made.splice(0).forEach((thing) => thing.dispose()));

  function newTeam(changes: Partial<SeacConfig> = {}) {
    const config: SeacConfig = { ...SEAC_DEFAULTS, algorithm: "seac", hidden: [8], envCopies: 2, ...changes };
    const env = makeEnv("sisl/pursuit_v4", { n_pursuers: N, n_evaders: 4, x_size: 8, y_size: 8 }, 2);
    const team = new ActorCriticTeam(config, env, openStream(3));
    made.push(team);
    return { config, env, team };
  }

  function collected(env: ParallelEnv, team: ActorCriticTeam): Experience {
    const rollout = new ActorCriticRollout(env, team);
    const experience = newExperience({ N, T: team.config.rolloutSteps, E: env.E, O: env.O });
    made.push(rollout, { dispose: () => disposeExperience(experience) });
    rollout.collect(experience);
    return experience;
  }

  const parametersOf = ({ networks }: ActorCriticTeam, p: number): number[] =>
    networks.variables.flatMap((variable) => {
      const size = variable.size / networks.P;
      return [...variable.dataSync().slice(p * size, (p + 1) * size)];
    });

  /** The loss of agent i as the authors' loop over the other agents computes it, from the networks' own outputs. */
  function lossByLoops(team: ActorCriticTeam, experience: Experience, i: number): number {
    const { networks, config } = team;
    const rows = N * experience.T * experience.E;
    const B = rows / N;
    const logPolicy = tf.logSoftmax(networks.logits(experience.obs.tensor)).arraySync() as number[][][];
    const values = networks.values(experience.obs.tensor).arraySync() as number[][];
    let total = 0;
    for (let row = 0; row < rows; row++) {
      const own = Math.floor(row / B) === i;
      const probabilities = logPolicy[i]![row]!;
      const logProb = probabilities[experience.actions.values[row]!]!;
      const weight = own
        ? 1
        : Math.exp(logProb) / (Math.exp(experience.behaviourLogProbs.values[row]!) + 1e-7);
      const advantage = experience.returns.values[row]! - values[i]![row]!;
      const entropy = probabilities.reduce((sum, p) => sum - p * Math.exp(p), 0);
      const loss = weight * (-logProb * advantage + config.valueCoefficient * advantage ** 2);
      total += (own ? loss - config.entropyCoefficient * entropy : config.sharingCoefficient * loss) / B;
    }
    return total;
  }

  it("evaluates every network on every agent's rows as loops over agents would", () => {
    const { env, team } = newTeam({ sharingCoefficient: 0.7, learningRate: 1e-12 });
    const experience = collected(env, team);
    const { loss } = seacUpdate(team, experience);
    const expected = [0, 1, 2].reduce((sum, i) => sum + lossByLoops(team, experience, i), 0) / N;
    assertAlmostEquals(loss, expected, 1e-5 * Math.abs(expected));
  });

  it("with λ = 0 does what independent actor-critics do", () => {
    const [shared, independent] = (["seac", "iac"] as const).map((algorithm) => {
      const { env, team } = newTeam({ algorithm, sharingCoefficient: 0 });
      for (let round = 0; round < 3; round++) seacUpdate(team, collected(env, team));
      return parametersOf(team, 1);
    });
    shared!.forEach((value, k) => assertAlmostEquals(value, independent![k]!, 1e-5));
  });

  it("with λ > 0 learns from others, and behaviour probabilities change what", () => {
    const after = [0, 1, 1].map((sharingCoefficient, trial) => {
      const { env, team } = newTeam({ sharingCoefficient });
      const experience = collected(env, team);
      // as if agent 0 had been surer of what it did
      if (trial === 2) experience.behaviourLogProbs.values.subarray(0, 10).fill(-0.01);
      seacUpdate(team, experience);
      return [0, 1].map((p) => parametersOf(team, p));
    });
    assert(after[0]![1]!.some((value, k) => value !== after[1]![1]![k]));
    assert(after[1]![1]!.some((value, k) => value !== after[2]![1]![k]));
    // an agent's own experience has no weight
    assertEquals(after[1]![0], after[2]![0]);
  });

  it("a dead agent's rows teach nobody", () => {
    const after = [0, 1].map((trial) => {
      const { env, team } = newTeam();
      const experience = collected(env, team);
      const B = experience.T * experience.E;
      experience.alive.values.subarray(B, 2 * B).fill(0); // agent 1 is dead
      if (trial === 1) {
        experience.rewards.subarray(B, 2 * B).fill(50);
        experience.obs.values.subarray(B * env.O, 2 * B * env.O).fill(3);
      }
      seacUpdate(team, experience);
      return [0, 1, 2].map((p) => parametersOf(team, p));
    });
    assertEquals(after[0], after[1]);
  });

  it("the shared network sums the agents' own losses", () => {
    const { config, env, team } = newTeam({ algorithm: "snac", learningRate: 1e-12 });
    assertEquals(team.networks.P, 1);
    const experience = collected(env, team);
    const { loss } = seacUpdate(team, experience);
    const B = experience.T * experience.E;
    const logPolicy = tf.logSoftmax(team.networks.logits(experience.obs.tensor)).arraySync() as number[][][];
    const values = team.networks.values(experience.obs.tensor).dataSync();
    let expected = 0;
    experience.actions.values.forEach((action, row) => {
      const advantage = experience.returns.values[row]! - values[row]!;
      const entropy = logPolicy[0]![row]!.reduce((sum, p) => sum - p * Math.exp(p), 0);
      expected += (-logPolicy[0]![row]![action]! * advantage + config.valueCoefficient * advantage ** 2 -
        config.entropyCoefficient * entropy) / (N * B);
    });
    assertAlmostEquals(loss, expected, 1e-5 * Math.abs(expected));
  });

  it("refuses an environment with illegal actions", () => {
    const { config, env } = newTeam();
    const masked = Object.assign(env, { actionMask: new Uint8Array(0) });
    assertThrows(() => new ActorCriticTeam(config, masked, openStream(1)), RangeError, "illegal actions");
  });
});
