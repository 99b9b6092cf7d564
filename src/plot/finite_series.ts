import type { Series } from "relay/stats/area_under_curve.ts";

/** A run's curve without the values that are not finite. */
export function finiteSeries({ envSteps, values }: Series): Series {
  const keep = values.map((value) => Number.isFinite(value));
  return { envSteps: envSteps.filter((_, i) => keep[i]), values: values.filter((_, i) => keep[i]) };
}
