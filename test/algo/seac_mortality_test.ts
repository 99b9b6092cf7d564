import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { beforeAll, describe, it } from "@std/testing/bdd";
import * as tf from "@tensorflow/tfjs";
import { disposeExperience, type Experience, newExperience } from "relay/algo/experience.ts";
import { seacUpdate } from "relay/algo/seac.ts";
import { SEAC_DEFAULTS, type SeacConfig } from "relay/algo/seac_config.ts";
import { ActorCriticRollout } from "relay/algo/seac_rollout.ts";
import { ActorCriticTeam } from "relay/algo/seac_team.ts";
import { makeEnv } from "relay/env/registry.ts";
import { openStream } from "relay/rng/stream.ts";
import { useSimd } from "relay/tensor/simd_backend.ts";
import { MortalEnv, POISON } from "../support/mortal_env.ts";

const T = 6;
const LIMIT = 4;
const ALGORITHMS = ["seac", "iac", "snac"] as const;

function configOf(algorithm: SeacConfig["algorithm"], changes: Partial<SeacConfig> = {}): SeacConfig {
  const sharingCoefficient = algorithm === "seac" ? 0.7 : 0;
  return { ...SEAC_DEFAULTS, algorithm, sharingCoefficient, hidden: [8], ...changes };
}

/** A mortal team that learns for some updates; `look` sees each rollout after its update. */
function learn(
  env: MortalEnv,
  config: SeacConfig,
  { updates, look }: {
    readonly updates: number;
    readonly look?: (experience: Experience, team: ActorCriticTeam, loss: number) => void;
  },
) {
  const team = new ActorCriticTeam(config, env, openStream(3));
  const rollout = new ActorCriticRollout(env, team);
  const experience = newExperience({ N: env.N, T, E: 1, O: env.O });
  const teamReturns: number[] = [];
  const entropies: number[] = [];
  for (let k = 0; k < updates; k++) {
    teamReturns.push(...rollout.collect(experience));
    const { loss, entropy } = seacUpdate(team, experience);
    entropies.push(entropy);
    look?.(experience, team, loss);
  }
  const parameters = team.networks.variables.map((variable) => [...variable.dataSync()]);
  rollout.dispose();
  team.dispose();
  disposeExperience(experience);
  return { teamReturns, entropies, parameters };
}

describe("actor-critics that die", () => {
  beforeAll(async () => void await useSimd());

  it("have returns that end with their death, by hand", () => {
    const env = new MortalEnv([[2, 9, 3]], LIMIT);
    learn(env, configOf("iac", { gamma: 0.5 }), {
      updates: 1,
      look: ({ returns, values, alive, terminated }) => {
        const rows = (i: number, column: ArrayLike<number>) => Array.from(column).slice(i * T, (i + 1) * T);
        // rewards are 100 · (joint step) + agent; the second episode begins with joint step 5
        const [first, , third] = [0, 1, 2].map((i) => rows(i, returns.values));
        assertEquals(rows(0, alive.values), [1, 1, 0, 0, 1, 1]);
        assertEquals(rows(2, alive.values), [1, 1, 1, 0, 1, 1]);
        assertEquals(rows(0, terminated), [0, 1, 1, 1, 0, 1]);
        assertEquals(first!.slice(0, 2), [100 + 0.5 * 200, 200]);
        assertEquals(first!.slice(4), [500 + 0.5 * 600, 600]);
        assertEquals(third!.slice(0, 3), [102 + 0.5 * (202 + 0.5 * 302), 202 + 0.5 * 302, 302]);
        // who lives to the time limit has V(o) there, and bootstraps at the rollout's end
        const own = Array.from(values).slice(T + 1, 2 * (T + 1));
        const expected = [0, 0, 301 + 0.5 * own[3]!, own[3]!, 501 + 0.5 * (601 + 0.5 * own[6]!)];
        for (const t of [2, 3, 4]) assertAlmostEquals(returns.values[T + t]!, expected[t]!, 1e-3);
      },
    });
  });

  it("count each life once in the team's returns", () => {
    const { teamReturns } = learn(new MortalEnv([[2, 9, 3], [1, 1, 2]], LIMIT), configOf("seac"), {
      updates: 1,
    });
    // lives of 2, 4 and 3 steps in joint steps 1–4; of 1, 1 and 2 in joint steps 5 and 6
    assertEquals(teamReturns, [300 + (1000 + 4) + (600 + 6), 500 + 501 + (1100 + 4)]);
  });

  for (const algorithm of ALGORITHMS) {
    it(`${algorithm}: what the dead see, do and are paid changes no bit`, () => {
      const lives = [[2, 9, 3], [4, 1, 1], [1, 2, 9]];
      const [usual, other] = [POISON, -3].map((poison) =>
        learn(new MortalEnv(lives, LIMIT, poison), configOf(algorithm), { updates: 8 })
      );
      assertEquals(other, usual);
      assert(usual!.parameters.flat().every(Number.isFinite));
    });

    it(`${algorithm}: has the loss of loops over the living`, () => {
      const config = configOf(algorithm, { learningRate: 1e-12 });
      learn(new MortalEnv([[2, 9, 3], [1, 1, 2]], LIMIT), config, {
        updates: 2,
        look: (experience, team, loss) => {
          const expected = lossOfTheLiving(experience, team);
          assertAlmostEquals(loss, expected, 1e-5 * Math.abs(expected));
        },
      });
    });
  }

  it("have nothing to learn from in a rollout that they are dead for, and stay as they are", () => {
    const lives = [[1, 99]];
    learn(new MortalEnv(lives, 60), configOf("iac"), {
      updates: 1,
      look: (experience, { networks }) => {
        experience.alive.values.fill(0, 0, T); // agent 0, from its first step on
        const anew = new ActorCriticTeam(configOf("iac"), new MortalEnv(lives, 60), openStream(3));
        const before = anew.networks.variables.map((variable) => [...variable.dataSync()]);
        seacUpdate(anew, experience);
        const after = anew.networks.variables.map((variable) => [...variable.dataSync()]);
        for (const [k, values] of after.entries()) {
          const half = values.length / networks.P;
          assertEquals(values.slice(0, half), before[k]!.slice(0, half));
        }
        assert(after.some((values, k) => values.some((value, at) => value !== before[k]![at])));
        anew.dispose();
      },
    });
  });
});

