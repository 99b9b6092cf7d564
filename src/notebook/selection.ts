/**
 * What a selector would send, seen on real TD errors before training with it.
 * @module
 */
import * as v from "valibot";
import { show } from "relay/notebook/figure_output.ts";
import { fixed } from "relay/notebook/format.ts";
import { selection } from "relay/plot/selection.ts";
import { LIGHT } from "relay/plot/theme.ts";
import { decide, type Decisions } from "relay/share/decide.ts";
import { type Selector, SelectorError } from "relay/share/selector.ts";
import { customShare, ShareConfig } from "relay/share/share_config.ts";
import { onStop } from "relay/notebook/live/stop.ts";
import type { DecideJob, DecideReply } from "relay/notebook/selection_worker.ts";
import type { TdErrorSample } from "relay/notebook/td_error_sample.ts";
import { ConfigError } from "relay/train/config.ts";

/**
 * The transitions of the sample that a selector, or a way of sharing, sends: asked fragment by fragment as training asks. A selector takes the
 * same way as into a run, by its source text, so that an outer variable is found here and not in training.
 * @throws {SelectorError} for a selector that cannot be used, throws, or breaks its contract
 *
 * @example
 * ```ts
 * import { decisions } from "relay/notebook/selection.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const sample = { agents: ["a"], absTdErrors: [Float32Array.of(1, 5, 2, 4)], fragmentLength: 2, seed: 1 };
 * const { agents, bandwidth } = await decisions((absTdErrors) => [absTdErrors.indexOf(Math.max(...absTdErrors))], sample);
 * assertEquals([[...agents[0]!.sent], bandwidth], [[1, 3], 0.5]);
 * ```
 */
export async function decisions(
  share: Selector | ShareConfig,
  sample: Pick<TdErrorSample, "agents" | "absTdErrors" | "fragmentLength" | "seed">,
): Promise<Decisions> {
  const config = typeof share === "function" ? customShare(share) : checkedShare(share);
  const { agents, absTdErrors, fragmentLength, seed } = sample;
  const collected = { agents, absTdErrors, fragmentLength };
  return config.kind === "custom"
    ? await decideApart({ share: config, collected, seed })
    : await decide(config, collected, { seed });
}

/**
 * In a Worker: in a notebook's kernel the variables of all cells are global, so that a selector would find here what it
 * cannot find in training. The Stop button ends one that does not come to an end.
 */
async function decideApart(job: DecideJob): Promise<Decisions> {
  const worker = new Worker(new URL("./selection_worker.ts", import.meta.url), { type: "module" });
  const { promise, resolve, reject } = Promise.withResolvers<DecideReply>();
  const removeOnStop = onStop(() => reject(new SelectorError("Stopped while the selector was being asked")));
  worker.onmessage = ({ data }: MessageEvent<DecideReply>) => resolve(data);
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new Error(`The worker that asks the selector failed: ${event.message}`));
  };
  worker.postMessage(job);
  try {
    const reply = await promise;
    if ("decisions" in reply) return reply.decisions;
    const { name, message } = reply.error;
    throw name === "SelectorError" ? new SelectorError(message) : Object.assign(new Error(message), { name });
  } finally {
    removeOnStop();
    worker.terminate();
  }
}

function checkedShare(share: ShareConfig): ShareConfig {
  const result = v.safeParse(ShareConfig, share);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new ConfigError(
    `Cannot try the selection: ${v.getDotPath(issue) ?? "share"} is ${issue.received}, expected ${
      issue.expected ?? issue.message
    }`,
  );
}

/** Which agent's decisions to show, and their title. */
export interface ShowDecisionsOptions {
  /** Index of the agent; 0 unless given. */
  readonly agent?: number;
  readonly title?: string;
}

/**
 * Shows |δ| of one agent over time with what would be sent marked, beside the threshold of the paper's quantile rule.
 * @throws {RangeError} when there is no such agent
 */
export async function showDecisions(
  decided: Decisions,
  { agent = 0, title }: ShowDecisionsOptions = {},
): Promise<void> {
  const figure = selection({ decisions: decided, agent, theme: LIGHT });
  await show(figure, {
    title: title ?? `What ${decided.agents[agent]!.agent} would send`,
    caption:
      `All agents together would send ${
        fixed(100 * decided.bandwidth, 1)
      } % of their transitions. Line: the (1 − β)-quantile of the agent's ` +
      `window at β = ${decided.quantileBandwidth}, which the paper's rule compares |δ| with.`,
  });
}
