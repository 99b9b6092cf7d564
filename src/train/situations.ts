import type { ParallelEnv } from "relay/env/parallel_env.ts";
import type { Scene } from "relay/env/scene.ts";

/**
 * For each agent the distance to the nearest entity that is neither of its own group nor a wall, such as the nearest evader of a
 * pursuer: moves without diagonals, |Δx| + |Δy|, as if there were no walls. NaN for an agent that is gone, or when nobody else is left.
 * @param cells `[entities]`: as `scene.cells` gives them
 * @returns `[agents]`
 */
export function distancesToNearest(scene: Pick<Scene, "width" | "groups">, cells: Int32Array): Float32Array {
  const { width, groups } = scene;
  const groupOf = groups.flatMap(({ count }, group) => new Array<number>(count).fill(group));
  const agents = groups.reduce((sum, { role, count }) => role === "agent" ? sum + count : sum, 0);
  return Float32Array.from({ length: agents }, (_, i) => {
    let nearest = Infinity;
    for (const [k, cell] of cells.entries()) {
      const group = groupOf[k]!;
      if (group === groupOf[i] || groups[group]!.role === "wall" || cell < 0) continue;
      const dx = Math.abs(cell % width - cells[i]! % width);
      const dy = Math.abs(Math.floor(cell / width) - Math.floor(cells[i]! / width));
      nearest = Math.min(nearest, dx + dy);
    }
    return cells[i]! >= 0 && nearest < Infinity ? nearest : NaN;
  });
}

/** The environment, with a look at it before every joint step. */
export function withLook(env: ParallelEnv, look: () => void): ParallelEnv {
  return new Proxy(env, {
    get(target, key) {
      if (key === "step") {
        return (actions: Int32Array) => {
          look();
          target.step(actions);
        };
      }
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
