import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { afterEach, describe, it } from "@std/testing/bdd";
import * as tf from "@tensorflow/tfjs";
import { PRESETS } from "experiments/super_pursuit.ts";
import { superIteration } from "relay/algo/super_dqn.ts";
import { disposeTeam, newTeam, type Team } from "relay/algo/team.ts";
import { makeEnv } from "relay/env/registry.ts";
import { type Fragment, newFragment } from "relay/replay/fragment.ts";
import { openStream } from "relay/rng/stream.ts";
import type { Selector } from "relay/share/selector.ts";
import { SHARE, type ShareConfig } from "relay/share/share_config.ts";
import { decodeSharedTransitions } from "relay/share/sharing_log.ts";
import { simdEngine, useSimd } from "relay/tensor/simd_backend.ts";

const F = 4;
const N = 3;

/** A team of three on a small board whose agent i sends the transitions that `sends[i]` lists. */
async function teamThatSends(sends: readonly number[][], changes: {
  share?: ShareConfig;
  replay?: Partial<typeof PRESETS.fc.replay>;
  learningStartsEnvSteps?: number;
} = {}, selector?: Selector): Promise<Team> {
  await useSimd();
  const env = makeEnv("sisl/pursuit_v4", { n_pursuers: N, n_evaders: 4, x_size: 8, y_size: 8 });
  const { replay, ...rest } = changes;
  const config = {
    ...PRESETS.fc,
    network: { kind: "fc" as const, hidden: [8], headHidden: 8 },
    batchSize: 4,
    learningStartsEnvSteps: 1000,
    targetUpdateEverySteps: 8,
    share: { ...SHARE.all },
    ...rest,
    replay: { ...PRESETS.fc.replay, capacity: 64, ...replay },
  };
  let asked = 0;
  const select: Selector = () => sends[asked++ % N]!;
  return newTeam(config, env, { select: selector ?? select, stream: openStream(3) });
}

/** Rewards 10·agent + t, so that a transition is known by its reward. */
function fragmentOf(team: Team): Fragment {
  const fragment = newFragment(F, N, { O: team.replays[0]!.options.obs.O, dtype: "uint8" });
  for (let i = 0; i < N; i++) {
    for (let t = 0; t < F; t++) {
      fragment.rewards[i * F + t] = 10 * i + t;
      fragment.obs.fill(1 + i + t, (i * F + t) * fragment.O, (i * F + t + 1) * fragment.O);
    }
  }
  fragment.envSteps.set([1, 2, 3, 4]);
  return fragment;
}

const rewardsOf = (
  { replays }: Team,
  i: number,
) => [...replays[i]!.columns.rewards.subarray(0, replays[i]!.size)];

