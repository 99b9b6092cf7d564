import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { checkParallelEnv } from "relay/env/check_parallel_env.ts";
import type { ParallelEnv } from "relay/env/parallel_env.ts";
import { PursuitEnv } from "relay/env/pursuit/pursuit_env.ts";
import { makeEnv, makeStoppingEnv } from "relay/env/registry.ts";
import { ReplacedActions } from "relay/env/wrappers/replaced_actions.ts";
import type { WrapperConfig } from "relay/env/wrappers/wrapper_config.ts";
import { openStream } from "relay/rng/stream.ts";

const SMALL = { x_size: 6, y_size: 6, n_pursuers: 2, n_evaders: 2, max_cycles: 7, obs_range: 5 };
const GREY: WrapperConfig = { kind: "color_reduction", mode: "full" };
const FLOAT: WrapperConfig = { kind: "dtype", to: "float32" };

const made = (wrappers: readonly WrapperConfig[], copies = 1, options = {}) =>
  makeEnv("sisl/pursuit_v4", { ...SMALL, ...options, wrappers }, copies);

const LISTS: Record<string, readonly WrapperConfig[]> = {
  "grey bytes": [GREY],
  "the report's": [
    FLOAT,
    GREY,
    { kind: "resize", width: 9, height: 8, method: "bilinear" },
    { kind: "frame_stack", size: 3, start: "zeros" },
  ],
  "one channel, stacked from its first": [
    { kind: "color_reduction", mode: "B" },
    { kind: "frame_stack", size: 2, start: "first" },
  ],
  "frames skipped": [{ kind: "frame_skip", frames: 3 }, { kind: "frame_stack", size: 2, start: "zeros" }],
  "sticky actions": [{ kind: "sticky_actions", probability: 0.25 }],
  "maximum and delay": [{ kind: "max_observation", memory: 2 }, { kind: "delay_observations", steps: 2 }],
  "normalized, flat, indicated": [
    { kind: "normalize_obs", min: -1, max: 1 },
    { kind: "flatten" },
    { kind: "agent_indicator" },
  ],
  "clipped and doubled rewards": [{ kind: "clip_reward", low: -1, high: 0 }, {
    kind: "scale_reward",
    factor: 2,
  }],
  "random actions": [{ kind: "random_actions", probability: 0.5 }],
};

/** Plays random actions. */
function play(
  env: ParallelEnv,
  steps: number,
  each: (step: number, actions: Int32Array, env: ParallelEnv) => void,
): void {
  const stream = openStream(3);
  for (let step = 0; step < steps; step++) {
    const actions = Int32Array.from({ length: env.E * env.N }, () => stream.below(env.A));
    each(step, actions, env);
  }
}

describe("wrapped environments", () => {
  for (const [name, wrappers] of Object.entries(LISTS)) {
    it(`keep the contract: ${name}`, () => checkParallelEnv((copies) => made(wrappers, copies)));
  }

  it("say what they are wrapped in", () => {
    assertEquals(
      made([GREY, { kind: "frame_skip", frames: 3 }]).describe().options.wrappers,
      "color_reduction(full), frame_skip(3)",
    );
    assertEquals(made([]).describe().options.wrappers, undefined);
  });

  it("refuse what does not fit, by name and value", () => {
    const refused = (wrappers: unknown, message: string) =>
      assertThrows(() => makeEnv("sisl/pursuit_v4", { wrappers }), RangeError, message);
    refused([{ kind: "frame_stak" }], "wrappers.0.kind");
    refused([{ kind: "frame_skip", frames: 0 }], "wrappers.0.frames is 0, expected an integer ≥ 1");
    refused([GREY, GREY], "observations are [7,7], expected [H, W, 3]");
    refused("grey", 'wrappers is "grey"');
    refused([{ kind: "sticky_actions", probability: 1 }], "expected a fraction in [0, 1)");
  });

  it("lose the channels as bytes and keep them as floats", () => {
    // a wall, an ally and an evader are ones in three channels, whose weights are all below one
    const bytes = made([{ kind: "color_reduction", mode: "full" }], 1, { n_evaders: 1 });
    const floats = made([FLOAT, GREY], 1, { n_evaders: 1 });
    assert(floats.obs.some((value) => value === Math.fround(0.299)));
    assert(bytes.obs.every((value) => value < 2));
    assert(
      bytes.obs.filter((value) => value > 0).length < floats.obs.filter((value) => value > 0).length / 4,
    );
  });
});

