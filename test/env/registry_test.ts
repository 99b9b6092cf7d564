import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { envIds, makeEnv } from "relay/env/registry.ts";

describe("makeEnv", () => {
  it("knows every id that envIds lists and describes it under that id", () => {
    const ids = envIds();
    assert(ids.includes("sisl/pursuit_v4") && ids.includes("sisl/pursuit_v5"));
    for (const id of ids) assertEquals(makeEnv(id).describe().id, id);
  });

  it("passes options and the number of copies on", () => {
    const env = makeEnv("sisl/pursuit_v4", { n_pursuers: 3, obs_range: 5 }, 6);
    assertEquals([env.E, env.N, env.O, env.A], [6, 3, 75, 5]);
    assertEquals(makeEnv("sisl/pursuit_v4").E, 1);
  });

  it("lists the known ids for an unknown one", () => {
    const known = `expected one of ${envIds().join(", ")}`;
    assertThrows(() => makeEnv("sisl/pursuit"), RangeError, `"sisl/pursuit": ${known}`);
    assertThrows(() => makeEnv("toString"), RangeError, "Cannot make environment");
  });

  it("gives pursuit_v4 and pursuit_v5 the same dynamics", () => {
    const four = makeEnv("sisl/pursuit_v4");
    const five = makeEnv("sisl/pursuit_v5");
    four.reset([9]);
    five.reset([9]);
    for (let i = 0; i < 40; i++) {
      const actions = Int32Array.from({ length: 8 }, (_, k) => (i * k + i) % 5);
      four.step(actions);
      five.step(actions);
    }
    assertEquals(four.obs, five.obs);
    assertEquals(four.rewards, five.rewards);
    assertEquals(five.describe().stateShape, [16, 16, 3]);
  });
});