/** Mean over the agents of the whole loss, from the networks' own outputs, one living row after another. */
function lossOfTheLiving(experience: Experience, { networks, config, seats }: ActorCriticTeam): number {
  const { N, E, obs, actions, behaviourLogProbs, returns, alive } = experience;
  const B = experience.T * E;
  const logPolicy = tf.logSoftmax(networks.logits(obs.tensor)).arraySync() as number[][][];
  const values = networks.values(obs.tensor).arraySync() as number[][];
  let total = 0;
  for (let p = 0; p < networks.P; p++) {
    for (let row = 0; row < N * B; row++) {
      if (alive.values[row] === 0) continue;
      const isOwn = seats.networkOf[Math.floor(row / B)] === p;
      if (!isOwn && config.algorithm !== "seac") continue;
      const logProbs = logPolicy[p]![row]!;
      const logProb = logProbs[actions.values[row]!]!;
      const advantage = returns.values[row]! - values[p]![row]!;
      const entropy = logProbs.reduce((sum, log) => sum - log * Math.exp(log), 0);
      const loss = -logProb * advantage + config.valueCoefficient * advantage ** 2;
      const weight = Math.exp(logProb) / (Math.exp(behaviourLogProbs.values[row]!) + 1e-7);
      total += isOwn ? loss - config.entropyCoefficient * entropy : config.sharingCoefficient * weight * loss;
    }
  }
  return total / B / N;
}

describe("two teams of actor-critics", () => {
  beforeAll(async () => void await useSimd());

  /** After a few updates in two copies of a small battle of two against two, red's agents first. */
  function learnt(algorithm: SeacConfig["algorithm"]) {
    const env = makeEnv("magent/battle_v4", { map_size: 12, max_cycles: 30 }, 2);
    const config = configOf(algorithm, { opponents: { team: "red" } });
    const team = new ActorCriticTeam(config, env, openStream(3));
    const rollout = new ActorCriticRollout(env, team);
    const experience = newExperience({ N: env.N, T: 4, E: 2, O: env.O });
    const before = parametersOf(team);
    let acted: { readonly logProbs: number[]; readonly behaviour: number[] } | undefined;
    for (let k = 0; k < 3; k++) {
      rollout.collect(experience);
      acted ??= {
        logProbs: logProbsOf(team, experience),
        behaviour: [...experience.behaviourLogProbs.values],
      };
      seacUpdate(team, experience);
    }
    const { P, S } = team.seats;
    const outcome = { P, S, learners: team.learners, before, after: parametersOf(team), acted: acted! };
    rollout.dispose();
    team.dispose();
    disposeExperience(experience);
    return outcome;
  }

  /** `[P][parameters]` */
  function parametersOf({ networks: { P, variables } }: ActorCriticTeam): number[][] {
    return Array.from({ length: P }, (_, p) =>
      variables.flatMap((variable) => {
        const size = variable.size / P;
        return [...variable.dataSync().subarray(p * size, (p + 1) * size)];
      }));
  }

  /** log π of each row's action under the network of the agent that acted, `[N·T·E]`. */
  function logProbsOf({ networks, seats }: ActorCriticTeam, { T, E, obs, actions }: Experience): number[] {
    const all = tf.logSoftmax(networks.logits(obs.tensor)).arraySync() as number[][][];
    return Array.from(actions.values, (action, row) => {
      const agent = Math.floor(row / (T * E));
      return all[seats.networkOf[agent]!]![row]![action]!;
    });
  }

  it("share within the learning team: its opponents learn as they would alone", () => {
    const [shared, alone] = [learnt("seac"), learnt("iac")];
    assertEquals([shared.P, shared.S, shared.learners], [4, 1, [2, 3]]);
    for (const red of [0, 1]) {
      shared.after[red]!.forEach((value, k) => assertAlmostEquals(value, alone.after[red]![k]!, 1e-6));
      assert(shared.after[red]!.some((value, k) => value !== shared.before[red]![k]));
    }
    for (const blue of [2, 3]) {
      const most = shared.after[blue]!.reduce(
        (difference, value, k) => Math.max(difference, Math.abs(value - alone.after[blue]![k]!)),
        0,
      );
      assert(most > 1e-5, `agent ${blue} differs by ${most} from one that learns alone`);
    }
  });

  it("with a shared network have one for the learners, one for each opponent, and act with their own", () => {
    const { P, S, before, after, acted } = learnt("snac");
    assertEquals([P, S], [3, 2]);
    for (let p = 0; p < P; p++) assert(after[p]!.some((value, k) => value !== before[p]![k]));
    acted.logProbs.forEach((logProb, row) => assertAlmostEquals(acted.behaviour[row]!, logProb, 1e-5));
  });
});
