import type { Axis } from "relay/plot/figure.ts";

/**
 * Ticks of a logarithmic axis written as plain numbers: powers of ten, with 2 and 5 times them where the range is short.
 * @param low smallest and
 * @param high largest value of the axis, > 0
 */
export function logTicks(low: number, high: number): Required<Pick<Axis, "tickvals" | "ticktext">> {
  const factors = Math.log10(high / low) > 2.5 ? [1] : [1, 2, 5];
  const firstPower = Math.floor(Math.log10(low));
  const powers = Array.from(
    { length: Math.ceil(Math.log10(high)) - firstPower + 1 },
    (_, k) => firstPower + k,
  );
  const tickvals = powers.flatMap((power) => factors.map((factor) => Number(`${factor}e${power}`)))
    .filter((value) => value >= low && value <= high);
  return { tickvals, ticktext: tickvals.map(String) };
}