describe("superIteration()", () => {
  let team: Team;
  afterEach(() => disposeTeam(team));

  it("appends the own fragment, then what all others chose in the order of agents", async () => {
    team = await teamThatSends([[3, 1], [], [0]]);
    superIteration(team, fragmentOf(team), F);
    assertEquals(rewardsOf(team, 0), [0, 1, 2, 3, 20]);
    assertEquals(rewardsOf(team, 1), [10, 11, 12, 13, 1, 3, 20]);
    assertEquals(rewardsOf(team, 2), [20, 21, 22, 23, 1, 3]);
  });

  it("hands obs, next obs, action and ends on verbatim", async () => {
    team = await teamThatSends([[2], [], []]);
    const fragment = fragmentOf(team);
    fragment.actions[2] = 4;
    fragment.truncated[2] = 1;
    superIteration(team, fragment, F);
    const { columns, options: { obs: { O } } } = team.replays[1]!;
    assertEquals([...columns.obs.subarray(4 * O, 5 * O)], new Array(O).fill(3));
    assertEquals([columns.actions[4], columns.terminated[4], columns.truncated[4]], [4, 0, 1]);
  });

  it("is not touched by a selector that writes into its arguments", async () => {
    team = await teamThatSends([[], [], []]);
    const before = [...superIteration(team, fragmentOf(team), F).absTdErrors];
    disposeTeam(team);
    const vandal: Selector = (absTdErrors, window) => (absTdErrors.fill(0), window.sorted.fill(0), []);
    team = await teamThatSends([[], [], []], { share: SHARE.quantile }, vandal);
    const { absTdErrors } = superIteration(team, fragmentOf(team), F);
    assertEquals([...absTdErrors], before);
    assertEquals(team.relays[1]!.window.save(), [...absTdErrors.subarray(F, 2 * F)]);
    assert(team.relays[1]!.window.sorted.every((error) => error > 0));
  });

  it("shares before learning starts, and learns only after", async () => {
    team = await teamThatSends([[0], [0], [0]], { learningStartsEnvSteps: 4 });
    assertEquals(superIteration(team, fragmentOf(team), 4).update, undefined);
    assertEquals(team.replays.map(({ size }) => size), [6, 6, 6]);
    assert(superIteration(team, fragmentOf(team), 8).update!.loss > 0);
    assertEquals(team.progress, { updates: 1, lastTargetUpdateEnvSteps: 8 });
  });

  it("copies online to target in every network once the steps are over, and not before", async () => {
    team = await teamThatSends([[], [], []], { learningStartsEnvSteps: 0 });
    const weights = (networks: Team["online"]) => networks.variables.map((v) => [...v.dataSync()]);
    superIteration(team, fragmentOf(team), 4);
    assert(JSON.stringify(weights(team.online)) !== JSON.stringify(weights(team.target)));
    superIteration(team, fragmentOf(team), 8);
    assertEquals(weights(team.target), weights(team.online));
  });

  it("lets only the team with the filter's text send and receive", async () => {
    team = await teamThatSends([[0], [1], [2]], { share: { ...SHARE.all, team: "_1" } });
    superIteration(team, fragmentOf(team), F);
    assertEquals(team.relays.map(({ agent }) => agent), [1]);
    assertEquals(team.replays.map(({ size }) => size), [4, 4, 4]);
  });

  it("books every sent transition with its sender, receivers, |δ| and reward", async () => {
    team = await teamThatSends([[3], [], [1]]);
    const { absTdErrors } = superIteration(team, fragmentOf(team), F);
    const records = decodeSharedTransitions(team.log.takeRecords());
    assertEquals(records, [
      { envStep: 4, sender: 0, receivers: 2, absTdError: absTdErrors[3]!, reward: 3 },
      { envStep: 2, sender: 2, receivers: 2, absTdError: absTdErrors[9]!, reward: 21 },
    ]);
    assertEquals([...team.log.takeFractions()], [0.25, 0, 0.25]);
    assertEquals(team.log.bytesSent, 2 * 2 * (2 * 147 + 7));
  });
});

describe("priority of new items (spec/super.md §3)", () => {
  let team: Team;
  afterEach(() => disposeTeam(team));
  const stored = (i: number) => [...team.replays[i]!.storedPriorities];

  it("one: 1, own and received alike", async () => {
    team = await teamThatSends([[3], [], [1]]);
    superIteration(team, fragmentOf(team), F);
    assertEquals(stored(1), [1, 1, 1, 1, 1, 1]);
  });

  it("sender: |δ| + ε under the sender's networks, also at the receiver", async () => {
    team = await teamThatSends([[3], [], [1]], { replay: { insertPriority: "sender" } });
    const { absTdErrors } = superIteration(team, fragmentOf(team), F);
    const expected = [4, 5, 6, 7, 3, 9].map((row) => (absTdErrors[row]! + 1e-6) ** 0.6);
    for (const [k, priority] of expected.entries()) assertAlmostEquals(stored(1)[k]!, priority, 1e-12);
  });

  it("quirkFirstWeight: each batch's items get the first one's", async () => {
    team = await teamThatSends([[3], [], [1]], {
      replay: { insertPriority: "sender", quirkFirstWeight: true },
    });
    const { absTdErrors } = superIteration(team, fragmentOf(team), F);
    const expected = [4, 4, 4, 4, 3, 3].map((row) => (absTdErrors[row]! + 1e-6) ** 0.6);
    for (const [k, priority] of expected.entries()) assertAlmostEquals(stored(1)[k]!, priority, 1e-12);
  });
});

describe("parameter sharing", () => {
  it("is one network whose replay takes everybody's transitions", async () => {
    const team = await teamThatSends([[], [], []], { share: SHARE.parameters, learningStartsEnvSteps: 0 });
    const { update } = superIteration(team, fragmentOf(team), F);
    assertEquals([team.P, team.replays[0]!.size, team.relays.length], [1, 12, 0]);
    assert(Number.isFinite(update!.loss));
    disposeTeam(team);
  });
});

describe("memory", () => {
  it("after 20,000 updates is what it was after 1,000", async () => {
    const team = await teamThatSends([[0], [1], []], { learningStartsEnvSteps: 0 });
    const fragment = fragmentOf(team);
    const memory = () => ({ ...tf.memory(), ...simdEngine().heapUsage() });
    const learnUntil = (updates: number) => {
      while (team.progress.updates < updates) {
        superIteration(team, fragment, F * (team.progress.updates + 1));
        team.log.takeRecords();
      }
    };
    learnUntil(1000);
    const before = memory();
    learnUntil(20_000);
    assertEquals(memory(), before);
    disposeTeam(team);
  });
});
