/**
 * Wrappers as plain data: what a config's `env.options.wrappers` may hold.
 * @module
 */

import * as v from "valibot";

const count = v.pipe(v.number(), v.safeInteger("an integer ≥ 1"), v.minValue(1, "an integer ≥ 1"));
const fraction = v.pipe(
  v.number(),
  v.minValue(0, "a fraction in [0, 1)"),
  v.ltValue(1, "a fraction in [0, 1)"),
);
const finite = v.pipe(v.number(), v.finite("a finite number"));

/** One wrapper; SuperSuit's names without version, spec/wrappers.md. */
export const WrapperConfig = v.variant("kind", [
  v.strictObject({ kind: v.literal("dtype"), to: v.picklist(["uint8", "float32"]) }),
  v.strictObject({ kind: v.literal("color_reduction"), mode: v.picklist(["full", "R", "G", "B"]) }),
  v.strictObject({
    kind: v.literal("resize"),
    width: count,
    height: count,
    method: v.picklist(["bilinear", "nearest", "area"]),
  }),
  v.strictObject({ kind: v.literal("frame_stack"), size: count, start: v.picklist(["zeros", "first"]) }),
  v.strictObject({
    kind: v.literal("frame_skip"),
    frames: count,
    rewards: v.exactOptional(v.pipe(
      v.picklist(["sum", "last"]),
      v.description("sum unless given; last keeps the last frame's alone, a mistake to be studied"),
    )),
  }),
  v.strictObject({ kind: v.literal("sticky_actions"), probability: fraction }),
  v.strictObject({ kind: v.literal("random_actions"), probability: fraction }),
  v.strictObject({ kind: v.literal("max_observation"), memory: count }),
  v.strictObject({ kind: v.literal("delay_observations"), steps: count }),
  v.strictObject({ kind: v.literal("normalize_obs"), min: finite, max: finite }),
  v.strictObject({ kind: v.literal("flatten") }),
  v.strictObject({ kind: v.literal("agent_indicator") }),
  v.strictObject({ kind: v.literal("clip_reward"), low: finite, high: finite }),
  v.strictObject({ kind: v.literal("scale_reward"), factor: finite }),
]);

/** See {@link WrapperConfig}. */
export type WrapperConfig = Readonly<v.InferOutput<typeof WrapperConfig>>;

/**
 * A list of wrappers from outside.
 * @param id environment named in errors
 * @throws {RangeError} naming the entry, its value and what it may be
 */
export function parseWrappers(id: string, wrappers: unknown): readonly WrapperConfig[] {
  const parsed = v.safeParse(v.array(WrapperConfig), wrappers);
  if (parsed.success) return parsed.output;
  const issue = parsed.issues[0];
  const path = (issue.path ?? []) as readonly { key: unknown }[];
  const key = ["wrappers", ...path.map((item) => String(item.key))].join(".");
  const expected = issue.kind === "validation" ? issue.message : issue.expected ?? "something else";
  const got = issue.expected === "never" ? "not a known key" : JSON.stringify(issue.input) ?? "missing";
  throw new RangeError(
    `Cannot make ${id}: ${key} is ${got}${
      expected === "never" ? "" : `, expected ${expected.replaceAll(" | ", " or ")}`
    }`,
  );
}
