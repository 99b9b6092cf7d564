import { assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ADVERSARIAL_PURSUIT } from "experiments/super_adversarial_pursuit.ts";
import { BATTLE, PRESETS } from "experiments/super_battle.ts";
import { SHARE } from "relay/share/share_config.ts";
import { ConfigError, parseConfig } from "relay/train/config.ts";
import { Session } from "relay/train/session.ts";

describe("faults of the student reproduction", () => {
  it("are refused where there are two teams or agents can die, in words", async () => {
    const env = { id: BATTLE.id, options: { map_size: 12, max_cycles: 60 } };
    const config = { ...PRESETS.smoke, seed: 1, share: SHARE.none, env };
    const { opponents: _, ...alone } = config;
    const pursuit = { id: ADVERSARIAL_PURSUIT.id, options: { map_size: 18, max_cycles: 60 } };
    const games = [config, { ...config, opponents: { team: "red" } }, alone, { ...alone, env: pursuit }];
    for (const game of games) {
      for (
        const defects of [["staleErrors"], ["sharedReward"], ["frameSkipLosesRewards", "targetOwnStart"]]
      ) {
        await assertRejects(
          () => Session.start(parseConfig({ ...game, defects })),
          ConfigError,
          `defects is ${JSON.stringify(defects)}, expected none where there are two teams or agents can die`,
        );
      }
    }
  });
});
