import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ARMS, PRESETS } from "experiments/super_pursuit.ts";
import { SHARE } from "relay/share/share_config.ts";
import { canonicalJson, ConfigError, configHash, parseConfig, runIdOf } from "relay/train/config.ts";

const good = { ...PRESETS.fc, seed: 1 };

describe("parseConfig() names key, value and what is allowed", () => {
  const cases: [string, unknown, string][] = [
    ["an unknown key", { ...good, lr: 1 }, "lr is not a known key, expected one of preset, seed"],
    [
      "an unknown key inside a variant",
      { ...good, share: { ...SHARE.quantile, bandwith: 0.1 } },
      "share.bandwith is not a known key, expected one of kind, bandwidth, windowSize, strict, team",
    ],
    ["a wrong type", { ...good, learningRate: "fast" }, 'learningRate is "fast", expected number'],
    ["a fraction out of range", { ...good, gamma: 1.1 }, "gamma is 1.1, expected a fraction in [0, 1]"],
    ["a count that is not whole", { ...good, batchSize: 1.5 }, "batchSize is 1.5, expected an integer ≥ 1"],
    ["NaN", { ...good, clipNorm: NaN }, "clipNorm is null, expected number"],
    [
      "an infinite step size",
      { ...good, learningRate: Infinity },
      "learningRate is null, expected a finite number > 0",
    ],
    ["a seed that is no exact integer", { ...good, seed: 1e300 }, "seed is 1e+300, expected an integer ≥ 0"],
    ["a negative seed", { ...good, seed: -1 }, "seed is -1, expected an integer ≥ 0"],
    [
      "an unknown kind",
      { ...good, share: { kind: "some" } },
      'share.kind is "some", expected "none" or "all"',
    ],
    ["a missing key", { ...good, epsilon: { start: 1, end: 0 } }, "epsilon.decayEnvSteps is missing"],
    [
      "a grid that the rollouts never meet",
      { ...good, evaluation: { everyEnvSteps: 4001, episodes: 1 } },
      "evaluation.everyEnvSteps is 4001, expected a multiple of rolloutEnvSteps (4)",
    ],
    ["what is no object", 3, "the config is 3, expected an object"],
  ];
  for (const [what, config, message] of cases) {
    it(`for ${what}`, () => {
      const { message: line } = assertThrows(() => parseConfig(config), ConfigError, message);
      assert(!line.includes("\n"));
      assert(line.startsWith("Cannot start run: "));
    });
  }

  it("accepts every preset with every arm, frozen all the way down", () => {
    for (const preset of Object.values(PRESETS)) {
      for (const { share } of ARMS) {
        const config = parseConfig({ ...preset, share, seed: 0 });
        assert(Object.isFrozen(config) && Object.isFrozen(config.replay) && Object.isFrozen(config.share));
      }
    }
  });
});

describe("a run's identity", () => {
  it("is preset, hash and seed", () => assert(/^fc-[0-9a-f]{8}-s1$/.test(runIdOf(parseConfig(good)))));

  it("does not depend on the order of keys, and on the seed by its suffix only", () => {
    const reordered = Object.fromEntries(Object.entries(good).reverse());
    assertEquals(runIdOf(parseConfig(reordered)), runIdOf(parseConfig(good)));
    assertEquals(configHash(parseConfig({ ...good, seed: 2 })), configHash(parseConfig(good)));
  });

  it("changes with any setting, a selector's source text included", () => {
    const custom = { kind: "custom", name: "mine", source: "() => []", windowSize: 10, team: "" } as const;
    const hashes = [
      good,
      { ...good, gamma: 0.98 },
      { ...good, share: SHARE.all },
      { ...good, share: custom },
      { ...good, share: { ...custom, source: "() => [0]" } },
    ].map((config) => configHash(parseConfig(config)));
    assertEquals(new Set(hashes).size, hashes.length);
  });

  it("rests on canonical JSON", () => {
    assertEquals(canonicalJson({ b: [1, { d: 1, c: 2 }], a: null }), '{"a":null,"b":[1,{"c":2,"d":1}]}');
    assertNotEquals(canonicalJson({ a: 1 }), canonicalJson({ a: "1" }));
  });
});
