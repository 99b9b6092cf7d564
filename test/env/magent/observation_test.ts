import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import type { MagentEnv } from "relay/env/magent/magent_env.ts";
import { makeAdversarialPursuit, makeBattle } from "relay/env/magent/make_magent.ts";
import { arrange, randomActions } from "./arrange.ts";

/** Agent i's observation, looked up cell by cell from the places. */
function lookAround(env: MagentEnv, i: number): Float32Array {
  const [rows, columns, channels] = env.describe().obsShape as [number, number, number];
  const size = Number(env.describe().options.map_size);
  const team = env.teams[i < env.teams[0].end ? 0 : 1];
  const side = team.obsShape[0];
  const radius = Math.floor(side / 2);
  const isEven = side % 2 === 0;
  const bodyOf = (k: number) => isBattle(env) || k >= env.teams[0].end ? 1 : 2;
  const places = env.positions(0);
  const hp = env.healthPoints(0);
  const inner = new Set(env.walls(0).map((place) => place.join()));
  const obs = new Float32Array(rows * columns * channels);
  const eye = places[i]!.map((k) => k + (bodyOf(i) >> 1)) as [number, number];
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const [dx, dy] = [column - radius, row - radius];
      const [x, y] = [eye[0] + dx, eye[1] + dy];
      const distance = isEven ? Math.hypot(dx + 0.5, dy + 0.5) : Math.hypot(dx, dy);
      if (distance > radius + 1e-8 || x < 0 || y < 0 || x >= size || y >= size) continue;
      const at = (row * columns + column) * channels;
      if (x === 0 || y === 0 || x === size - 1 || y === size - 1 || inner.has(`${x},${y}`)) obs[at] = 1;
      places.forEach((place, k) => {
        const covers = place && x - place[0] >= 0 && x - place[0] < bodyOf(k) && y - place[1] >= 0 &&
          y - place[1] < bodyOf(k);
        if (!covers) return;
        const isOwn = (k < env.teams[0].end) === (i < env.teams[0].end);
        obs[at + (isOwn ? 1 : 3)] = 1;
        obs[at + (isOwn ? 2 : 4)] = hp[k]! / (isBattle(env) ? 10 : 1);
      });
    }
  }
  return obs;
}

function isBattle(env: MagentEnv): boolean {
  return env.teams[0].name === "red";
}

describe("MagentEnv's observations", () => {
  it("are what a look at every cell gives, on any map", () => {
    const setups = fc.record({
      isFight: fc.boolean(),
      map_size: fc.integer({ min: 12, max: 26 }),
      seed: fc.nat(999),
    });
    fc.assert(
      fc.property(setups, ({ isFight, map_size, seed }) => {
        const env = (isFight ? makeBattle : makeAdversarialPursuit)({ map_size }, { seeds: [seed] });
        const draw = randomActions(env, seed);
        for (let step = 0; step < 9; step++) env.step(draw());
        for (let i = 0; i < env.N; i += 1 + seed % 4) {
          assertEquals(env.obs.slice(i * env.O, (i + 1) * env.O), lookAround(env, i));
        }
      }),
      { seed: 20240607, numRuns: 20 },
    );
  });

  it("go on rightly after an episode's end and after a reset", () => {
    const env = makeAdversarialPursuit({ map_size: 14, max_cycles: 4 });
    const draw = randomActions(env, 2);
    for (let step = 0; step < 14; step++) {
      env.step(draw());
      for (let i = 0; i < env.N; i++) {
        assertEquals(
          env.obs.slice(i * env.O, (i + 1) * env.O),
          lookAround(env, i),
          `step ${step}, agent ${i}`,
        );
      }
    }
    env.reset([8]);
    assertEquals(env.obs, env.nextObs);
    assertEquals(env.obs.slice(0, env.O), lookAround(env, 0));
  });
});

describe("MagentEnv's state", () => {
  it("has walls, and who is where with which health", () => {
    const env = makeBattle({ map_size: 18 }, { autoReset: false });
    arrange(env, { red_0: { at: [3, 8], hp: 4 }, blue_2: { at: [4, 9] } });
    env.updateState();
    const at = (x: number, y: number) => [...env.state.subarray((x * 18 + y) * 5, (x * 18 + y + 1) * 5)];
    assertEquals(at(0, 7), [1, 0, 0, 0, 0]);
    assertEquals(at(3, 8), [0, 1, Math.fround(0.4), 0, 0]);
    assertEquals(at(4, 9), [0, 0, 0, 1, 1]);
    assertEquals(env.state.filter((value) => value > 0).length, 68 + 4);
  });
});
