import { assert, assertEquals } from "@std/assert";
import { beforeAll, describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { PRESETS } from "experiments/super_pursuit.ts";
import { type EndedEpisode, Rollout } from "relay/algo/rollout.ts";
import { superIteration } from "relay/algo/super_dqn.ts";
import { disposeTeam, newTeam, type Team } from "relay/algo/team.ts";
import { newFragment } from "relay/replay/fragment.ts";
import { openStream } from "relay/rng/stream.ts";
import type { Selector } from "relay/share/selector.ts";
import { SHARE, type ShareConfig } from "relay/share/share_config.ts";
import { decodeSharedTransitions } from "relay/share/sharing_log.ts";
import { useSimd } from "relay/tensor/simd_backend.ts";
import { GreedyEpisodes } from "relay/train/greedy_episodes.ts";
import { MortalEnv, POISON } from "../support/mortal_env.ts";

const LIMIT = 6;
const F = 4;
const FRAGMENTS = 6;

interface Collected {
  readonly team: Team;
  readonly episodes: readonly EndedEpisode[];
  /** Lengths of the fragments that a selector was asked about. */
  readonly asked: readonly number[];
}

/** Collects, shares and does not learn. */
function collect(
  lives: readonly (readonly number[])[],
  share: ShareConfig,
  learningStarts = 1000,
): Collected {
  const env = new MortalEnv(lives, LIMIT);
  const asked: number[] = [];
  const select: Selector = (errors) => {
    asked.push(errors.length);
    return errors.keys().toArray();
  };
  const config = {
    ...PRESETS.fc,
    network: { kind: "fc" as const, hidden: [4], headHidden: null },
    batchSize: 4,
    rolloutEnvSteps: F,
    learningStartsEnvSteps: learningStarts,
    share,
    replay: { ...PRESETS.fc.replay, capacity: 1000, insertPriority: "sender" as const },
  };
  const team = newTeam(config, env, { select, stream: openStream(7) });
  const rollout = new Rollout(env, team);
  const fragment = newFragment(F, env.N, { O: env.O, dtype: "float32" });
  const episodes: EndedEpisode[] = [];
  for (let k = 0; k < FRAGMENTS; k++) {
    episodes.push(...rollout.collect(fragment, k * F));
    const { update } = superIteration(team, fragment, (k + 1) * F);
    assert(!update || Number.isFinite(update.loss));
  }
  rollout.dispose();
  return { team, episodes, asked };
}

/** Joint steps that agent i lives through, and those in which it dies. */
function lifeOf(lives: readonly (readonly number[])[], i: number): { lived: number[]; died: number[] } {
  const lived: number[] = [];
  const died: number[] = [];
  let at = 0;
  for (let episode = 0; at < F * FRAGMENTS; episode++) {
    const steps = lives[episode % lives.length]!;
    const length = Math.min(LIMIT, Math.max(...steps));
    for (let step = 1; step <= length; step++) {
      if (step <= steps[i]!) lived.push(at + step);
      if (step === steps[i]) died.push(at + step);
    }
    at += length;
  }
  const isSeen = (step: number) => step <= F * FRAGMENTS;
  return { lived: lived.filter(isSeen), died: died.filter(isSeen) };
}

/** `[joint step, agent]` of what a replay holds, by its rewards; each row is checked against its observation. */
function held({ replays }: Team, p: number): [number, number][] {
  const { columns, size } = replays[p]!;
  return Array.from({ length: size }, (_, slot) => {
    const reward = columns.rewards[slot]!;
    const [step, agent] = [Math.floor(reward / 100), reward % 100];
    assertEquals([...columns.obs.subarray(3 * slot, 3 * slot + 3)], [agent + 1, step - 1, 1]);
    assertEquals([...columns.nextObs.subarray(3 * slot, 3 * slot + 3)], [agent + 1, step, 1]);
    return [step, agent];
  });
}

const scripts = fc.array(fc.tuple(...[1, 2, 3].map(() => fc.integer({ min: 1, max: LIMIT + 2 }))), {
  minLength: 1,
  maxLength: 3,
});

describe("agents that die", () => {
  beforeAll(async () => void await useSimd());

  it("leave their lives in their replays and nothing else, each death as an end", () => {
    fc.assert(
      fc.property(scripts, (lives) => {
        const { team } = collect(lives, SHARE.none);
        for (let i = 0; i < 3; i++) {
          const { lived, died } = lifeOf(lives, i);
          const rows = held(team, i);
          assertEquals(rows, lived.map((step) => [step, i]));
          const { columns } = team.replays[i]!;
          const terminal = rows.flatMap(([step], slot) => columns.terminated[slot] ? [step] : []);
          assertEquals(terminal, died);
          assert(!columns.rewards.includes(POISON) && !columns.obs.includes(POISON as never));
        }
        disposeTeam(team);
      }),
      { numRuns: 40 },
    );
  });

  it("are asked for their living steps only, and who is dead a whole fragment neither sends nor receives", () => {
    fc.assert(
      fc.property(scripts, (lives) => {
        const { team, asked } = collect(lives, SHARE.quantile);
        const inFragment = (steps: readonly number[], k: number) =>
          steps.filter((step) => step > k * F && step <= (k + 1) * F);
        const all = [0, 1, 2].map((i) => lifeOf(lives, i).lived);
        const fragments = Array.from(
          { length: FRAGMENTS },
          (_, k) => all.map((lived) => inFragment(lived, k)),
        );
        assertEquals(
          asked,
          fragments.flatMap((steps) => steps.map(({ length }) => length).filter((n) => n > 0)),
        );
        for (let i = 0; i < 3; i++) {
          // the selector sends everything: own rows, then those of all others, where agent i is there
          const expected = fragments.flatMap((steps) =>
            steps[i]!.length === 0
              ? []
              : [i, ...[0, 1, 2].filter((j) => j !== i)].flatMap((j) => steps[j]!.map((step) => [step, j]))
          );
          assertEquals(held(team, i), expected);
          assertEquals(team.relays[i]!.window.length, all[i]!.length);
        }
        const records = decodeSharedTransitions(team.log.takeRecords());
        assertEquals(
          records.map(({ sender, envStep, receivers }) => [sender, envStep, receivers]),
          fragments.flatMap((steps) => {
            const present = steps.filter(({ length }) => length > 0).length;
            return steps.flatMap((own, i) => own.map((step) => [i, step, present - 1]));
          }),
        );
        assertEquals([...team.log.takeFractions()], [1, 1, 1]);
        disposeTeam(team);
      }),
      { numRuns: 40 },
    );
  });

  it("end an episode together: returns count each life once, to the last one's end", () => {
    const lives = [[1, 3, 2], [4, 9, 1]];
    const { team, episodes } = collect(lives, SHARE.none, 0);
    const returnOf = (steps: readonly number[], from: number) =>
      steps.reduce((sum, life, i) => {
        for (let step = 1; step <= Math.min(life, LIMIT); step++) sum += 100 * (from + step) + i;
        return sum;
      }, 0);
    assertEquals(episodes.map(({ length, envSteps }) => [length, envSteps]), [[3, 3], [6, 9], [3, 12], [
      6,
      18,
    ], [3, 21]]);
    assertEquals(episodes.slice(0, 2).map(({ teamReturn }) => teamReturn), [
      returnOf(lives[0]!, 0),
      returnOf(lives[1]!, 3),
    ]);
    disposeTeam(team);
  });

  it("do not end an evaluation by the death of the first", () => {
    const env = new MortalEnv([[1, 3, 2]], LIMIT);
    const episodes = new GreedyEpisodes(env, { networks: 3, stream: openStream(1), counted: [0, 2] });
    while (!episodes.areOver) episodes.step(new Int32Array(3));
    assertEquals([...episodes.outcome.lengths], [3]);
    // agent 0 lives a step, agent 2 two
    assertEquals(episodes.outcome.teamReturns[0], 100 + (102 + 202));
  });
});
