import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { PursuitEnv } from "relay/env/pursuit/pursuit_env.ts";
import { openStream } from "relay/rng/stream.ts";

type Place = readonly [number, number];

const FIXED = { seed: 20240607, numRuns: 40 };
const STAY = 4;
const isBuilding = (x: number, y: number) => x >= 5 && x <= 11 && y >= 4 && y <= 12;

function randomActions(env: PursuitEnv, seed: number): () => Int32Array {
  const stream = openStream(seed);
  return () => Int32Array.from({ length: env.E * env.N }, () => stream.below(5));
}

/** A default map with everybody where the test wants them and evaders that stand still. */
function arranged(pursuers: readonly Place[], evaders: readonly Place[], options = {}): PursuitEnv {
  const counts = { n_pursuers: pursuers.length, n_evaders: evaders.length };
  const env = new PursuitEnv({ ...counts, freeze_evaders: true, shared_reward: false, ...options });
  const words = new Uint32Array(env.save().buffer);
  // Snapshot: seven header words, frame, number of evaders, then cells of a map with a margin of three.
  const cellOf = ([x, y]: Place) => (y + 3) * 22 + x + 3;
  [...pursuers, ...evaders].forEach((place, i) => words[9 + i] = cellOf(place));
  env.load(new Uint8Array(words.buffer));
  return env;
}

function caughtAfterStaying(pursuers: readonly Place[], evaders: readonly Place[], options = {}): boolean[] {
  const env = arranged(pursuers, evaders, options);
  env.step(new Int32Array(pursuers.length).fill(STAY));
  return Array.from(env.rewards, (reward) => reward > 4);
}

describe("PursuitEnv reset", () => {
  it("gives the episode of the seed, whatever was played before and in whichever copy", () => {
    const single = new PursuitEnv();
    single.reset([5]);
    const batch = new PursuitEnv({}, { copies: 3 });
    batch.step(new Int32Array(24));
    batch.reset([1, 5, 2]);
    assertEquals(batch.positions(1), single.positions(0));
    assertEquals(batch.obs.slice(single.obs.length, 2 * single.obs.length), single.obs);
  });

  it("without seeds goes on in the same stream", () => {
    const env = new PursuitEnv();
    env.reset([5]);
    const first = env.positions(0);
    env.reset();
    assertNotEquals(env.positions(0), first);
    const again = new PursuitEnv();
    again.reset([5]);
    again.reset();
    assertEquals(again.positions(0), env.positions(0));
  });

  it("never places two of a kind on the same or edge-adjacent cells, nor in the building", () => {
    for (let seed = 0; seed < 20; seed++) {
      const env = new PursuitEnv();
      env.reset([seed]);
      for (const team of Object.values(env.positions(0))) {
        team.forEach(([x, y]: Place, i: number) => {
          assert(!isBuilding(x, y));
          for (const [u, v] of team.slice(0, i)) assert(Math.abs(x - u) + Math.abs(y - v) > 1);
        });
      }
    }
  });

  it("refuses another number of seeds and a map without room", () => {
    assertThrows(() => new PursuitEnv().reset([1, 2]), RangeError, "got 2 seeds, expected 1");
    assertThrows(
      () => new PursuitEnv({ x_size: 3, y_size: 3, n_evaders: 9 }),
      RangeError,
      "Cannot place agent",
    );
  });
});

describe("PursuitEnv movement", () => {
  it("moves left, right, up (y + 1), down and stays", () => {
    const start: Place = [2, 2];
    const ends = [[1, 2], [3, 2], [2, 3], [2, 1], [2, 2]];
    ends.forEach((end, action) => {
      const env = arranged([start], [[14, 14]]);
      env.step(Int32Array.of(action));
      assertEquals(env.positions(0).pursuers, [end as unknown as Place]);
    });
  });

  it("stops at the border and at the building", () => {
    const env = arranged([[0, 0], [15, 15], [4, 8], [8, 3]], [[14, 2]]);
    env.step(Int32Array.of(0, 2, 1, 2));
    assertEquals(env.positions(0).pursuers, [[0, 0], [15, 15], [4, 8], [8, 3]]);
  });
});

describe("PursuitEnv rewards", () => {
  it("average the tag term over the sub-steps before and after a pursuer's own move", () => {
    // Pursuer 1 moves next to the evader in the second of two sub-steps, pursuer 0 leaves it in the first.
    const env = arranged([[2, 3], [2, 0]], [[2, 2]]);
    env.step(Int32Array.of(2, 2));
    assertEquals([...env.rewards], [0 + (0 + 5 * 0 + -0.1), 0 + (0.01 / 2 + -0.1)]);
    const both = arranged([[2, 3], [2, 1]], [[2, 2], [2, 2]]);
    both.step(Int32Array.of(STAY, STAY));
    assertEquals(both.rewards[0], 0.02 / 2 + (0.02 / 2 + -0.1));
  });

  it("count an evader on the own cell at the border, twice in a corner, never in the interior", () => {
    const tagged = (place: Place) => {
      const env = arranged([place], [place], {
        urgency_reward: 0,
        tag_reward: 1,
        n_catch: 9,
        surround: false,
      });
      env.step(Int32Array.of(STAY));
      return env.rewards[0];
    };
    assertEquals([tagged([0, 0]), tagged([0, 8]), tagged([8, 15]), tagged([2, 2])], [2, 1, 1, 0]);
  });

  it("are the mean of all where they are shared", () => {
    const env = arranged([[2, 3], [10, 1]], [[2, 2]], { shared_reward: true });
    env.step(Int32Array.of(STAY, STAY));
    const [first, second] = env.rewards;
    assertEquals(first, second);
    assertEquals(first, 0.01 / 2 / 2 + ((0.01 / 2 + -0.1) + -0.1) / 2);
  });
});

