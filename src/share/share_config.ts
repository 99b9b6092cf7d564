/**
 * Sharing as plain data, and the selector it stands for.
 * @module
 */
import * as v from "valibot";
import { compileSelector, selectorSource } from "relay/share/custom.ts";
import { all } from "relay/share/all.ts";
import { gaussian } from "relay/share/gaussian.ts";
import { none } from "relay/share/none.ts";
import { quantile } from "relay/share/quantile.ts";
import { random } from "relay/share/random.ts";
import type { Selector } from "relay/share/selector.ts";
import { stochastic } from "relay/share/stochastic.ts";

const bandwidth = v.pipe(
  v.number(),
  v.minValue(0, "a fraction in [0, 1]"),
  v.maxValue(1, "a fraction in [0, 1]"),
  v.description("β: target fraction of its own transitions that an agent sends"),
);
const windowSize = v.pipe(
  v.number(),
  v.safeInteger("an integer ≥ 1"),
  v.minValue(1, "an integer ≥ 1"),
  v.description("k: latest |δ| of an agent that the threshold is taken from, transitions"),
);
const strict = v.pipe(
  v.boolean(),
  v.description("send |δ| > c (the authors' code) rather than |δ| ≥ c (the paper's text)"),
);
const team = v.pipe(
  v.string(),
  v.description("only agents whose name contains this text send and receive; empty for everybody"),
);

/** How agents share; one variant a kind, each with just the keys that mean something to it. */
export const ShareConfig = v.variant("kind", [
  v.strictObject({ kind: v.literal("none") }),
  v.strictObject({ kind: v.literal("all"), team }),
  v.strictObject({ kind: v.literal("quantile"), bandwidth, windowSize, strict, team }),
  v.strictObject({
    kind: v.literal("gaussian"),
    bandwidth,
    windowSize,
    strict,
    spread: v.pipe(
      v.picklist(["variance", "deviation"]),
      v.description("what z is multiplied with: σ² (the authors' code) or σ"),
    ),
    team,
  }),
  v.strictObject({
    kind: v.literal("stochastic"),
    bandwidth,
    windowSize,
    scope: v.pipe(
      v.picklist(["fragment", "window"]),
      v.description("what |δ| is compared with: the fragment's mean (the authors' code) or the window's"),
    ),
    team,
  }),
  v.strictObject({ kind: v.literal("random"), bandwidth, team }),
  v.strictObject({
    kind: v.literal("custom"),
    name: v.pipe(v.string(), v.description("what tables and plots call it")),
    source: v.pipe(v.string(), v.description("source text of (absTdErrors, window, stream) => indices")),
    windowSize,
    team,
  }),
  v.strictObject({
    kind: v.literal("parameters"),
    team: v.exactOptional(v.pipe(
      v.string(),
      v.description(
        "only agents whose name contains this text have one network in common; absent for everybody",
      ),
    )),
  }),
]);

/** See {@link ShareConfig}. */
export type ShareConfig = Readonly<v.InferOutput<typeof ShareConfig>>;

/** Every kind with the authors' settings (spec/super.md §8; random, which they lack, with theirs of β), to be varied by spread syntax. */
export const SHARE = Object.freeze(
  {
    none: { kind: "none" },
    all: { kind: "all", team: "" },
    quantile: { kind: "quantile", bandwidth: 0.1, windowSize: 1500, strict: true, team: "" },
    gaussian: {
      kind: "gaussian",
      bandwidth: 0.1,
      windowSize: 1500,
      strict: true,
      spread: "variance",
      team: "",
    },
    stochastic: { kind: "stochastic", bandwidth: 0.1, windowSize: 1500, scope: "fragment", team: "" },
    random: { kind: "random", bandwidth: 0.1, team: "" },
    parameters: { kind: "parameters" },
  } satisfies Record<string, ShareConfig>,
);

/** A user's own selector as settings, with the authors' window and everybody in the team. */
export function customShare(selector: Selector): ShareConfig {
  const { windowSize, team } = SHARE.quantile;
  return {
    kind: "custom",
    name: selector.name || "custom",
    source: selectorSource(selector),
    windowSize,
    team,
  };
}

/** The selector that a config names, for fragments of F transitions; parameter sharing sends nothing. */
export async function selectorOf(share: ShareConfig, F: number): Promise<Selector> {
  switch (share.kind) {
    case "none":
    case "parameters":
      return none();
    case "all":
      return all();
    case "quantile":
      return quantile(share);
    case "gaussian":
      return gaussian(share);
    case "stochastic":
      return stochastic(share);
    case "random":
      return random(share);
    case "custom":
      return await compileSelector(share.source, { F, windowSize: share.windowSize });
  }
}

/** Indices of the agents that send and receive. */
export function sharingTeam(share: ShareConfig, agents: readonly string[]): number[] {
  if (share.kind === "none" || share.kind === "parameters") return [];
  return agents.flatMap((name, i) => (name.includes(share.team) ? [i] : []));
}

/** Whether an agent of this name has its network in common with others. */
export function sharesParameters(share: ShareConfig, agent: string): boolean {
  return share.kind === "parameters" && agent.includes(share.team ?? "");
}

/** Size of the window that the config asks for; 1 where no selector reads it. */
export function windowSizeOf(share: ShareConfig): number {
  return "windowSize" in share ? share.windowSize : 1;
}
