import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { battleGame } from "relay/env/magent/battle.ts";
import { BITS_APART, GridMap } from "relay/env/magent/grid_map.ts";
import { EMPTY, FIRST_AGENT, planGrid } from "relay/env/magent/grid_plan.ts";
import { resolveBattleOptions } from "relay/env/magent/options.ts";

function mapOf(map_size: number, copies = 1): { map: GridMap; plan: ReturnType<typeof planGrid> } {
  const options = resolveBattleOptions("battle", { map_size });
  const plan = planGrid(battleGame(options), options);
  return { map: new GridMap(plan, copies), plan };
}

describe("GridMap", () => {
  it("holds the number of the last agent of the largest battle", () => {
    const { map, plan } = mapOf(1000);
    const last = FIRST_AGENT + plan.agents - 1;
    assertEquals(last > 2 ** 16, true);
    map.set(0, plan.cellOf(500, 500), last);
    assertEquals(map.at(0, plan.cellOf(500, 500)), last);
  });

  it("has any 17 cells in a row in one word of its bits", () => {
    const { map, plan } = mapOf(18, 2);
    map.clear(1);
    const taken = [plan.cellOf(3, 5), plan.cellOf(9, 5), plan.cellOf(10, 5)];
    for (const cell of taken) map.set(1, cell, FIRST_AGENT);
    map.set(1, taken[1]!, EMPTY);
    for (let x = -2; x <= 1; x++) {
      const from = plan.cells + plan.cellOf(x, 5);
      const word = map.bits[Math.floor(from / BITS_APART)]! >>> from % BITS_APART;
      const found = Array.from({ length: 17 }, (_, k) => word >>> k & 1);
      assertEquals(found, Array.from({ length: 17 }, (_, k) => [0, 3, 10, 17].includes(x + k) ? 1 : 0));
    }
    assertEquals(map.bits.subarray(0, plan.cells / BITS_APART).every((word) => word === 0), true);
  });
});
