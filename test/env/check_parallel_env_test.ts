import { assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { checkParallelEnv } from "relay/env/check_parallel_env.ts";
import type { EnvDescription, ParallelEnv } from "relay/env/parallel_env.ts";
import { makeEnv } from "relay/env/registry.ts";

const SMALL = { x_size: 7, y_size: 6, n_pursuers: 3, n_evaders: 2, obs_range: 3, max_cycles: 9 };
const make = (copies: number) => makeEnv("sisl/pursuit_v4", SMALL, copies);

type Break = (env: ParallelEnv) => Partial<ParallelEnv>;

/** A small pursuit with some members replaced, the rest as it was. */
function broken(change: Break, create = make): (copies: number) => ParallelEnv {
  return (copies) => {
    const env = create(copies);
    const changes = change(env);
    return new Proxy(env, {
      get: (target, name) => {
        if (Object.hasOwn(changes, name)) return changes[name as keyof ParallelEnv];
        const value = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  };
}

const described = (change: Partial<EnvDescription>): Break => (env) => {
  return { describe: () => ({ ...env.describe(), ...change }) };
};

/** Does something wrong after every right step. */
const afterStep = (spoil: (env: ParallelEnv, step: number) => void): Break => (env) => {
  let step = 0;
  return {
    step: (actions) => {
      env.step(actions);
      spoil(env, step++);
    },
  };
};

function copyEnded({ truncated, terminated, N }: ParallelEnv, e: number): boolean {
  return truncated[e * N] === 1 || terminated[e * N] === 1;
}

/** Draws that differ from environment to environment. */
let environmentsMade = 0;

const BROKEN: readonly [what: string, change: Break, message: string][] = [
  ["a wrong number of agents", described({ agents: ["only"] }), "N is 3, expected 1"],
  ["two agents of one name", described({ agents: ["a", "a", "b"] }), "number of different agent names is 2"],
  ["a wrong observation shape", described({ obsShape: [3, 3] }), "O is 27, expected 9"],
  ["a missing action name", described({ actions: ["left"] }), "A is 5, expected 1"],
  ["an id without version", described({ id: "pursuit" }), "the id has no version"],
  ["no time limit", described({ maxEpisodeSteps: 0 }), "maxEpisodeSteps is 0"],
  ["no rules", described({ rules: " " }), "rules are empty"],
  ["no state but its shape", () => ({ updateState: undefined! }), "must come together"],
  [
    "a description that is not plain data",
    described({ options: { extra: (() => 1) as unknown as number } }),
    "is not plain data",
  ],
  [
    "one copy too many",
    (env) => ({ E: env.E + 1 }),
    "E is 4, expected 3",
  ],
  [
    "rewards in single precision",
    (env) => ({ rewards: new Float32Array(env.rewards.length) as unknown as Float64Array }),
    "rewards is no Float64Array",
  ],
  [
    "flags that are too short",
    () => ({ truncated: new Uint8Array(1) }),
    "truncated has 1 entries, expected 9",
  ],
  ["obs that are nextObs", (env) => ({ obs: env.nextObs }), "obs and nextObs share memory"],
  ["observations beyond their bound", described({ obsHigh: 0.5 }), "expected uint8 in [0, 0.5]"],
  [
    "fractions that are said to be bytes",
    afterStep((env) => env.obs[0] = env.nextObs[0] = 0.25),
    "obs[0] is 0.25, expected uint8",
  ],
  ["rewards that are not numbers", afterStep((env) => env.rewards[4] = NaN), "rewards[4] is NaN"],
  [
    "flags other than 0 and 1",
    afterStep((env) => env.terminated[2] = 2),
    "terminated[2] is 2, expected 0 or 1",
  ],
  [
    "agents both terminated and truncated",
    afterStep((env) => env.terminated[5] = env.truncated[5] = 1),
    "both terminated and truncated",
  ],
  [
    "an agent without legal action",
    (env) => ({ actionMask: new Uint8Array(env.E * env.N * env.A) }),
    "has no legal action",
  ],
  [
    "arrays that are replaced",
    (env) => {
      let rewards = env.rewards;
      return {
        get rewards() {
          return rewards;
        },
        step: (actions) => {
          env.step(actions);
          rewards = env.rewards.slice();
        },
      };
    },
    "step replaced an array",
  ],
  [
    "an early truncation",
    afterStep((env, step) => {
      if (step === 4) env.truncated.fill(1);
    }),
    "was truncated after 5 steps, expected maxEpisodeSteps = 9",
  ],
  ["no truncation", afterStep((env) => env.truncated.fill(0)), "goes on after 9 steps"],
  [
    "obs that lag behind",
    (env) => {
      const stale = env.obs.slice();
      return {
        obs: stale,
        step: (actions) => {
          stale.set(env.obs);
          env.step(actions);
        },
      };
    },
    "obs differs from nextObs in step",
  ],
  [
    "an auto-reset that overwrites nextObs",
    afterStep((env) => {
      const length = env.N * env.O;
      for (let e = 0; e < env.E; e++) {
        if (copyEnded(env, e)) env.nextObs.set(env.obs.subarray(e * length, (e + 1) * length), e * length);
      }
    }),
    "at every episode's end nextObs is the next episode's first observation",
  ],
  [
    "illegal actions that are accepted",
    (env) => ({ step: (actions) => env.step(actions.map((action) => Math.min(4, Math.max(0, action)))) }),
    "action -1 gave undefined, expected a RangeError",
  ],
  [
    "a refused action that leaves its mark",
    (env) => ({
      step: (actions) => {
        try {
          env.step(actions);
        } catch (error) {
          env.reset();
          throw error;
        }
      },
    }),
    "a refused action -1 changed the situation",
  ],
  [
    "chance that no seed governs",
    (env) => {
      const bonus = environmentsMade++;
      return afterStep((env) => env.rewards[1]! += bonus)(env);
    },
    "rewards[1] of copy 0 is not the same for the same seeds and actions in step 0",
  ],
  [
    "a reset that ignores the seeds",
    (env) => ({ reset: () => env.reset() }),
    "is not the same for the same seeds after reset",
  ],
  [
    "copies that know of each other",
    afterStep((env) => {
      if (env.E > 1) env.rewards[env.N] = env.rewards[0]!;
    }),
    "of copy 1 in step",
  ],
  [
    "copies that share one generator",
    (env) => ({ reset: (seeds) => env.reset(seeds && Array.from({ length: env.E }, () => seeds[0]!)) }),
    "of copy 1 in step -1 is not that of a single copy",
  ],
  [
    "a picture without pixels",
    () => ({ render: () => ({ width: 2, height: 2, data: new Uint8ClampedArray(4) }) }),
    "render gave 4 bytes for 2x2",
  ],
  [
    "a picture that changes the situation",
    (env) => ({
      render: (e) => {
        env.reset();
        return env.render(e);
      },
    }),
    "render, save or scene changed the situation",
  ],
  [
    "a snapshot that is a view of living memory",
    (env) => {
      const shared = env.save();
      return {
        save: () => {
          shared.set(env.save());
          return shared;
        },
        step: (actions) => {
          env.step(actions);
          shared[shared.length - 1]!++;
        },
      };
    },
    "changed bytes that save had given",
  ],
  [
    "a snapshot without the generators",
    (env) => {
      let loads = 0;
      return {
        load: (saved) => {
          const altered = saved.slice();
          altered[altered.length - 30]! ^= ++loads;
          env.load(altered);
        },
      };
    },
    "steps after load in a new environment",
  ],
  [
    "a load that forgets the observations",
    (env) => ({
      load: (saved) => {
        env.load(saved);
        env.obs.fill(0);
      },
    }),
    "0 steps after load in a new environment",
  ],
];

describe("checkParallelEnv", () => {
  const fit: readonly Record<string, unknown>[] = [
    SMALL,
    { ...SMALL, shared_reward: false, obs_range: 4 },
    { ...SMALL, surround: false, n_catch: 1, max_cycles: 60 },
    { ...SMALL, x_size: 14, y_size: 12, freeze_evaders: true, constraint_window: 0.6 },
    { max_cycles: 40 },
  ];
  for (const options of fit) {
    it(`accepts pursuit with ${JSON.stringify(options)}`, () => {
      checkParallelEnv((copies) => makeEnv("sisl/pursuit_v5", options, copies), { seed: 3 });
    });
  }

  for (const [what, change, message] of BROKEN) {
    it(`refuses ${what}`, () => {
      assertThrows(() => checkParallelEnv(broken(change)), Error, message);
    });
  }

  it("names the environment", () => {
    const error = "Environment sisl/pursuit_v4 breaks the contract: ";
    assertThrows(() => checkParallelEnv(broken(afterStep((env) => env.rewards[0] = Infinity))), Error, error);
  });
});
