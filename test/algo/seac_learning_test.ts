import { assert, assertEquals } from "@std/assert";
import { beforeAll, describe, it } from "@std/testing/bdd";
import { disposeExperience, type Experience, newExperience } from "relay/algo/experience.ts";
import { seacUpdate } from "relay/algo/seac.ts";
import { SEAC_DEFAULTS, type SeacConfig } from "relay/algo/seac_config.ts";
import { ActorCriticRollout } from "relay/algo/seac_rollout.ts";
import { ActorCriticTeam } from "relay/algo/seac_team.ts";
import { openStream } from "relay/rng/stream.ts";
import { useSimd } from "relay/tensor/simd_backend.ts";
import { CueEnv } from "../support/cue_env.ts";

const ALGORITHMS = { seac: 1, iac: 0, snac: 0 } as const;

interface Learning {
  readonly algorithm: SeacConfig["algorithm"];
  readonly mortal: boolean;
  readonly updates: number;
}

/** Fraction of the living agents' rewards that the last of `updates` rollouts earned, and that rollout. */
function learn(
  { algorithm, mortal, updates }: Learning,
  inspect?: (experience: Experience) => void,
): number {
  const config = {
    ...SEAC_DEFAULTS,
    algorithm,
    sharingCoefficient: ALGORITHMS[algorithm],
    hidden: [16],
    learningRate: 0.01,
  };
  const env = new CueEnv(config.envCopies, { mortal });
  const team = new ActorCriticTeam(config, env, openStream(1));
  const rollout = new ActorCriticRollout(env, team);
  const experience = newExperience({ N: env.N, T: config.rolloutSteps, E: env.E, O: env.O });
  for (let update = 0; update < updates; update++) {
    rollout.collect(experience);
    inspect?.(experience);
    seacUpdate(team, experience);
  }
  const earned = experience.rewards.reduce((sum, reward) => sum + reward, 0);
  const living = experience.alive.values.reduce((sum, alive) => sum + alive, 0);
  rollout.dispose();
  team.dispose();
  disposeExperience(experience);
  return earned / living;
}

describe("a game that is learned in seconds", () => {
  beforeAll(async () => void await useSimd());

  for (const algorithm of Object.keys(ALGORITHMS) as SeacConfig["algorithm"][]) {
    it(`${algorithm} learns it, also where an agent dies on the way`, () => {
      for (const mortal of [false, true]) {
        const before = learn({ algorithm, mortal, updates: 1 });
        const after = learn({ algorithm, mortal, updates: 150 });
        assert(before < 0.75 && after > 0.9, `${algorithm} earned ${before} at first, ${after} of 1 at last`);
      }
    });
  }

  it("a dead agent's rows are marked from the step after its death to the end of the episode", () => {
    const marked: number[][] = [];
    learn({ algorithm: "seac", mortal: true, updates: 3 }, ({ T, E, alive }) => {
      for (let t = 0; t < T; t++) marked.push([0, 1, 2].map((i) => alive.values[(i * T + t) * E]!));
    });
    const episode = [[1, 1, 1], [1, 1, 1], [1, 1, 1], [1, 1, 0], [1, 1, 0], [1, 1, 0]];
    assertEquals(marked.slice(0, 12), [...episode, ...episode]);
  });
});
