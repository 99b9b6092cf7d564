import { faultySelector } from "relay/algo/defects/selectors.ts";
import { faultySettings, type RunSettings } from "relay/algo/defects/settings.ts";
import { type FaultySteps, faultySteps } from "relay/algo/defects/steps.ts";
import { SUPER_STEPS } from "relay/algo/super_dqn.ts";
import { agentStreams, type Team } from "relay/algo/team.ts";
import type { Stream } from "relay/rng/stream.ts";
import type { Selector } from "relay/share/selector.ts";
import { QNetworks } from "relay/tensor/q_network.ts";

/** What a run is put together from. */
export interface RunParts extends RunSettings {
  readonly select: Selector;
  readonly steps: FaultySteps;
  /** Done to a new team before its first step. */
  readonly prepare: (team: Team, stream: Stream) => void;
}

const HEALTHY: Pick<RunParts, "steps" | "prepare"> = {
  steps: { ...SUPER_STEPS, dispose: () => {} },
  prepare: () => {},
};

/**
 * The parts of a run: as they are given, or with the faults that `learner.defects` names. The one place where faults come in.
 * @param select what the config's way of sharing stands for
 * @throws {RangeError} for a fault of another way of sharing
 */
export function runParts(run: RunSettings, select: Selector): RunParts {
  const defects = run.learner.defects ?? [];
  if (defects.length === 0) return { ...run, select, ...HEALTHY };
  return {
    ...faultySettings(run, defects),
    select: faultySelector(
      defects.includes("emptyAgentList") ? () => [] : select,
      run.learner.share,
      defects,
    ),
    steps: faultySteps(defects),
    prepare: defects.includes("targetOwnStart") ? startTargetsAnew : () => {},
  };
}

/** Item 16: target networks with first parameters of their own. */
function startTargetsAnew({ online, target, P }: Team, stream: Stream): void {
  const other = new QNetworks(online.spec, agentStreams(stream, "target_network", P));
  target.copyFrom(other);
  other.dispose();
}
