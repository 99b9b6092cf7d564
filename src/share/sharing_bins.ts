import { SHARED_TRANSITION_BYTES } from "relay/share/sharing_log.ts";

/** What one agent sent in one stretch of a run. */
export interface SharingBin {
  readonly agent: number;
  /** First and last joint step of the stretch; the run's first step is 1. */
  readonly firstEnvStep: number;
  readonly lastEnvStep: number;
  /** Transitions sent; each went to every receiver. */
  readonly sent: number;
  /** Transitions that the agent collected: one a joint step. */
  readonly collected: number;
  /** Over the transitions sent; NaN without any. */
  readonly meanAbsTdError: number;
  readonly meanReward: number;
}

/**
 * A sharing log counted by agent and stretch of time, in one pass without an object a record: a log may hold millions.
 * @param log records as sharing_log.ts writes them
 * @param envSteps joint steps of the run; stretches have a round number of them
 * @param mostBins stretches at most; 60 unless given
 * @returns agent after agent, in order of time
 * @throws {RangeError} for bytes that are no log of so many agents and steps
 *
 * @example
 * ```ts
 * import { sharingBins } from "relay/share/sharing_bins.ts";
 * import { encodeSharedTransitions } from "relay/share/sharing_log.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const log = encodeSharedTransitions([{ envStep: 12, sender: 0, receivers: 1, absTdError: 0.5, reward: 5 }]);
 * const bins = sharingBins(log, { agents: 2, envSteps: 20, mostBins: 2 });
 * assertEquals(bins.map(({ agent, firstEnvStep, sent }) => [agent, firstEnvStep, sent]), [[0, 1, 0], [0, 11, 1], [1, 1, 0], [1, 11, 0]]);
 * ```
 */
export function sharingBins(
  log: Uint8Array,
  { agents, envSteps, mostBins = 60 }: { agents: number; envSteps: number; mostBins?: number },
): SharingBin[] {
  if (log.length % SHARED_TRANSITION_BYTES !== 0) {
    throw new RangeError(
      `Cannot read a sharing log of ${log.length} bytes: expected a multiple of ${SHARED_TRANSITION_BYTES}`,
    );
  }
  const width = roundWidth(envSteps / mostBins);
  const count = Math.ceil(envSteps / width);
  const sent = new Float64Array(agents * count);
  const errors = new Float64Array(agents * count);
  const rewards = new Float64Array(agents * count);
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength);
  for (let at = 0; at < log.length; at += SHARED_TRANSITION_BYTES) {
    const envStep = view.getUint32(at, true);
    const sender = view.getUint16(at + 4, true);
    if (sender >= agents || envStep < 1 || envStep > envSteps) {
      throw new RangeError(
        `Cannot read the sharing log: record ${
          at / SHARED_TRANSITION_BYTES
        } is of agent ${sender} at step ${envStep}, ` +
          `expected agents below ${agents} and steps from 1 to ${envSteps}`,
      );
    }
    const bin = sender * count + Math.floor((envStep - 1) / width);
    sent[bin]!++;
    errors[bin]! += view.getFloat32(at + 8, true);
    rewards[bin]! += view.getFloat32(at + 12, true);
  }
  return Array.from(sent, (ofBin, bin) => {
    const firstEnvStep = (bin % count) * width + 1;
    const lastEnvStep = Math.min(firstEnvStep + width - 1, envSteps);
    return {
      agent: Math.floor(bin / count),
      firstEnvStep,
      lastEnvStep,
      sent: ofBin,
      collected: lastEnvStep - firstEnvStep + 1,
      meanAbsTdError: errors[bin]! / ofBin,
      meanReward: rewards[bin]! / ofBin,
    };
  });
}

/** The smallest of 1, 2, 5, 10, 20, … that is not below `least`. */
function roundWidth(least: number): number {
  const power = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(least, 1))));
  return [1, 2, 5, 10].map((factor) => factor * power).find((width) => width >= least)!;
}