describe("frame_stack", () => {
  const stacked = (start: "zeros" | "first") => [{ kind: "frame_stack", size: 3, start }] as const;
  /** Frame k of an agent's stack of three frames with three channels. */
  const frame = (values: Float32Array, row: number, k: number) =>
    values.slice(row * 225, (row + 1) * 225).filter((_, i) => Math.floor(i % 9 / 3) === k);

  it("begins with zeros or copies of the first observation, newest last", () => {
    const [zeros, first, plain] = [made(stacked("zeros")), made(stacked("first")), made([])];
    for (const k of [0, 1]) {
      assertEquals(frame(zeros.obs, 1, k), new Float32Array(75));
      assertEquals(frame(first.obs, 1, k), plain.obs.slice(75, 150));
    }
    assertEquals(frame(zeros.obs, 1, 2), plain.obs.slice(75, 150));
  });

  it("holds the last three observations; at an end nextObs has the true last one, obs begins anew", () => {
    const [env, plain] = [made(stacked("zeros")), made([])];
    const history = [plain.obs.slice(0, 75)];
    let ends = 0;
    play(env, 30, (_, actions) => {
      env.step(actions);
      plain.step(actions);
      history.push(plain.nextObs.slice(0, 75));
      history.slice(-3).reverse().forEach((past, age) => assertEquals(frame(env.nextObs, 0, 2 - age), past));
      if (plain.truncated[0] === 0 && plain.terminated[0] === 0) return assertEquals(env.obs, env.nextObs);
      ends++;
      history.splice(0, Infinity, plain.obs.slice(0, 75));
      assertEquals([0, 1, 2].map((k) => frame(env.obs, 0, k)), [
        new Float32Array(75),
        new Float32Array(75),
        plain.obs.slice(0, 75),
      ]);
    });
    assert(ends >= 4);
  });
});

describe("frame_skip", () => {
  it("sums the rewards of its frames and stops where the episode ends", () => {
    const [env, plain] = [made([{ kind: "frame_skip", frames: 3 }], 2), [made([]), made([])]];
    env.reset([5, 6]);
    plain.forEach((single, e) => single.reset([5 + e]));
    play(env, 20, (_, actions) => {
      env.step(actions);
      plain.forEach((single, e) => {
        const own = actions.slice(2 * e, 2 * e + 2);
        const sums = [0, 0];
        for (let k = 0; k < 3; k++) {
          single.step(own);
          sums.forEach((_, i) => sums[i]! += single.rewards[i]!);
          if (single.truncated[0] === 1 || single.terminated[0] === 1) break;
        }
        assertEquals([...env.rewards.slice(2 * e, 2 * e + 2)], sums);
        assertEquals(env.obs.slice(150 * e, 150 * (e + 1)), single.obs);
        assertEquals(env.truncated[2 * e], single.truncated[0]);
      });
    });
    assertEquals(env.describe().maxEpisodeSteps, 3); // ⌈7 / 3⌉
  });

  it("keeps the last frame's reward alone where it is told to", () => {
    const [env, plain] = [made([{ kind: "frame_skip", frames: 2, rewards: "last" }]), made([])];
    env.reset([4]);
    plain.reset([4]);
    for (let t = 0; t < 3; t++) {
      env.step(Int32Array.of(0, 2));
      plain.step(Int32Array.of(0, 2));
      plain.step(Int32Array.of(0, 2));
      assertEquals([...env.rewards], [...plain.rewards]);
    }
  });
});

