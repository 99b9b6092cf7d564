import { fail } from "./check_values.ts";
import type { ParallelEnv } from "./parallel_env.ts";
import type { Scene } from "./scene.ts";

/**
 * Checks the scene of an environment that has one, at this moment: sizes, groups, sight, and where everybody is.
 * @param before what an earlier call gave: a scene does not change while it is played
 * @returns the parts of the scene that stay the same, as text; undefined without a scene
 */
export function checkScene(env: ParallelEnv, before?: string): string | undefined {
  const { scene, E } = env;
  const { id } = env.describe();
  const fixed = scene && JSON.stringify(fixedParts(scene));
  if (before !== undefined && fixed !== before) {
    throw fail(id, `its scene became ${fixed} from ${before}, expected the same while it is played`);
  }
  if (!scene) return undefined;
  if (before === undefined) checkFixedParts(scene, env);
  for (let e = 0; e < E; e++) checkCells(scene, { e, id });
  return fixed;
}

function fixedParts({ width, height, yAxis, walls, groups, sight }: Scene) {
  return { width, height, yAxis, groups, sight, walls: [...walls].join("") };
}

function checkFixedParts({ width, height, walls, groups, sight }: Scene, env: ParallelEnv): void {
  const { id } = env.describe();
  for (const [name, value] of Object.entries({ width, height })) {
    if (!isCount(value) || value === 0) throw fail(id, `scene.${name} is ${value}, expected an integer >= 1`);
  }
  if (walls.length !== width * height) {
    throw fail(id, `scene.walls has ${walls.length} entries, expected ${width} × ${height}`);
  }
  for (const { name, count } of groups) {
    if (!isCount(count)) throw fail(id, `scene has ${count} of ${name}, expected an integer >= 0`);
  }
  const roles = groups.map(({ role }) => role);
  if (roles.some((role, g) => role === "agent" && g > 0 && roles[g - 1] !== "agent")) {
    throw fail(id, `scene.groups are ${roles.join(", ")}, expected agents first`);
  }
  const agents = countOf(groups.filter(({ role }) => role === "agent"));
  if (agents !== env.N) throw fail(id, `scene has ${agents} agents, expected N = ${env.N}`);
  if (sight !== null && !(isCount(sight) && sight % 2 === 1)) {
    throw fail(id, `scene.sight is ${sight}, expected an odd number of cells or null`);
  }
}

function checkCells(scene: Scene, { e, id }: { readonly e: number; readonly id: string }): void {
  const { width, height, walls, groups } = scene;
  const cells = scene.cells(e);
  const entities = countOf(groups);
  if (cells.length !== entities) {
    throw fail(id, `scene.cells(${e}) has ${cells.length} entries, expected ${entities}`);
  }
  if (scene.cells(e) === cells) {
    throw fail(id, `scene.cells(${e}) gave the same array twice, expected a new one`);
  }
  for (const [k, cell] of cells.entries()) {
    if (cell < -1 || cell >= width * height) {
      throw fail(
        id,
        `entity ${k} of copy ${e} is in cell ${cell}, expected -1 or a cell of ${width} × ${height}`,
      );
    }
    if (cell >= 0 && walls[cell] === 1) {
      throw fail(id, `entity ${k} of copy ${e} stands in a wall, cell ${cell}`);
    }
  }
}

function countOf(groups: Scene["groups"]): number {
  return groups.reduce((sum, { count }) => sum + count, 0);
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 0;
}
