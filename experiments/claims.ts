/**
 * The claims that the experiments have in common, in one place with their thresholds.
 * @module
 */
import type { Claim } from "relay/stats/claim.ts";

/** Runs of `arm` end above runs of `baseline` more often than not. */
export function endsAbove(arm: string, baseline: string, text: string): Claim {
  return {
    id: `${arm}-above-${baseline}`,
    text,
    kind: "greater",
    metric: "final",
    arm,
    baseline,
    minProbability: 0.5,
  };
}

/** The interquartile mean of `arm` ends above a given return, such as the uniform random policy's. */
export function exceeds(arm: string, value: number, text: string): Claim {
  return { id: `${arm}-above-random`, text, kind: "exceeds", metric: "final", arm, value };
}

/**
 * `arm` really sends about the fraction that it is asked for, once its windows are filled.
 * @param tolerance as a fraction of the target; 0.25 unless given
 */
export function sendsAbout(
  arm: string,
  target: number,
  { text, tolerance = 0.25 }: { readonly text: string; readonly tolerance?: number },
): Claim {
  return { id: `${arm}-bandwidth`, text, kind: "bandwidth", arm, target, tolerance, fromEnvSteps: 2000 };
}