describe("sticky_actions", () => {
  it("executes the last action again about as often as asked, each agent at moments of its own", () => {
    const inner = new PursuitEnv({ ...SMALL, max_cycles: 5000, n_evaders: 3 });
    const executed: number[][] = [];
    const step = inner.step.bind(inner);
    Object.assign(inner, { step: (actions: Int32Array) => (executed.push([...actions]), step(actions)) });
    const counts = { steps: 0, stuck: 0, both: 0 };
    play(new ReplacedActions(inner, { probability: 0.25, by: "last" }), 2000, (t, actions, env) => {
      env.step(actions);
      const [before, now] = [executed.at(-2) ?? [...actions], executed.at(-1)!];
      if (t === 0) return assertEquals(now, [...actions]);
      now.forEach((action, i) => assert(action === actions[i] || action === before[i]));
      if (actions.some((action, i) => action === before[i])) return; // cannot be told apart
      const stuck = now.map((action, i) => action === before[i]);
      counts.steps++;
      counts.stuck += Number(stuck[0]) + Number(stuck[1]);
      counts.both += Number(stuck[0] && stuck[1]);
    });
    // four standard deviations of about 1280 pairs of draws
    assert(Math.abs(counts.stuck / (2 * counts.steps) - 0.25) < 0.035, JSON.stringify(counts));
    assert(Math.abs(counts.both / counts.steps - 0.0625) < 0.03, JSON.stringify(counts));
  });
});

describe("random_actions", () => {
  it("replaces about the fraction asked for by uniform actions, wanted ones among them", () => {
    const inner = new PursuitEnv({ ...SMALL, max_cycles: 5000, n_evaders: 3 });
    const executed: number[] = [];
    const step = inner.step.bind(inner);
    Object.assign(inner, { step: (actions: Int32Array) => (executed.push(...actions), step(actions)) });
    const env = new ReplacedActions(inner, { probability: 0.5, by: "uniform" });
    for (let t = 0; t < 2000; t++) env.step(Int32Array.of(4, 4));
    const share = executed.filter((action) => action !== 4).length / executed.length;
    assert(Math.abs(share - 0.5 * 4 / 5) < 0.035, `${share}`); // 4.5 standard deviations of 4000 draws
    assertEquals(new Set(executed).size, 5);
  });
});

describe("simple wrappers", () => {
  it("take the maximum of the last observations, or an old one", () => {
    const [max, delayed, plain] = [
      made([{ kind: "max_observation", memory: 2 }]),
      made([{ kind: "delay_observations", steps: 2 }]),
      made([]),
    ];
    const history = [plain.obs.slice()];
    assertEquals(max.obs, history[0]);
    play(max, 5, (step, actions) => {
      [max, delayed, plain].forEach((env) => env.step(actions));
      history.push(plain.nextObs.slice());
      const [before, now] = history.slice(-2) as [Float32Array, Float32Array];
      assertEquals(max.nextObs, now.map((value, i) => Math.max(value, before[i]!)));
      assertEquals(delayed.nextObs, history[step - 1] ?? new Float32Array(150));
    });
  });

  it("normalize, name the agent and clip", () => {
    const env = made([{ kind: "normalize_obs", min: 0, max: 1 }, { kind: "agent_indicator" }, {
      kind: "clip_reward",
      low: -0.05,
      high: 0.05,
    }]);
    const plain = made([]);
    assertEquals(env.describe().obsShape, [5, 5, 5]);
    assertEquals(
      [...env.obs.slice(0, 5)],
      [...plain.obs.slice(0, 3)].map((value) => Math.fround(value / 2)).concat(1, 0),
    );
    assertEquals([...env.obs.slice(125 + 3, 125 + 5)], [0, 1]);
    env.step(Int32Array.of(4, 4));
    assert(env.rewards.every((reward) => reward >= -0.05 && reward <= 0.05));
  });

  it("wrap the environment that stops at its end, too", () => {
    const env = makeStoppingEnv("sisl/pursuit_v4", { ...SMALL, wrappers: [GREY] });
    for (let step = 0; step < 7; step++) env.step(Int32Array.of(4, 4));
    assertEquals(env.truncated[0], 1);
    assert(env.scene!.cells(0).length > 0);
  });
});
