import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { replayTrace, type TraceDifference } from "relay/env/replay_trace.ts";
import { readGolden } from "../../support/golden.ts";

const TRACES: Readonly<Record<string, number>> = {
  battle_seed0_random: 200,
  battle_seed1_chase: 68,
  advpursuit_seed0_random: 200,
  advpursuit_seed3_chase500: 500,
  // Recorded with MAgent2 0.3.4: minimap and extra features; every reward; small, usual and divided maps; a map without predators;
  // a seed that is no C int; ends by death and by time.
  battle_magent034_s7_extra_minimap: 23,
  battle_magent034_s4_minimap: 30,
  battle_magent034_s5_rewards: 26,
  battle_magent034_s6_odd12: 31,
  battle_magent034_s8_map45: 12,
  battle_magent034_s1_map102: 3,
  advpursuit_magent034_s9_extra_minimap: 30,
  advpursuit_magent034_s2_extra: 25,
  advpursuit_magent034_s11_map45: 12,
  advpursuit_magent034_s3_map8: 1,
  advpursuit_magent034_s2147483653_map9: 20,
};

type Named<T> = Record<string, T>;

interface Step {
  [field: string]: unknown;
  actions: Named<number>;
  rewards: Named<number>;
  terminated: string[];
  truncated: string[];
  obs_sha256?: string;
  obs_sparse?: Named<number[][]>;
  positions_after_clear_dead: Named<number[]>;
}

interface Trace {
  [field: string]: unknown;
  steps: Step[];
  walls: number[][];
  agents: string[];
  initial_positions: Named<number[]>;
}

const load = (name: string) => readGolden(`${name}.json.gz`) as Trace;

/** The result of replaying a fight to the end after one alteration. */
function replayAltered(alter: (trace: Trace) => void): TraceDifference {
  const trace = load("battle_seed1_chase");
  alter(trace);
  const result = replayTrace(trace);
  if (result.ok) throw new Error("The altered trace was accepted");
  return result;
}

describe("replayTrace of MAgent2's recordings", () => {
  for (const [name, steps] of Object.entries(TRACES)) {
    it(`finds no difference in ${name}, alone or as copy 1 of 3`, () => {
      const trace = load(name);
      assertEquals(trace.steps.length, steps);
      assertEquals(replayTrace(trace), { ok: true, steps });
      assertEquals(replayTrace(trace, { copies: 3, copy: 1 }), { ok: true, steps });
    });
  }

  it("covers ends by death and by time", () => {
    assertEquals(load("battle_seed1_chase").steps.at(-1)!.terminated, ["red_4", "blue_5"]);
    assertEquals(load("advpursuit_seed3_chase500").steps.at(-1)!.truncated.length, 12);
  });

  it("names step, agent and field of an alteration", () => {
    const death = load("battle_seed1_chase").steps.findIndex(({ terminated }) => terminated.length > 0);
    const cases: [(trace: Trace) => void, number, string | null, string][] = [
      [({ steps }) => steps[9]!.rewards["blue_3"]! += 1e-9, 9, "blue_3", "rewards"],
      [({ steps }) => steps[4]!.terminated.push("red_2"), 4, "red_2", "terminated"],
      [({ steps }) => steps[4]!.truncated.push("red_5"), 4, "red_5", "truncated"],
      [
        ({ steps }) => steps[7]!.positions_after_clear_dead["blue_0"]![1]!++,
        7,
        "blue_0",
        "positions_after_clear_dead",
      ],
      [
        ({ steps }) => delete steps[7]!.positions_after_clear_dead["red_1"],
        7,
        "red_1",
        "positions_after_clear_dead",
      ],
      [({ steps }) => steps[death]!.terminated = [], death, null, "terminated"],
      [({ steps }) => steps[3]!.obs_sha256 = "0".repeat(64), 3, null, "obs_sha256"],
      [({ steps }) => steps[5]!.obs_sparse!["red_0"]![0]![1] = 0.5, 5, "red_0", "obs_sparse["],
      [({ walls }) => walls[0] = [5, 5], -1, null, "walls"],
      [({ walls }) => walls[0] = walls[1]!, -1, null, "number of walls"],
      [({ walls }) => walls.pop(), -1, null, "number of walls"],
      [({ agents }) => agents.reverse(), -1, null, "agents"],
      [({ initial_positions }) => initial_positions["red_3"] = [1, 1], -1, "red_3", "initial_positions"],
    ];
    for (const [alter, step, agent, what] of cases) {
      const difference = replayAltered(alter);
      assertEquals([difference.step, difference.what.startsWith(what)], [step, true], what);
      if (agent) assertEquals(difference.agent, agent);
    }
  });

  it("names what is missing in a damaged recording", () => {
    const damaged: [(trace: Trace) => void, string][] = [
      [(trace) => delete trace["seed"], "seed is missing"],
      [(trace) => delete trace["kwargs"], "kwargs is missing"],
      [(trace) => trace.steps = [], "steps is empty"],
      [({ steps }) => delete steps[2]!.actions["blue_1"], "steps[2].actions.blue_1 is missing"],
      [({ steps }) => delete steps[2]!.rewards["blue_1"], "steps[2].rewards.blue_1"],
      [({ steps }) => delete steps[2]!.obs_sha256, "steps[2].obs_sha256 is missing"],
    ];
    for (const [damage, message] of damaged) {
      const trace = load("battle_seed1_chase");
      damage(trace);
      assertThrows(() => replayTrace(trace), TypeError, message);
    }
    const copies = { copies: 2, copy: 2 };
    assertThrows(() => replayTrace(load("battle_seed1_chase"), copies), RangeError, "copy 2 of 2");
  });
});
