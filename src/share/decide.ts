import { openStream } from "relay/rng/stream.ts";
import { checkSelection } from "relay/share/selector.ts";
import { selectorOf, SHARE, type ShareConfig, sharingTeam } from "relay/share/share_config.ts";
import { SlidingWindow } from "relay/share/td_error_window.ts";

/** |δ| that agents collected, in order of time, fragment after fragment. */
export interface CollectedTdErrors {
  /** Names of the N agents. */
  readonly agents: readonly string[];
  /** N arrays of the same length, whole fragments; NaN where an agent was dead and collected nothing. */
  readonly absTdErrors: readonly Float32Array[];
  /** F: transitions a fragment. */
  readonly fragmentLength: number;
}

/** What one agent sends. */
export interface AgentDecisions {
  readonly agent: string;
  readonly absTdErrors: Float32Array;
  /** Indices into `absTdErrors`, rising; empty for an agent outside the team. */
  readonly sent: Int32Array;
  /** For each fragment the (1 − β)-quantile of the agent's window: what the paper's quantile rule compares with. */
  readonly quantiles: Float64Array;
}

/** What a way of sharing sends of given TD errors. */
export interface Decisions {
  readonly agents: readonly AgentDecisions[];
  readonly fragmentLength: number;
  /** Transitions sent / collected, over the agents that take part; 0 when none does. */
  readonly bandwidth: number;
  /** β of `quantiles`. */
  readonly quantileBandwidth: number;
}

/**
 * Asks a selector about every fragment exactly as training does: the fragment enters the agent's window first, then the selector is asked.
 * @param seed of the agents' random numbers for sharing, the same as in a run of this seed
 * @param quantileBandwidth β of the threshold to compare with; the config's own where it has one, else 0.1
 * @throws {SelectorError} for a selector that cannot be used or breaks its contract
 */
export async function decide(
  share: ShareConfig,
  { agents, absTdErrors, fragmentLength: F }: CollectedTdErrors,
  options: { readonly seed: number; readonly quantileBandwidth?: number },
): Promise<Decisions> {
  const select = await selectorOf(share, F);
  const team = new Set(sharingTeam(share, agents));
  const quantileBandwidth = options.quantileBandwidth ?? ("bandwidth" in share ? share.bandwidth : 0.1);
  const { windowSize } = "windowSize" in share ? share : SHARE.quantile;
  const root = openStream(options.seed);
  const asked = agents.map((agent, i) => ({
    agent,
    isMember: team.has(i),
    errors: absTdErrors[i]!,
    window: new SlidingWindow(windowSize),
    stream: root.fork(`agent/${i}/share`),
    sent: [] as number[],
    quantiles: [] as number[],
  }));
  // Fragment by fragment, not agent by agent: a selector that remembers something sees the agents in training's order.
  for (let from = 0; from + F <= (absTdErrors[0]?.length ?? 0); from += F) {
    for (const { isMember, errors, window, stream, sent, quantiles } of asked) {
      const steps = livingSteps(errors, from, F);
      const fragment = Float32Array.from(steps, (t) => errors[t]!);
      window.push(fragment);
      quantiles.push(window.quantile(1 - quantileBandwidth));
      if (!isMember || steps.length === 0) continue;
      for (const k of checkSelection(select(fragment, window, stream), steps.length)) sent.push(steps[k]!);
    }
  }
  const decided = asked.map(({ agent, errors, sent, quantiles }): AgentDecisions => ({
    agent,
    absTdErrors: errors,
    sent: Int32Array.from(sent),
    quantiles: Float64Array.from(quantiles),
  }));
  const collected = absTdErrors.filter((_, i) => team.has(i))
    .reduce((sum, errors) => sum + livingSteps(errors, 0, errors.length).length, 0);
  const sent = decided.reduce((sum, agent) => sum + agent.sent.length, 0);
  return {
    agents: decided,
    fragmentLength: F,
    bandwidth: collected > 0 ? sent / collected : 0,
    quantileBandwidth,
  };
}

function livingSteps(errors: Float32Array, from: number, length: number): number[] {
  return Array.from({ length }, (_, t) => from + t).filter((t) => !Number.isNaN(errors[t]));
}