describe("PursuitEnv capture", () => {
  const far: Place = [14, 8];

  it("by surrounding needs 4 pursuers in the open, 3 at a side or the building, 2 in a corner", () => {
    assertEquals(caughtAfterStaying([[1, 2], [3, 2], [2, 1], [2, 3]], [[2, 2]]), [true, true, true, true]);
    assertEquals(caughtAfterStaying([[1, 2], [3, 2], [2, 1], far], [[2, 2]]), [false, false, false, false]);
    assertEquals(caughtAfterStaying([[0, 2], [0, 4], [1, 3], far], [[0, 3]]), [true, true, true, false]);
    assertEquals(caughtAfterStaying([[4, 7], [4, 9], [3, 8], far], [[4, 8]]), [true, true, true, false]);
    assertEquals(caughtAfterStaying([[1, 15], [0, 14], far], [[0, 15]]), [true, true, false]);
    assertEquals(caughtAfterStaying([[1, 0], far], [[0, 0]]), [false, false]);
  });

  it("counts cells, credits everybody on them, and rewards several captures once", () => {
    assertEquals(caughtAfterStaying([[1, 0], [1, 0], far], [[0, 0]]), [false, false, false]);
    assertEquals(caughtAfterStaying([[1, 0], [1, 0], [0, 1]], [[0, 0]]), [true, true, true]);
    const env = arranged([[1, 0], [0, 1]], [[0, 0], [0, 0], [9, 2]], { tag_reward: 0 });
    env.step(Int32Array.of(STAY, STAY));
    assertEquals([...env.rewards], [5 - 0.1, 5 - 0.1]);
    assertEquals(env.positions(0).evaders, [[9, 2]]);
    assertEquals([...env.terminated, ...env.truncated], [0, 0, 0, 0]);
  });

  it("without surround needs n_catch pursuers on the evader's cell", () => {
    const options = { surround: false, n_catch: 2 };
    assertEquals(caughtAfterStaying([[2, 2], [2, 2], [2, 3]], [[2, 2]], options), [true, true, false]);
    assertEquals(caughtAfterStaying([[2, 2], [2, 3], [1, 2]], [[2, 2]], options), [false, false, false]);
  });

  it("of the last evader terminates, but truncates in the last step of the time limit", () => {
    const ended = arranged([[1, 0], [0, 1]], [[0, 0]]);
    ended.step(Int32Array.of(STAY, STAY));
    assertEquals([...ended.terminated, ...ended.truncated], [1, 1, 0, 0]);
    const cut = arranged([[1, 0], [0, 1]], [[0, 0]], { max_cycles: 1 });
    cut.step(Int32Array.of(STAY, STAY));
    assertEquals([...cut.terminated, ...cut.truncated], [0, 0, 1, 1]);
  });
});

describe("PursuitEnv auto-reset", () => {
  it("shows the next episode in obs and the last observation in nextObs", () => {
    const options = { max_cycles: 7 };
    const env = new PursuitEnv(options);
    const kept = new PursuitEnv(options, { autoReset: false });
    env.reset([3]);
    kept.reset([3]);
    const draw = randomActions(env, 1);
    for (let step = 0; step < 7; step++) {
      const actions = draw();
      env.step(actions);
      kept.step(actions);
    }
    assertEquals([...env.truncated], Array(8).fill(1));
    assertEquals(env.nextObs, kept.nextObs);
    assertEquals(env.rewards, kept.rewards);
    assertNotEquals(env.obs, kept.obs);
    kept.reset();
    assertEquals(env.obs, kept.obs);
    assertEquals(env.generatorState(0), kept.generatorState(0));
  });
});

