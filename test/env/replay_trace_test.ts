import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { replayTrace, type TraceDifference } from "relay/env/replay_trace.ts";
import { readGolden } from "../support/golden.ts";

const TRACES: Readonly<Record<string, number>> = {
  pursuit_seed0_local: 200,
  pursuit_seed1_local: 200,
  pursuit_seed2_local: 200,
  pursuit_seed0_shared: 200,
  pursuit_seed1_500: 500,
  pursuit_seed2_nosurround: 60,
  pursuit_seed3_freeze: 60,
  pursuit_greedy_seed10: 500,
  pursuit_greedy_seed12_terminal: 36,
  pursuit_greedy_seed13_nosurround: 317,
  // Recorded with PettingZoo 1.25.0: an even obs_range and other rewards; 13 pursuers sharing;
  // a narrow map without surround; two pursuers sharing; a spawn window.
  pursuit_pz125_even: 60,
  pursuit_pz125_odd13: 40,
  pursuit_pz125_tall: 8,
  pursuit_pz125_two: 24,
  pursuit_pz125_small5s: 80,
};

interface Step {
  [field: string]: unknown;
  rewards: number[];
  actions: number[];
  terminated: boolean[];
  truncated: boolean[];
  obs_sha256?: string;
  obs?: Record<string, number[]>;
  pursuers?: number[][];
  evaders?: number[][];
}

interface Trace {
  [field: string]: unknown;
  seed: number;
  steps: Step[];
  initial: { pursuers: number[][]; evaders: number[][] };
  initial_obs: Record<string, number[]>;
  rng_after_reset: Record<string, unknown>;
  rng_at_end: Record<string, unknown>;
}

const load = (name: string) => readGolden(`${name}.json.gz`) as Trace;

/** The result of replaying seed 0 after one alteration. */
function replayAltered(alter: (trace: Trace) => void): TraceDifference {
  const trace = load("pursuit_seed0_local");
  alter(trace);
  const result = replayTrace(trace);
  if (result.ok) throw new Error("The altered trace was accepted");
  return result;
}

describe("replayTrace", () => {
  for (const [name, steps] of Object.entries(TRACES)) {
    it(`finds no difference in ${name}, alone or as copy 1 of 3`, () => {
      const trace = load(name);
      assertEquals(trace.steps.length, steps);
      assertEquals(replayTrace(trace), { ok: true, steps });
      assertEquals(replayTrace(trace, { copies: 3, copy: 1 }), { ok: true, steps });
    });
  }

  it("covers an episode that ends by truncation and one that ends by termination", () => {
    assertEquals(load("pursuit_seed1_500").steps.at(-1)!.truncated[0], true);
    assertEquals(load("pursuit_greedy_seed12_terminal").steps.at(-1)!.terminated[0], true);
  });
});

