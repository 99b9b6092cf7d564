import { Results } from "relay/notebook/results.ts";

/**
 * Some arms of a comparison, in the order given; names that were not run are left out.
 *
 * @example
 * ```ts ignore
 * await relay.show(relay.finalReturns(relay.partOf(results, ["none", "quantile"]).input));
 * ```
 */
export function partOf(results: Results, names: readonly string[]): Results {
  const { comparison, runs, recorded } = results;
  const arms = names.flatMap((name) => comparison.arms.find((arm) => arm.name === name) ?? []);
  const isIn = ({ arm }: { readonly arm: string }) => arms.some(({ name }) => name === arm);
  return new Results({ ...comparison, arms, runs: comparison.runs.filter(isIn) }, runs.filter(isIn), {
    recorded: recorded.filter(isIn),
  });
}