describe("PursuitEnv observations", () => {
  it("are what a cell-by-cell look at the positions gives, for any size, range and number of agents", () => {
    const setups = fc.record({
      x_size: fc.integer({ min: 4, max: 13 }),
      y_size: fc.integer({ min: 4, max: 13 }),
      obs_range: fc.integer({ min: 1, max: 12 }),
      n_pursuers: fc.integer({ min: 1, max: 4 }),
      n_evaders: fc.integer({ min: 1, max: 4 }),
    });
    fc.assert(
      fc.property(setups, fc.nat(1000), (options, seed) => {
        const env = new PursuitEnv({ ...options, max_cycles: 1000 }, { copies: 2 });
        env.reset([seed, seed + 1]);
        const draw = randomActions(env, seed);
        for (let step = 0; step < 15; step++) env.step(draw());
        env.updateState();
        for (let e = 0; e < 2; e++) {
          assertEquals(env.obs.slice(e * env.N * env.O, (e + 1) * env.N * env.O), lookAround(env, e));
          const stateLength = env.state.length / 2;
          assertEquals(env.state.slice(e * stateLength, (e + 1) * stateLength), lookFromAbove(env, e));
        }
      }),
      FIXED,
    );
  });

  it("are stored as bytes only where every count fits", () => {
    assertEquals(new PursuitEnv().describe().obsDtype, "uint8");
    const crowd = new PursuitEnv({ x_size: 40, y_size: 40, n_evaders: 256 }).describe();
    assertEquals([crowd.obsDtype, crowd.obsHigh], ["float32", 256]);
  });
});

/** The three channels of a cell, counted anew from the positions. */
function lookAt(env: PursuitEnv, e: number, [x, y]: Place): number[] {
  const { x_size, y_size } = env.describe().options as { x_size: number; y_size: number };
  const outside = x < 0 || y < 0 || x >= x_size || y >= y_size;
  const within = (value: number, low: number) => value > low && value < 1 - low;
  const blocked = outside || (within(x / x_size, 0.3) && within(y / y_size, 0.2));
  const { pursuers, evaders } = env.positions(e);
  const count = (team: readonly Place[]) => team.filter(([u, v]) => u === x && v === y).length;
  return [blocked ? 1 : 0, count(pursuers), count(evaders)];
}

function lookAround(env: PursuitEnv, e: number): Float32Array {
  const { obs_range } = env.describe().options as { obs_range: number };
  const offset = Math.floor((obs_range - 1) / 2);
  const values: number[] = [];
  for (const [x, y] of env.positions(e).pursuers) {
    for (let row = 0; row < obs_range; row++) {
      for (let column = 0; column < obs_range; column++) {
        // The original leaves the last row and column of an even range at its initial value.
        const unseen = row > 2 * offset || column > 2 * offset;
        values.push(...(unseen ? [1, 0, 0] : lookAt(env, e, [x - offset + column, y - offset + row])));
      }
    }
  }
  return Float32Array.from(values);
}

function lookFromAbove(env: PursuitEnv, e: number): Float32Array {
  const [rows, columns] = env.describe().stateShape as [number, number];
  const cells = Array.from(
    { length: rows * columns },
    (_, i) => [i % columns, Math.floor(i / columns)] as const,
  );
  return Float32Array.from(cells.flatMap((cell) => lookAt(env, e, cell)));
}

describe("PursuitEnv errors", () => {
  it("name the agent of an illegal action and leave the situation alone", () => {
    const env = new PursuitEnv({}, { copies: 2 });
    const before = env.save();
    const actions = new Int32Array(16);
    actions[11] = 5;
    assertThrows(() => env.step(actions), RangeError, "action of copy 1, pursuer_3 is 5, expected 0 to 4");
    assertThrows(() => env.step(new Int32Array(8)), RangeError, "got 8 actions, expected 16");
    assertEquals(env.save(), before);
  });

  it("name the unfit option and what it may be", () => {
    const cases: [Record<string, unknown>, string][] = [
      [{ obs_range: 0 }, "obs_range is 0, expected an integer in [1, 255]"],
      [{ x_size: 2.5 }, "x_size is 2.5"],
      [{ n_pursuers: "8" }, `n_pursuers is "8"`],
      [{ shared_reward: 1 }, "shared_reward is 1, expected true or false"],
      [{ tag_reward: NaN }, "tag_reward is NaN, expected a finite number"],
      [{ constraint_window: 1.5 }, "constraint_window is 1.5, expected a fraction in (0, 1]"],
      [{ constraint_window: 0.01 }, "expected a window of at least one cell"],
      [{ evader_controller: () => 0 }, "expected null (only the original's random evaders are available)"],
      [{ render_mode: "human" }, `render_mode is "human", expected null or "rgb_array"`],
      [{ n_evader: 3 }, `unknown option "n_evader", expected one of x_size`],
    ];
    for (const [options, message] of cases) assertThrows(() => new PursuitEnv(options), RangeError, message);
    assertThrows(() => new PursuitEnv({}, { copies: 0 }), RangeError, "copies is 0");
    assertThrows(() => new PursuitEnv().positions(1), RangeError, "copy 1");
  });

  it("refuse a snapshot of other options, of another length or with impossible cells", () => {
    const env = new PursuitEnv();
    const before = env.save();
    assertThrows(() => env.load(new Uint8Array(8)), RangeError, "got 8 bytes, expected");
    assertThrows(() => env.load(new PursuitEnv({ obs_range: 5 }).save()), RangeError, "header is");
    const words = new Uint32Array(env.save().buffer);
    words[9] = 0;
    assertThrows(() => env.load(new Uint8Array(words.buffer)), RangeError, "0 is not a free cell");
    assertEquals(env.save(), before);
  });
});