describe("replayTrace of an altered trace", () => {
  it("names step and agent of a reward that is off by one unit in the last place", () => {
    const altered = replayAltered(({ steps }) => steps[57]!.rewards[5]! *= 1 + Number.EPSILON);
    const { step, agent, what, expected, got } = altered;
    assertEquals([step, agent, what], [57, "pursuer_5", "rewards"]);
    assertEquals(expected === got, false);
    assertEquals(Math.abs(Number(expected) - Number(got)) < 1e-15, true);
  });

  it("names step and agent of termination and truncation", () => {
    const ended = replayAltered(({ steps }) => steps[3]!.terminated[2] = true);
    assertEquals(ended, {
      ok: false,
      step: 3,
      agent: "pursuer_2",
      what: "terminated",
      expected: true,
      got: false,
    });
    const cut = replayAltered(({ steps }) => steps[4]!.truncated[7] = true);
    assertEquals([cut.step, cut.agent, cut.what], [4, "pursuer_7", "truncated"]);
  });

  it("names the agent of a position and of an observation", () => {
    const index = load("pursuit_seed0_local").steps.findIndex((step) => step.obs !== undefined);
    const moved = replayAltered(({ steps }) => steps[index]!.evaders![4]![1]!++);
    assertEquals([moved.step, moved.agent, moved.what], [index, "evader_4", "evaders"]);
    const seen = replayAltered(({ steps }) => steps[index]!.obs!["pursuer_3"]![17]! += 1);
    assertEquals([seen.step, seen.agent, seen.what], [index, "pursuer_3", "obs[17]"]);
    const hashed = replayAltered(({ steps }) => steps[9]!.obs_sha256 = "0".repeat(64));
    assertEquals([hashed.step, hashed.agent, hashed.what], [9, null, "obs_sha256"]);
  });

  it("names what differs after reset as step -1", () => {
    const placed = replayAltered(({ initial }) => initial.pursuers[6]![0]! += 1);
    assertEquals([placed.step, placed.agent, placed.what], [-1, "pursuer_6", "pursuers"]);
    const seen = replayAltered(({ initial_obs }) => initial_obs["pursuer_1"]![0]! += 1);
    assertEquals([seen.step, seen.agent, seen.what], [-1, "pursuer_1", "initial_obs[0]"]);
    const state = replayAltered(({ rng_after_reset }) => rng_after_reset["state"] = "12");
    assertEquals([state.step, state.what, state.expected], [-1, "rng_after_reset.state", "12"]);
  });

  it("names the generator's state at the end", () => {
    const drawn = replayAltered(({ rng_at_end }) => rng_at_end["has_uint32"] = 0);
    assertEquals([drawn.step, drawn.what, drawn.got], [199, "rng_at_end.has_uint32", 1]);
  });

  it("stops at the first consequence of an altered action", () => {
    const other = replayAltered(({ steps }) => steps[20]!.actions[0] = (steps[20]!.actions[0]! + 2) % 5);
    assertEquals(other.step, 20);
  });
});

describe("replayTrace of a damaged trace", () => {
  const damaged: [string, (trace: Trace) => void, string][] = [
    [
      "the seed",
      (trace) => delete trace["seed" as string],
      "seed is missing, expected a nonnegative integer",
    ],
    ["kwargs", (trace) => delete trace["kwargs"], "kwargs is missing, expected an object"],
    [
      "shared_reward",
      (trace) => delete trace["shared_reward"],
      "shared_reward is missing, expected true or false",
    ],
    ["all steps", (trace) => trace.steps = [], "steps is empty"],
    ["a reward", ({ steps }) => steps[7]!.rewards.pop(), "steps[7].rewards is ["],
    ["a hash", ({ steps }) => delete steps[2]!.obs_sha256, "steps[2].obs_sha256 is missing, expected a text"],
    ["an agent", ({ initial_obs }) => delete initial_obs["pursuer_7"], "initial_obs.pursuer_7 is missing"],
    [
      "evaders",
      ({ initial }) => delete (initial as Partial<Trace["initial"]>).evaders,
      "initial.evaders is missing",
    ],
    [
      "a coordinate",
      ({ initial }) => initial.pursuers[0]!.pop(),
      "initial.pursuers[0] is [4], expected a list of 2",
    ],
  ];
  for (const [what, damage, message] of damaged) {
    it(`says what is missing without ${what}`, () => {
      const trace = load("pursuit_seed0_local");
      damage(trace);
      assertThrows(() => replayTrace(trace), TypeError, message);
    });
  }

  it("names the constructor's option that the environment refuses", () => {
    const trace = { ...load("pursuit_seed0_local"), kwargs: { x_size: 0 } };
    assertThrows(() => replayTrace(trace), RangeError, "x_size is 0");
  });

  it("lists the known formats for anything else", () => {
    assertThrows(
      () => replayTrace({ walls: [] }),
      TypeError,
      "has the fields walls, expected one of the known formats",
    );
    assertThrows(() => replayTrace([1, 2]), TypeError, "it is no object");
    assertThrows(() => replayTrace(null), TypeError, "pursuit (seed, initial.pursuers");
  });
});
