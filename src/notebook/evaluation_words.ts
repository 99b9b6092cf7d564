import type { Comparison } from "relay/notebook/comparison.ts";

/**
 * What a comparison's returns are taken from, for captions: greedy episodes, unless actor-critics draw their actions in theirs. Runs
 * that nothing is known of are just evaluated.
 */
export function evaluationWords(comparison: Pick<Comparison, "runs"> | undefined): string {
  if (!comparison) return "evaluation episodes";
  const sampling = comparison.runs.filter(({ config }) =>
    "algorithm" in config && config.evaluationPolicy === "sampled"
  );
  if (sampling.length === 0) return "greedy evaluation episodes";
  if (sampling.length === comparison.runs.length) return "evaluation episodes, actions sampled";
  return "evaluation episodes (actor-critics sample their actions, the others are greedy)";
}
